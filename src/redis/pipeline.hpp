#pragma once

#include "mfad/redis/counters.hpp"
#include "mfad/redis/errors.hpp"
#include "mfad/redis/reply.hpp"

#include "reply_reader.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace mfad::redis {

/// Everything about a Redis connection that needs neither socket nor clock: which commands wait,
/// which are sent, whose is the next reply.
///
/// Commands come in with `submit` and gather in one buffer. `to_write` hands that buffer out as a
/// batch while the next one fills. Replies are matched to sent commands in order. A command that
/// nobody waits for any more keeps its place in that order once it has been sent; else the replies
/// behind it would go to the wrong callers.
///
/// A slot's functions run inside `feed`, `expire`, `lose` and `refuse_waiting`. They may submit,
/// abandon and drop all; they may not call those four, nor destroy the pipeline.
class Pipeline {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    struct Limits {
        std::size_t max_commands = 0;      ///< waiting and in flight together
        std::size_t max_waiting_bytes = 0; ///< of commands not yet handed out by `to_write`
        std::size_t max_reply_bytes = 0;
    };

    /// Who waits for a reply. Lives in the awaiting operation; may be moved only while it is not in
    /// the queue. One of the functions is called, once, unless the slot is abandoned first.
    class Slot {
    public:
        virtual void on_reply(Reply reply) = 0;
        virtual void on_failure(Unavailable::Reason reason) = 0;
        /// The owner goes away: let go, resume nobody.
        virtual void on_dropped() noexcept = 0;

        virtual ~Slot() = default;

    private:
        friend class Pipeline;
        static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
        std::uint64_t sequence_ = nowhere;
    };

    enum class SlotState : std::uint8_t {
        idle,    ///< not in the queue
        waiting, ///< not sent
        written, ///< sent, or about to be: its effect may come
    };

    /// Some commands: fewer would cost a system call each, more would let the server wait.
    static constexpr std::size_t batch_bytes = 8192;

    explicit Pipeline(const Limits& limits);
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    ~Pipeline() { drop_all(); }

    /// Queues a command. False when the queue is full: then nothing has happened.
    bool submit(std::string_view wire, Slot& slot, TimePoint deadline);

    SlotState state(const Slot& slot) const;

    /// Forgets who waited. A command that was not sent never will be; the reply to one that was is
    /// dropped.
    void abandon(Slot& slot);

    /// A connection has come up: what waits may be written.
    void open();
    bool is_open() const { return open_; }

    /// The bytes to be written next: the rest of the batch, or a new batch. They stay valid until
    /// `wrote` or `lose`.
    std::string_view to_write();
    /// Whether what waits is enough to be written at once, so that the server works on it while
    /// more is being prepared.
    bool has_batch() const {
        return open_ && !settling_ && sent_ == writing_.size() && waiting_bytes() >= batch_bytes;
    }
    /// The first `count` of those bytes have been written.
    void wrote(std::size_t count);

    /// Bytes have come. False when the connection is of no more use: `error` says why, and `lose`
    /// is to follow.
    bool feed(std::string_view bytes);
    const std::string& error() const { return error_; }

    /// Fails what has its deadline at or before `now`, in the order of submission.
    void expire(TimePoint now);
    /// No deadline of the queue is earlier than this.
    TimePoint next_deadline() const { return next_deadline_; }

    /// The connection has broken: what was sent is `lost`, what waited `not_connected`. To be
    /// called once for each `open`.
    void lose();

    /// No connection has come up: what waits is `not_connected`.
    void refuse_waiting();

    /// Lets go of everybody, resuming nobody.
    void drop_all() noexcept;

    bool empty() const { return queue_.empty(); }
    Counters counters() const;

private:
    struct Entry {
        Slot* slot; // null: abandoned
        TimePoint deadline;
        std::size_t bytes;
    };

    std::size_t index_of(const Slot& slot) const;
    std::size_t waiting_bytes() const { return filling_.size() - dead_bytes_; }
    bool is_full(std::size_t more_bytes) const;
    void start_batch();
    void tidy();
    void compact();
    void forget(std::size_t index);
    bool unsolicited(const Reply& reply);
    void fail_all();
    Entry pop_front();

    Limits limits_;
    ReplyReader reader_;
    std::deque<Entry> queue_; // written_ sent ones, then the waiting ones
    std::uint64_t first_ = 0; // sequence of queue_.front()
    std::size_t written_ = 0;
    std::string filling_;        // what the waiting commands say, in order
    std::size_t dead_bytes_ = 0; // of abandoned commands in filling_
    std::string writing_;        // the batch that is being written
    std::size_t sent_ = 0;       // how much of it has been
    TimePoint next_deadline_ = TimePoint::max();
    bool open_ = false;
    bool settling_ = false; // the queue is being walked: no compaction
    std::string error_;
    Counters counters_;
};

} // namespace mfad::redis
