#pragma once

#include "mfad/http/message.hpp"
#include "mfad/http/request_reader.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mfad::http {

/// A field that a request has once at most.
struct SingleField {
    std::string_view value; ///< the last one's
    unsigned count = 0;

    void take(std::string_view text) {
        value = text;
        ++count;
    }
};

/// The header of a request as its parser found it, before it is judged.
struct RequestHead {
    Method method = Method::other;
    bool forbidden_method = false; ///< CONNECT and TRACE, which no route may serve
    bool is_http_1_1 = false;
    bool keeps_alive = false;
    std::uint64_t body_length = 0; ///< when it is not chunked
    std::string_view target;
    std::vector<Header> headers;
    // Those that decide what is read, and how.
    SingleField host;
    SingleField content_length;
    SingleField transfer_encoding;
    SingleField content_encoding;
    SingleField expect;
    SingleField authorization;

    /// Forgets all but the memory.
    void clear();

    bool has_origin_form() const;
    bool is_chunked() const { return transfer_encoding.count > 0; }
    bool expects_continue() const { return expect.count > 0 && is_http_1_1; }
    std::string_view path() const { return target.substr(0, target.find('?')); }
    std::string_view query() const;
};

/// What a header came to.
struct HeadParse {
    bool whole = false; ///< its end was found
    std::optional<Fault> fault;
};

/// Parses the header at the start of `bytes` into `head`, which gets views: `bytes` has to stay
/// where it is. After a fault, and when the header is not whole, `head` has what came before.
HeadParse parse_head(std::string_view bytes, const RequestLimits& limits, RequestHead& head);

/// Why a request with this header is not read on, if it is not. The length of its body is judged
/// elsewhere.
std::optional<Fault> fault_of(const RequestHead& head);

} // namespace mfad::http
