#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::test {

/// An answer as a client sees it. Field names are in lower case.
struct HttpAnswer {
    unsigned status = 0;
    std::map<std::string, std::string> fields;
    std::string body;

    std::string field(const std::string& name) const {
        const auto found = fields.find(name);
        return found == fields.end() ? std::string{} : found->second;
    }
    bool closes() const { return field("connection") == "close"; }
};

/// A blocking HTTP client that sends what it is told to, byte for byte. Whatever it waits for, it
/// gives up after ten seconds with an exception.
class HttpClient {
public:
    explicit HttpClient(std::uint16_t port, const char* address = "127.0.0.1");
    HttpClient(HttpClient&& other) noexcept;
    HttpClient& operator=(HttpClient&& other) noexcept;
    ~HttpClient();

    /// Whether a connection can be made at all.
    static bool can_connect(std::uint16_t port);

    void send(std::string_view bytes);
    /// False when the peer does not take bytes any more.
    bool try_send(std::string_view bytes);
    /// No more bytes will come: the server sees the end.
    void half_close();

    /// @param without_body the answer is to a HEAD
    HttpAnswer read(bool without_body = false);
    HttpAnswer get(std::string_view target, std::string_view fields = "");
    /// Nothing when the connection ended before a byte of the answer came.
    std::optional<HttpAnswer> try_read();
    /// The answers until the connection ends.
    std::vector<HttpAnswer> read_all();
    /// Whether the connection ends without another byte.
    bool ended();
    /// Whether it ended by a reset: bytes of either side may have been lost.
    bool was_reset() const { return reset_; }

private:
    bool receive();
    bool receive_until(std::string_view mark);

    int fd_ = -1;
    bool reset_ = false;
    std::string buffer_;
};

std::string get_request(std::string_view target, std::string_view fields = "");
std::string post_request(std::string_view target, std::string_view body);

} // namespace mfad::test
