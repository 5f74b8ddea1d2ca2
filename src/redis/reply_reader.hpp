#pragma once

#include "mfad/redis/reply.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct redisReader; // hiredis

namespace mfad::redis {

/// RESP2 replies out of a stream of bytes, in pieces of any size. After an error it is of no more
/// use.
class ReplyReader {
public:
    /// @param max_reply_bytes a reply that is longer is an error: the peer is no Redis, or a key is
    /// out of hand
    explicit ReplyReader(std::size_t max_reply_bytes);

    void feed(std::string_view bytes);

    /// The next whole reply. Nothing: more bytes are needed, or `error` has a text.
    std::optional<Reply> next();

    /// Why the stream cannot be read; empty as long as it can.
    const std::string& error() const { return error_; }

    /// Whether bytes are left that no reply has used up.
    bool has_rest() const { return unused_bytes_ != 0; }

private:
    struct Free {
        void operator()(redisReader* reader) const noexcept;
    };
    std::unique_ptr<redisReader, Free> reader_;
    std::size_t max_reply_bytes_;
    std::size_t unused_bytes_ = 0; // fed since the last whole reply
    std::string error_;
};

} // namespace mfad::redis
