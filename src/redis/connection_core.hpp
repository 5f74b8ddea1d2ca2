#pragma once

#include "mfad/redis/connection.hpp"

#include "link.hpp"
#include "pipeline.hpp"

#include <array>
#include <chrono>

namespace mfad::redis {

/// What a `Connection` is made of: the pipeline on a link, and one timer for all deadlines and for
/// the peer's health.
///
/// Whatever runs callers (`Turn`) flushes at its end; a command that comes from elsewhere posts a
/// flush, which runs after everything that is ready in this turn of the event loop. A batch that
/// is large enough goes out at once.
class Connection::Core final : public Link {
public:
    Core(runtime::asio::io_context& context, ConnectionOptions options);

    /// Queues a command; a reason, and nothing else, when it is refused.
    std::optional<Unavailable::Reason> submit(
        const Command& command, Pipeline::Slot& slot, Pipeline::TimePoint deadline);

    /// Takes a slot out if this kind of cancellation may do that in its state.
    bool cancel(Pipeline::Slot& slot, runtime::asio::cancellation_type type);

    runtime::Awaitable<void> drain(std::chrono::milliseconds grace);

    /// The owner goes: nobody is resumed any more.
    void abandon_all() noexcept;

    Counters counters() const;

private:
    class Turn;
    /// The PING of a silent connection.
    class Heartbeat final : public Pipeline::Slot {
    public:
        void on_reply(Reply) override {}
        void on_failure(Unavailable::Reason) override {}
        void on_dropped() noexcept override {}
    };

    runtime::Awaitable<std::string> serve() override;
    void gone() override;

    bool accepts() const;
    void flush_later();
    void flush();
    void write_rest(std::string_view rest);
    void broken(std::string why);
    void heard();
    void check_health(Pipeline::TimePoint now);
    void set_timer();
    void on_timer();

    std::shared_ptr<Core> self() { return std::static_pointer_cast<Core>(shared_from_this()); }

    const std::chrono::milliseconds ping_interval_;
    Heartbeat heartbeat_; // outlives the pipeline
    Pipeline pipeline_;
    runtime::Timer timer_;
    Pipeline::TimePoint timer_at_ = Pipeline::TimePoint::max();
    runtime::Timer drained_;
    Pipeline::TimePoint health_at_ = Pipeline::TimePoint::max();
    bool silent_ = false; // a PING has been sent since the last byte came
    bool first_attempt_ = true;
    bool draining_ = false;
    bool in_turn_ = false;
    bool flush_posted_ = false;
    bool writing_ = false;         // the kernel is to say when it takes more
    std::uint64_t generation_ = 0; // of the connection that an asynchronous write belongs to
    std::uint64_t connects_ = 0;
    std::string broken_; // why this side ended the connection
    std::array<char, 16'384> input_{};
};

} // namespace mfad::redis
