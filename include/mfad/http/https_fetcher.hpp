#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mfad::http {

struct FetchOptions {
    std::string ca_file{};      ///< PEM; empty: the system's certificates
    bool allow_private = false; ///< addresses that are not public (`is_public_address`) too
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds timeout{4000}; ///< for all of a fetch
    std::size_t max_bytes = 256 * 1024;      ///< of a body
    std::size_t max_waiting = 64;            ///< fetches at a time; more fail at once
};

/// Gets documents over HTTPS, on a thread of its own.
///
/// Only https, HTTP/1.1, TLS from 1.2, the certificate and its name checked; no redirects, no
/// proxy, no cookies, no credentials. The address is checked when it is connected to, so a name
/// that resolves to something else the second time gains nothing. Only a 200 with a body within
/// the limit counts.
class HttpsFetcher {
public:
    /// Is told the body; nothing, and why, for logs, when there is none.
    using Done = std::function<void(std::optional<std::string> body, const std::string& why)>;

    /// Starts the thread. @throws std::runtime_error when libcurl cannot start
    explicit HttpsFetcher(const FetchOptions& options);
    HttpsFetcher(const HttpsFetcher&) = delete;
    HttpsFetcher& operator=(const HttpsFetcher&) = delete;
    ~HttpsFetcher();

    /// Begins to fetch. `done` is called once, on the thread of the fetcher, or on that of the
    /// caller when nothing is begun; it must not throw. Any thread.
    void fetch(std::string url, Done done);

    /// Ends what is under way, of which `done` is told, and the thread. Later fetches fail.
    void stop();

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

} // namespace mfad::http
