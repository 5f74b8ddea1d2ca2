#pragma once

#include "mfad/http/ascii.hpp"
#include "mfad/runtime/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

/// HTTP/1.1 as plain values. Nothing here knows Beast, and nothing knows what is served.
namespace mfad::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

/// The method's name on the wire; "" for `other`.
std::string_view to_string(Method method);

/// A header field as it came: the name in the sender's case, the value without surrounding white
/// space.
struct Header {
    std::string_view name;
    std::string_view value;
};

/// A request that was read whole and within its limits. Views point into the session's buffers and
/// live until the answer has been written.
struct Request {
    Method method = Method::other;
    std::string_view path;           ///< as sent, percent-encoded, up to `?`; starts with `/`
    std::string_view query;          ///< as sent, after `?`; empty when there is none
    std::span<const Header> headers; ///< without trailers
    std::string_view body;
    /// Who sent it: an address without port, from the field that `TrustedProxies` read; `peer`
    /// where that is no trusted proxy, and for a request that was refused before it was whole.
    std::string_view client;
    std::string_view peer;       ///< the connection's address, or its PROXY header's, without port
    std::string_view request_id; ///< the sender's `X-Request-Id` when sane, else made here
    runtime::SteadyClock::time_point received{}; ///< when it was there, whole or refused

    /// The value of the first field of this name (any case).
    std::optional<std::string_view> header(std::string_view name) const;
    /// How many fields of this name there are.
    std::size_t count(std::string_view name) const;
};

/// The name of a field that a handler may write: a token (RFC 9110 section 5.6.2), and none of
/// those that are the session's to write. A literal is checked as the program is compiled.
class FieldName {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal stands for the name
    consteval FieldName(const char* literal) : FieldName(std::string_view(literal)) {}

    /// A name that comes at run time; `std::logic_error` for one that may not be written.
    static FieldName checked(std::string_view text) { return FieldName(text); }

    constexpr std::string_view text() const { return text_; }
    constexpr bool is_cache_control() const { return is_cache_control_; }

private:
    static constexpr std::string_view session_fields[] = {
        "Connection", "Content-Length", "Date", "Transfer-Encoding", "X-Request-Id"};

    constexpr explicit FieldName(std::string_view text)
        : text_(text), is_cache_control_(ascii::equal_ignoring_case(text, "Cache-Control")) {
        if (!ascii::is_token(text)) throw std::logic_error("not a field name");
        for (const std::string_view field : session_fields)
            if (ascii::equal_ignoring_case(text, field))
                throw std::logic_error("a field that the session writes");
    }

    std::string_view text_;
    bool is_cache_control_;
};

/// An answer. The session adds `Date`, `Content-Length`, `Connection`, `X-Request-Id`, and
/// `Cache-Control: no-store` unless the answer set its own.
class Response {
public:
    Response() = default;
    explicit Response(unsigned status) : status_(status) {}
    /// @param content_type a constant: it is kept as a view
    Response(unsigned status, std::string_view content_type, std::string body)
        : status_(status), content_type_(content_type), body_(std::move(body)) {}

    /// Adds a field. Control characters (CR and LF above all) in a value are a bug of the caller:
    /// `std::logic_error`.
    Response& header(FieldName name, std::string_view value);
    /// Ends the connection after this answer.
    Response& close() {
        close_ = true;
        return *this;
    }

    unsigned status() const { return status_; }
    std::string_view content_type() const { return content_type_; }
    std::string_view body() const { return body_; }
    /// The added fields, in wire form (`Name: value\r\n…`).
    std::string_view fields() const { return fields_; }
    bool has_cache_control() const { return has_cache_control_; }
    bool closes() const { return close_; }

private:
    unsigned status_ = 200;
    std::string_view content_type_;
    std::string body_;
    std::string fields_;
    bool has_cache_control_ = false;
    bool close_ = false;
};

/// Why a request was refused before any handler saw it, once its target was known.
enum class Fault : std::uint8_t {
    bad_request,          ///< 400: not HTTP/1.1, or ambiguous framing
    header_too_large,     ///< 431
    target_too_long,      ///< 414
    body_too_large,       ///< 413
    unsupported_encoding, ///< 415: a Content-Encoding
    expectation_failed,   ///< 417: an Expect other than 100-continue
    not_implemented,      ///< 501: a transfer coding or method that is not served
    timed_out,            ///< 408
    internal,             ///< 500: the handler threw
    overloaded,           ///< 503: too many are being handled; to be tried again in a second
};
inline constexpr std::size_t fault_count = 10;

/// The status that a fault is answered with, in whatever shape.
unsigned status_of(Fault fault);

/// What RFC 9110 and RFC 6585 call a status; "" for one that they do not know.
std::string_view reason_phrase(unsigned status);

/// What a session serves. One object a thread; called on that thread only.
class Application {
public:
    virtual ~Application() = default;

    /// Answers a request. What it throws is answered by `fail` with `Fault::internal`.
    ///
    /// @par Cancellation  terminal, when a drain runs out of patience; nobody gets the answer then
    virtual runtime::Awaitable<Response> handle(const Request& request) = 0;

    /// The answer to a request that did not reach `handle` or was thrown out of it, in the shape
    /// that its path's owner uses. `request` has its target; the rest may be missing. Before a
    /// target is known the session answers by itself: problem+json, close.
    ///
    /// With `Fault::internal` it is called while the exception is being handled, for
    /// `std::current_exception()` and the log. The connection is closed after it in any case but
    /// `Fault::overloaded`: then the request was whole, and others may follow it.
    virtual Response fail(const Request& request, Fault fault) noexcept = 0;
};

} // namespace mfad::http
