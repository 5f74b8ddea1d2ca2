#include "http_client.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mfad::test {
namespace {

constexpr int patience_ms = 10'000;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int connect_v4(std::uint16_t port, const char* address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) return -1;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return fd;
    close(fd);
    return -1;
}

int connect_v6(std::uint16_t port, const char* address) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    if (inet_pton(AF_INET6, address, &to.sin6_addr) != 1) return -1;
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return fd;
    close(fd);
    return -1;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return text;
}

HttpAnswer parse_header(std::string_view header) {
    HttpAnswer answer;
    if (!header.starts_with("HTTP/1.1 ")) throw std::runtime_error("no status line");
    answer.status = static_cast<unsigned>(std::stoul(std::string(header.substr(9, 3))));
    header.remove_prefix(header.find("\r\n") + 2);
    while (!header.empty()) {
        const std::string_view line = header.substr(0, header.find("\r\n"));
        header.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) throw std::runtime_error("bad field");
        const std::string name = lower(std::string(line.substr(0, colon)));
        if (!answer.fields.emplace(name, line.substr(colon + 2)).second)
            throw std::runtime_error("field twice: " + name);
    }
    return answer;
}

} // namespace

HttpClient::HttpClient(std::uint16_t port, const char* address)
    : fd_(std::string_view(address).find(':') == std::string_view::npos
              ? connect_v4(port, address)
              : connect_v6(port, address)) {
    if (fd_ < 0) fail("connect");
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

HttpClient& HttpClient::operator=(HttpClient&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(buffer_, other.buffer_);
    return *this;
}

HttpClient::~HttpClient() {
    if (fd_ >= 0) close(fd_);
}

bool HttpClient::can_connect(std::uint16_t port) {
    const int fd = connect_v4(port, "127.0.0.1");
    if (fd < 0) return false;
    close(fd);
    return true;
}

void HttpClient::send(std::string_view bytes) {
    if (!try_send(bytes)) fail("send");
}

bool HttpClient::try_send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void HttpClient::half_close() {
    shutdown(fd_, SHUT_WR);
}

/// Takes what comes next. False at the end of the connection, however it ended.
bool HttpClient::receive() {
    pollfd waiting{fd_, POLLIN, 0};
    if (poll(&waiting, 1, patience_ms) != 1) throw std::runtime_error("no answer");
    std::array<char, 65536> bytes;
    const ssize_t count = recv(fd_, bytes.data(), bytes.size(), 0);
    reset_ = count < 0 && errno == ECONNRESET;
    if (count <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

bool HttpClient::receive_until(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos)
        if (!receive()) return false;
    return true;
}

std::optional<HttpAnswer> HttpClient::try_read() {
    if (buffer_.empty() && !receive()) return std::nullopt;
    return read();
}

HttpAnswer HttpClient::read(bool without_body) {
    if (!receive_until("\r\n\r\n")) throw std::runtime_error("ended in a header: " + buffer_);
    const std::size_t end = buffer_.find("\r\n\r\n") + 2;
    HttpAnswer answer = parse_header(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 2);
    const std::string length = answer.field("content-length");
    const std::size_t size = length.empty() || without_body ? 0 : std::stoul(length);
    while (buffer_.size() < size)
        if (!receive()) throw std::runtime_error("ended in a body");
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

HttpAnswer HttpClient::get(std::string_view target, std::string_view fields) {
    send(get_request(target, fields));
    return read();
}

std::vector<HttpAnswer> HttpClient::read_all() {
    std::vector<HttpAnswer> answers;
    while (std::optional<HttpAnswer> answer = try_read())
        answers.push_back(std::move(*answer));
    return answers;
}

bool HttpClient::ended() {
    return buffer_.empty() && !receive();
}

std::string get_request(std::string_view target, std::string_view fields) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: mfa.example\r\n" +
           std::string(fields) + "\r\n";
}

std::string post_request(std::string_view target, std::string_view body) {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: mfa.example\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

} // namespace mfad::test
