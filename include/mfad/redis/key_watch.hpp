#pragma once

#include "mfad/redis/connection.hpp"
#include "mfad/redis/invalidation.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mfad::redis {

struct KeyWatchOptions {
    LinkOptions link;
    /// Of the keys to watch; none may be the beginning of another.
    std::vector<std::string> prefixes;
    std::chrono::milliseconds ping_interval{150};
    std::chrono::milliseconds coherent_for{700}; ///< after the sending of a PING that was answered
    std::chrono::milliseconds dead_after{2000};  ///< without an answer: the connection is made anew
};

/// Redis' client-side caching over RESP2: one connection that is told, as a subscriber, of every
/// change to keys with one of the prefixes (`CLIENT TRACKING on BCAST`, redirected to itself).
///
/// The server promises order on that connection: what it says before the answer to a PING was all
/// that had changed when the PING was sent. So `coherent` holds while the last PING that was
/// answered was *sent* no more than `coherent_for` ago; an answer that a slow path held back is
/// worth nothing. (Redis 7.0 writes the answer before the changes made in the same turn of its own
/// event loop; `coherent_for` leaves room for such a turn below one second.)
///
/// Listeners are reset when the watch begins on a new connection, when the connection is lost, and
/// after FLUSHALL or FLUSHDB. Databases share their key names here: a change in one voids the copy
/// of another's. A key that expires is told when the server deletes it, which may be later: a copy
/// that must not outlive its key carries its own time.
///
/// Threads: the one that runs the `io_context`, which must outlive the watch.
class KeyWatch final : public InvalidationSource {
public:
    KeyWatch(runtime::asio::io_context& context, KeyWatchOptions options);
    ~KeyWatch() override;
    KeyWatch(const KeyWatch&) = delete;
    KeyWatch& operator=(const KeyWatch&) = delete;

    /// Begins to connect. To be called once.
    void start();
    /// Ends the connection for good; listeners are reset.
    runtime::Awaitable<void> stop();

    bool coherent_at(runtime::SteadyClock::time_point now) const override;
    /// A listener must unsubscribe before it goes, and may not do so while it is being called.
    void subscribe(InvalidationListener& listener) override;
    void unsubscribe(InvalidationListener& listener) override;

    /// Why the last attempt failed or the last connection broke; empty when nothing ever did.
    const std::string& last_error() const;

private:
    class Core;
    std::shared_ptr<Core> core_;
};

} // namespace mfad::redis
