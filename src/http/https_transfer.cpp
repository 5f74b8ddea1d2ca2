#include "https_transfer.hpp"

#include "mfad/http/public_address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace mfad::http {
namespace {

/// libcurl hands over as much as the family has, though it declares the shortest type of all.
template <class Address>
Address read(const curl_sockaddr* address) {
    Address out{};
    const auto* begin = reinterpret_cast<const unsigned char*>(address);
    std::memcpy(&out, begin + offsetof(curl_sockaddr, addr), sizeof out);
    return out;
}

bool is_public(const curl_sockaddr* address) {
    if (address->family == AF_INET) {
        std::array<unsigned char, 4> bytes{};
        const auto v4 = read<sockaddr_in>(address);
        std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
        return is_public_address(bytes);
    }
    return address->family == AF_INET6 &&
           is_public_address(read<sockaddr_in6>(address).sin6_addr.s6_addr);
}

} // namespace

HttpsTransfer::HttpsTransfer(
    const FetchOptions& options, const std::string& url, HttpsFetcher::Done done)
    : options_(options), done_(std::move(done)),
      headers_(curl_slist_append(nullptr, "Accept: application/json, application/jwk-set+json")),
      handle_(curl_easy_init()) {
    if (!handle_ || !headers_) throw std::runtime_error("libcurl: no memory for a fetch");
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, "mfad");
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &HttpsTransfer::receive);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpsTransfer::open);
    restrict();
}

/// What libcurl could do, and is not to.
void HttpsTransfer::restrict() {
    set(CURLOPT_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY,
        ""); // not that of the environment either: its address would be the checked one
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_file.empty()) {
        set(CURLOPT_CAINFO, options_.ca_file.c_str());
        set(CURLOPT_CAPATH, static_cast<char*>(nullptr)); // that file alone
    }
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FRESH_CONNECT, 1L); // so that every address is checked
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
}

template <class Value>
void HttpsTransfer::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    if (code != CURLE_OK)
        throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

std::size_t HttpsTransfer::receive(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<HttpsTransfer*>(self);
    const std::size_t bytes = size * count;
    transfer.too_large_ = transfer.body_.size() + bytes > transfer.options_.max_bytes;
    if (transfer.too_large_) return 0; // ends the transfer
    transfer.body_.append(data, bytes);
    return bytes;
}

curl_socket_t HttpsTransfer::open(void* self, curlsocktype purpose, curl_sockaddr* address) {
    auto& transfer = *static_cast<HttpsTransfer*>(self);
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    if (!transfer.options_.allow_private && !is_public(address)) {
        transfer.not_public_ = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void HttpsTransfer::finish(CURLcode code) {
    const std::string why = failure(code);
    if (why.empty())
        done_(std::move(body_), why);
    else
        done_(std::nullopt, why);
}

/// What was wrong; empty when nothing was.
std::string HttpsTransfer::failure(CURLcode code) const {
    if (too_large_) return "a body over " + std::to_string(options_.max_bytes) + " bytes";
    if (code != CURLE_OK && not_public_) return "its address is not public";
    if (code != CURLE_OK) return curl_easy_strerror(code);
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ? "" : "status " + std::to_string(status);
}

} // namespace mfad::http
