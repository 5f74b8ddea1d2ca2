#include "mfad/http/https_fetcher.hpp"

#include "https_transfer.hpp"

#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace mfad::http {
namespace {

/// libcurl's global state is counted: one for each fetcher keeps it alive.
class CurlInUse {
public:
    CurlInUse() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw std::runtime_error("libcurl cannot start");
    }
    CurlInUse(const CurlInUse&) = delete;
    CurlInUse& operator=(const CurlInUse&) = delete;
    ~CurlInUse() { curl_global_cleanup(); }
};

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

} // namespace

/// The thread, and what it is given to do.
class HttpsFetcher::Loop {
public:
    explicit Loop(const FetchOptions& options) : options_(options), multi_(curl_multi_init()) {
        if (!multi_) throw std::runtime_error("libcurl cannot start");
        thread_ = std::thread([this] { run(); });
    }

    void fetch(std::string url, Done done) {
        std::string refused;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_)
                refused = "stopping";
            else if (taken_ >= options_.max_waiting)
                refused = "too many fetches at a time";
            else {
                ++taken_;
                orders_.push_back({std::move(url), std::move(done)});
            }
        }
        if (!refused.empty()) return done(std::nullopt, refused);
        curl_multi_wakeup(multi_.get());
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        curl_multi_wakeup(multi_.get());
        if (thread_.joinable()) thread_.join();
    }

private:
    struct Order {
        std::string url;
        Done done;
    };

    static constexpr int look_interval_ms = 1000; // should a wake-up get lost

    void run() {
        while (take_orders()) {
            int running = 0;
            curl_multi_perform(multi_.get(), &running);
            finish_done();
            curl_multi_poll(multi_.get(), nullptr, 0, look_interval_ms, nullptr);
        }
        while (!transfers_.empty())
            conclude(transfers_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
    }

    /// Begins what was ordered meanwhile; false when it is time to stop.
    bool take_orders() {
        std::vector<Order> orders;
        bool stopping = false;
        {
            const std::lock_guard lock(mutex_);
            orders.swap(orders_);
            stopping = stopping_;
        }
        for (Order& order : orders)
            begin(order);
        return !stopping;
    }

    void begin(Order& order) {
        try {
            auto transfer = std::make_unique<HttpsTransfer>(options_, order.url, order.done);
            CURL* const handle = transfer->handle();
            if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK)
                throw std::runtime_error("libcurl: no place for a fetch");
            transfers_.emplace(handle, std::move(transfer));
        } catch (const std::exception& error) {
            give_back_place();
            order.done(std::nullopt, error.what());
        }
    }

    void finish_done() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left))
            if (message->msg == CURLMSG_DONE) conclude(message->easy_handle, message->data.result);
    }

    void conclude(CURL* handle, CURLcode code) {
        const auto at = transfers_.find(handle);
        const std::unique_ptr<HttpsTransfer> transfer = std::move(at->second);
        transfers_.erase(at);
        curl_multi_remove_handle(multi_.get(), handle);
        give_back_place();
        transfer->finish(code);
    }

    void give_back_place() {
        const std::lock_guard lock(mutex_);
        --taken_;
    }

    const FetchOptions options_;
    CurlInUse curl_;
    std::unique_ptr<CURLM, FreeMulti> multi_;
    std::map<CURL*, std::unique_ptr<HttpsTransfer>> transfers_; // of the thread alone
    std::mutex mutex_;
    std::vector<Order> orders_;
    std::size_t taken_ = 0; // orders and transfers
    bool stopping_ = false;
    std::thread thread_;
};

HttpsFetcher::HttpsFetcher(const FetchOptions& options) : loop_(std::make_unique<Loop>(options)) {}

HttpsFetcher::~HttpsFetcher() {
    loop_->stop();
}

void HttpsFetcher::fetch(std::string url, Done done) {
    loop_->fetch(std::move(url), std::move(done));
}

void HttpsFetcher::stop() {
    loop_->stop();
}

} // namespace mfad::http
