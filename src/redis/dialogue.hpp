#pragma once

#include "mfad/redis/connection.hpp"

#include "reply_reader.hpp"
#include "transport.hpp"

#include <vector>

namespace mfad::redis {

/// A fresh connection before it serves anybody: one command at a time, each awaiting its reply.
class Dialogue final : public SetupChannel {
public:
    Dialogue(Transport& transport, std::size_t max_reply_bytes)
        : transport_(transport), reader_(max_reply_bytes) {}

    runtime::Awaitable<Reply> exec(const Command& command) override;

    /// Makes the server ready: AUTH, SELECT, CLIENT SETNAME, and PING, which fails while the
    /// dataset is being loaded.
    runtime::Awaitable<void> introduce(const Endpoint& endpoint, std::string_view client_name);

    /// Whether bytes have come that answer nothing: then the connection cannot be used.
    bool has_rest() const { return reader_.has_rest(); }

private:
    runtime::Awaitable<Reply> ask(const Command& command);
    runtime::Awaitable<Reply> read();

    Transport& transport_;
    ReplyReader reader_;
    std::vector<char> input_ = std::vector<char>(4096); // coroutine frames are kept small
};

} // namespace mfad::redis
