#include "mfad/service/password_pool.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/foreign_hash.hpp"
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

/// Runs the job on the pool; its result, or what it threw, goes back to the executor of the
/// handler.
template <class Job, class Handler>
void run_on(asio::thread_pool& threads, Job job, std::string secret, Handler handler) {
    asio::post(
        threads,
        [job = std::move(job), secret = std::move(secret), handler = std::move(handler)]() mutable {
            std::exception_ptr thrown;
            std::size_t result = 0;
            try {
                result = job(secret);
            } catch (...) {
                thrown = std::current_exception();
            }
            platform::wipe(secret);
            const auto executor = asio::get_associated_executor(handler);
            asio::post(executor, [handler = std::move(handler), thrown, result]() mutable {
                std::move(handler)(thrown, result);
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
    Job job = [hash = std::move(hash)](const std::string& typed) -> std::size_t {
        if (hash) return platform::verify_password(*hash, typed) ? 1 : 0;
        platform::dummy_verify(typed);
        return 0;
    };
    const auto verdict = co_await run(std::move(job), std::move(password));
    if (!verdict) co_return std::nullopt;
    co_return *verdict == 1;
}

runtime::Awaitable<std::optional<std::size_t>> PasswordPool::find(
    std::vector<std::string> hashes, std::string secret) {
    Job job = [hashes = std::move(hashes)](const std::string& typed) -> std::size_t {
        for (std::size_t i = 0; i < hashes.size(); ++i)
            if (platform::foreign_hash_matches(hashes[i], typed)) return i;
        return hashes.size();
    };
    co_return co_await run(std::move(job), std::move(secret));
}

runtime::Awaitable<std::optional<std::size_t>> PasswordPool::run(Job job, std::string secret) {
    const Place place(parts_->taken, parts_->places);
    if (!place.ok()) co_return std::nullopt;
    auto initiate = [](auto handler, asio::thread_pool* threads, Job work, std::string text) {
        run_on(*threads, std::move(work), std::move(text), std::move(handler));
    };
    const std::size_t result = co_await asio::async_initiate<
        const runtime::UseAwaitable, void(std::exception_ptr, std::size_t)>(
        initiate, runtime::use_awaitable, &parts_->threads, std::move(job), std::move(secret));
    co_return result;
}

} // namespace mfad::service
