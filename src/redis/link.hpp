#pragma once

#include "mfad/redis/connection.hpp"

#include "backoff.hpp"
#include "transport.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mfad::redis {

/// A connection to a server that is made, used until it breaks, and made again, for ever until
/// `shut`.
///
/// It keeps itself alive while its loop runs, so that an operation that completes late never finds
/// it gone.
class Link : public std::enable_shared_from_this<Link> {
public:
    virtual ~Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void start();

    /// Ends the connection and the attempts; `join` waits until that is so.
    void shut() noexcept;
    runtime::Awaitable<void> join();

    runtime::Executor get_executor() { return transport_.get_executor(); }
    bool is_shut() const { return shut_; }
    bool is_up() const { return up_; }
    std::optional<runtime::SteadyClock::time_point> last_up() const;
    const std::string& last_error() const { return last_error_; }

protected:
    Link(runtime::asio::io_context& context, LinkOptions options);

    /// The last step of setting up, after the owner's hook.
    virtual runtime::Awaitable<void> prepare(SetupChannel& channel);
    /// Uses the connection until it is of no more use, and says why.
    virtual runtime::Awaitable<std::string> serve() = 0;
    /// After every failed attempt and every `serve`; the transport is closed.
    virtual void gone() = 0;

    Transport transport_;
    const LinkOptions options_;

private:
    runtime::Awaitable<void> run();
    runtime::Awaitable<std::string> attempt();
    runtime::Awaitable<void> set_up();
    void limit_attempt();
    void report();

    runtime::Timer limit_;    // of an attempt
    runtime::Timer pause_;    // between attempts
    runtime::Timer finished_; // never expires; cancelled at the end of the loop
    Backoff backoff_;
    std::uint64_t limits_ = 0; // which wait of limit_ counts
    bool too_late_ = false;
    bool mismatch_ = false;
    bool shut_ = false;
    bool running_ = false;
    bool up_ = false;
    std::optional<runtime::SteadyClock::time_point> last_up_;
    std::string last_error_;
};

} // namespace mfad::redis
