#pragma once

#include "mfad/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace mfad::http {

/// What a request may measure. Whatever is larger is refused.
struct RequestLimits {
    /// Request line and fields, with their line ends; else 431.
    std::size_t header_bytes = 8 * 1024;
    /// Else 431.
    std::size_t header_fields = 100;
    /// Path and query; else 414.
    std::size_t target_bytes = 2 * 1024;
    /// Without the framing of chunks; else 413.
    std::size_t body_bytes = 64 * 1024;
};

/// Takes requests out of the bytes of a connection: a plain class, fed with bytes, that knows no
/// socket.
///
/// Loop: read into `space()`, `commit()` what came, `advance()`; on `complete` use `request()`,
/// then `next()` and `advance()` again, since the bytes of the following request may be there
/// already. The outcome does not depend on how the bytes were split. After `refused` there is no
/// way on: what follows cannot be told from the refused request.
///
/// Stricter than its parser (Beast), which takes framing that two readers may read differently: RFC
/// 9112 sections 6 and 11.2. Transfer-Encoding is read only as `chunked` alone, on HTTP/1.1,
/// without Content-Length; Content-Length once and as digits; exactly one well-formed Host; a
/// target in origin form of visible ASCII; no folded header lines; at most one Authorization.
/// Trailers are read and dropped.
///
/// Memory: three times `header_bytes` plus the largest body since `reset()`; a request allocates
/// nothing beyond that.
class RequestReader {
public:
    enum class Progress : std::uint8_t {
        need_more,
        expects_continue, ///< as `need_more`, and the client waits for `100 Continue`; told once
        complete,
        refused,
    };

    explicit RequestReader(const RequestLimits& limits);
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;
    ~RequestReader();

    /// Where the next bytes go. Not empty unless a request is complete or refused. The views of a
    /// complete request stay as they are.
    std::span<char> space();
    /// @param count how many bytes were put into `space()`
    void commit(std::size_t count);

    /// Reads on in what was committed.
    Progress advance();

    /// Whether bytes are there that no complete request has used: of the request under way, or of
    /// the next.
    bool has_bytes() const;
    /// After `complete`: whether something of a next request has come already.
    bool has_next() const;
    /// Whether the header of the request under way has been read whole.
    bool has_header() const;
    /// Whether `request()` has a target and method that answers may be shaped after.
    bool has_target() const;

    /// The request: whole once `complete`; after `refused`, or before, only as far as
    /// `has_target()` goes. Views end with `next()` and `reset()`. Client, peer, request id and
    /// deadline are the caller's to set.
    Request& request();
    /// Whether the client wants the connection kept. HTTP/1.0 connections are not.
    bool keeps_alive() const;
    /// Why the request was `refused`.
    Fault fault() const;

    /// Leaves a complete request behind; what came after it stays.
    void next();
    /// Forgets everything, for another connection: overwrites what has passed through, and lets
    /// go of a body's memory when it was large.
    void reset();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::http
