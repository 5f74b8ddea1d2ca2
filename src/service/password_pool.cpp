#include "mfad/service/password_pool.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/password.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>

namespace mfad::service {

namespace asio = runtime::asio;

struct PasswordPool::Parts {
    asio::thread_pool threads;
    std::atomic<unsigned> taken{0};
    unsigned places;

    Parts(unsigned running, unsigned waiting) : threads(running), places(running + waiting) {}
};

namespace {

/// A place among those who run or wait; given back at the end.
class Place {
public:
    Place(std::atomic<unsigned>& taken, unsigned places) : taken_(taken) {
        ok_ = taken_.fetch_add(1) < places;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { taken_.fetch_sub(1); }
    bool ok() const { return ok_; }

private:
    std::atomic<unsigned>& taken_;
    bool ok_ = false;
};

bool check(const std::optional<std::string>& hash, const std::string& password) {
    if (hash) return platform::verify_password(*hash, password);
    platform::dummy_verify(password);
    return false;
}

/// Runs the check on the pool; its verdict, or what it threw, goes back to the executor of the
/// handler.
template <class Handler>
void run(
    asio::thread_pool& threads, std::optional<std::string> hash, std::string password,
    Handler handler) {
    asio::post(
        threads, [hash = std::move(hash), password = std::move(password),
                  handler = std::move(handler)]() mutable {
            std::exception_ptr thrown;
            bool verdict = false;
            try {
                verdict = check(hash, password);
            } catch (...) {
                thrown = std::current_exception();
            }
            platform::wipe(password);
            const auto executor = asio::get_associated_executor(handler);
            asio::post(executor, [handler = std::move(handler), thrown, verdict]() mutable {
                std::move(handler)(thrown, verdict);
            });
        });
}

} // namespace

PasswordPool::PasswordPool(unsigned running, unsigned waiting)
    : parts_(std::make_unique<Parts>(running, waiting)) {}

PasswordPool::~PasswordPool() {
    parts_->threads.join();
}

runtime::Awaitable<std::optional<bool>> PasswordPool::verify(
    std::optional<std::string> hash, std::string password) {
    const Place place(parts_->taken, parts_->places);
    if (!place.ok()) co_return std::nullopt;
    auto initiate = [](auto handler, asio::thread_pool* threads, std::optional<std::string> phc,
                       std::string text) {
        run(*threads, std::move(phc), std::move(text), std::move(handler));
    };
    const bool verdict =
        co_await asio::async_initiate<const runtime::UseAwaitable, void(std::exception_ptr, bool)>(
            initiate, runtime::use_awaitable, &parts_->threads, std::move(hash),
            std::move(password));
    co_return verdict;
}

} // namespace mfad::service
