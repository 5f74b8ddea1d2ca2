#pragma once

#include <cstddef>
#include <cstdint>

namespace mfad::redis {

/// What a connection has done since it was made, and how it stands now.
struct Counters {
    std::uint64_t commands = 0;      ///< taken into the queue
    std::uint64_t batches = 0;       ///< writes that the commands left in
    std::uint64_t replies = 0;       ///< handed to a caller, error replies included
    std::uint64_t bytes_written = 0; ///< of commands
    std::uint64_t bytes_read = 0;
    std::uint64_t overloads = 0; ///< refused: the queue was full
    std::uint64_t timeouts = 0;  ///< no reply before the deadline
    std::uint64_t losses = 0;    ///< commands that were in flight when a connection broke
    std::uint64_t connects = 0;  ///< connections that came up; all but the first are reconnects
    std::size_t waiting = 0;     ///< commands not yet handed to the kernel
    std::size_t in_flight = 0;   ///< commands sent without a reply yet, given-up ones included
};

} // namespace mfad::redis
