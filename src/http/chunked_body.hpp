#pragma once

#include "mfad/http/message.hpp"
#include "mfad/http/request_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::http {

/// Takes a chunked body apart (RFC 9112 section 7.1). Chunk extensions and trailers are read,
/// checked and dropped.
///
/// Not Beast's: its parser of chunks asserts when a last chunk comes in small pieces (Boost 1.81,
/// `n >= 5`), which a client could use to end the process.
class ChunkedBody {
public:
    /// @param limits kept by reference
    explicit ChunkedBody(const RequestLimits& limits) : limits_(limits) {}

    /// Reads on in `bytes` and appends what belongs to the body. Stops after its end, or at a
    /// fault.
    /// @return how many bytes were used: all, unless it stopped
    std::size_t read(std::string_view bytes, std::string& body);

    bool done() const { return state_ == State::done; }
    std::optional<Fault> fault() const { return fault_; }

private:
    enum class State : std::uint8_t {
        size,
        blank_after_size,
        extension,
        end_of_size,
        data,
        end_of_data,
        end_of_data_line,
        line_start, ///< of a trailer, or the empty line at the end
        trailer_name,
        trailer_value,
        end_of_trailer,
        end_of_body,
        done,
    };

    std::size_t read_data(std::string_view bytes, std::string& body);
    void read_framing(char c);
    void read_size(char c);
    void read_extension(char c);
    void begin_data();
    void read_trailer(char c);
    void expect(bool as_it_has_to_be, State next);
    void count_overhead();

    const RequestLimits& limits_;
    State state_ = State::size;
    std::uint64_t left_ = 0;   ///< of the chunk
    std::size_t digits_ = 0;   ///< of its size
    std::size_t total_ = 0;    ///< of the body
    std::size_t overhead_ = 0; ///< bytes of extensions and trailers
    std::optional<Fault> fault_;
};

} // namespace mfad::http
