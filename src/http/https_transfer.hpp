#pragma once

#include "mfad/http/https_fetcher.hpp"

#include <curl/curl.h>

#include <memory>
#include <string>

namespace mfad::http {

/// One fetch: a libcurl handle that is set up for it, and what has come so far.
class HttpsTransfer {
public:
    /// @throws std::runtime_error when libcurl takes an option badly
    HttpsTransfer(const FetchOptions& options, const std::string& url, HttpsFetcher::Done done);
    HttpsTransfer(const HttpsTransfer&) = delete;
    HttpsTransfer& operator=(const HttpsTransfer&) = delete;

    CURL* handle() const { return handle_.get(); }
    /// Tells whoever waits; once.
    void finish(CURLcode code);

private:
    struct Free {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    template <class Value>
    void set(CURLoption option, Value value);
    void restrict();
    std::string failure(CURLcode code) const;
    static std::size_t receive(char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address);

    const FetchOptions& options_;
    HttpsFetcher::Done done_;
    std::unique_ptr<curl_slist, Free> headers_;
    std::unique_ptr<CURL, Free> handle_;
    std::string body_;
    bool too_large_ = false;
    bool not_public_ = false;
};

} // namespace mfad::http
