#include "mfad/http/request_reader.hpp"

#include "ascii.hpp"
#include "chunked_body.hpp"
#include "request_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace mfad::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Progress = RequestReader::Progress;

Method method_of(beast::http::verb named) {
    using beast::http::verb;
    switch (named) {
    case verb::get: return Method::get;
    case verb::head: return Method::head;
    case verb::post: return Method::post;
    case verb::put: return Method::put;
    case verb::patch: return Method::patch;
    case verb::delete_: return Method::delete_;
    case verb::options: return Method::options;
    default: return Method::other;
    }
}

/// Beast's parser of one request, over bytes that stay where they are while the header is in use:
/// fields are views.
class Parser final : public beast::http::basic_parser<true> {
public:
    Parser(RequestHead& head, const RequestLimits& limits) : head_(head), limits_(limits) {
        header_limit(std::numeric_limits<std::uint32_t>::max()); // both counted by the reader
        body_limit(boost::none);
    }

    /// Reads `bytes`; `error` is Beast's.
    std::size_t read(std::string_view bytes, error_code& error) {
        end_ = bytes.data() + bytes.size();
        return put(beast::net::const_buffer(bytes.data(), bytes.size()), error);
    }

    /// What a failure of `read` means.
    Fault fault() const { return fault_; }

private:
    void on_request_impl(
        beast::http::verb verb, beast::string_view, beast::string_view target, int version,
        error_code& error) override {
        head_.method = method_of(verb);
        head_.forbidden_method =
            verb == beast::http::verb::connect || verb == beast::http::verb::trace;
        head_.is_http_1_1 = version == 11;
        head_.target = target; // a long one, too: it says whose answer this is
        if (target.size() > limits_.target_bytes) refuse(Fault::target_too_long, error);
    }

    void on_field_impl(
        beast::http::field field, beast::string_view name, beast::string_view value,
        error_code& error) override {
        if (is_folded(name, value)) return refuse(Fault::bad_request, error);
        if (head_.headers.size() == limits_.header_fields)
            return refuse(Fault::header_too_large, error);
        head_.headers.push_back({name, value});
        if (SingleField* single = single_field(field)) single->take(value);
    }

    // The reader takes bodies by itself.
    std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override {
        return 0;
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    void refuse(Fault fault, error_code& error) {
        fault_ = fault;
        error = beast::http::error::bad_field; // any error stops the parser
    }

    /// Whether the value stands on another line than the name (obs-fold), or was put together from
    /// several.
    bool is_folded(std::string_view name, std::string_view value) const {
        const char* at = name.data() + name.size() + 1;
        if (std::less<>{}(value.data(), at) || std::less<>{}(end_, value.data())) return true;
        return std::find(at, value.data(), '\n') != value.data();
    }

    SingleField* single_field(beast::http::field named) {
        using beast::http::field;
        switch (named) {
        case field::host: return &head_.host;
        case field::content_length: return &head_.content_length;
        case field::transfer_encoding: return &head_.transfer_encoding;
        case field::content_encoding: return &head_.content_encoding;
        case field::expect: return &head_.expect;
        case field::authorization: return &head_.authorization;
        default: return nullptr;
        }
    }

    RequestHead& head_;
    const RequestLimits& limits_;
    const char* end_ = nullptr;
    Fault fault_ = Fault::bad_request;
};

} // namespace

struct RequestReader::Parts {
    enum class Phase : std::uint8_t { header, sized_body, chunked_body, complete, refused };

    explicit Parts(const RequestLimits& request_limits)
        : limits(request_limits), capacity(3 * limits.header_bytes),
          buffer(std::make_unique_for_overwrite<char[]>(capacity)) {
        head.headers.reserve(limits.header_fields);
    }

    const RequestLimits limits;
    const std::size_t capacity;
    // One request's header, then what has come after it: [0, cursor) is done with or under view,
    // [cursor, size) unread.
    std::unique_ptr<char[]> buffer;
    std::size_t header_end = 0;
    std::size_t cursor = 0;
    std::size_t size = 0;
    std::size_t searched = 0; ///< unread bytes that hold no end of a header

    Phase phase = Phase::header;
    RequestHead head;
    std::optional<ChunkedBody> chunks;
    std::string body; ///< a body that did not arrive in one piece
    std::size_t body_left = 0;
    bool waits_for_continue = false;
    bool keeps_alive = false;
    Fault fault = Fault::bad_request;
    Request request;

    std::string_view unread() const { return {buffer.get() + cursor, size - cursor}; }

    Progress refuse(Fault why) {
        fault = why;
        phase = Phase::refused;
        return Progress::refused;
    }

    void move_unread_to(std::size_t place) {
        std::memmove(buffer.get() + place, buffer.get() + cursor, size - cursor);
        size = place + size - cursor;
        cursor = place;
    }

    /// Clients may end a body with a line break too many (RFC 9112 section 2.2).
    void skip_empty_lines() {
        while (unread().starts_with("\r\n"))
            cursor += 2;
    }

    Progress advance();
    Progress read_header();
    Progress refuse_long_header();
    Progress take_header(std::size_t length);
    void describe_request();
    Progress read_sized_body();
    Progress read_chunked_body();
    Progress finish(std::string_view content);
    Progress wait();
};

Progress RequestReader::Parts::advance() {
    switch (phase) {
    case Phase::header: return read_header();
    case Phase::sized_body: return read_sized_body();
    case Phase::chunked_body: return read_chunked_body();
    case Phase::complete: return Progress::complete;
    case Phase::refused: break;
    }
    return Progress::refused;
}

// The parser gets a header only when it is whole, so that the outcome cannot depend on how it was
// split.
Progress RequestReader::Parts::read_header() {
    skip_empty_lines();
    const std::string_view bytes = unread().substr(0, limits.header_bytes);
    if (bytes.empty() || bytes == "\r") return Progress::need_more;
    // Says at once what the parser would say at the end: TLS to this port, lines that end in LF
    // alone.
    if (!ascii::is_token_char(bytes.front())) return refuse(Fault::bad_request);
    const std::size_t end = bytes.find("\r\n\r\n", searched);
    if (end != std::string_view::npos) return take_header(end + 4);
    if (bytes.size() == limits.header_bytes) return refuse_long_header();
    searched = bytes.size() < 3 ? 0 : bytes.size() - 3;
    const std::size_t line_end = bytes.find('\n');
    if (line_end != std::string_view::npos && bytes[line_end - 1] != '\r')
        return refuse(Fault::bad_request);
    return Progress::need_more;
}

Progress RequestReader::Parts::refuse_long_header() {
    Parser parser(head, limits);
    error_code error;
    parser.read(unread().substr(0, limits.header_bytes), error);
    describe_request();
    if (error != beast::http::error::need_more) return refuse(parser.fault());
    return refuse(head.target.empty() ? Fault::target_too_long : Fault::header_too_large);
}

Progress RequestReader::Parts::take_header(std::size_t length) {
    Parser parser(head, limits);
    error_code error;
    cursor += parser.read(unread().substr(0, length), error);
    header_end = cursor;
    describe_request();
    if (error) return refuse(parser.fault());
    if (const std::optional<Fault> why = fault_of(head)) return refuse(*why);
    keeps_alive = head.is_http_1_1 && parser.keep_alive();
    waits_for_continue = head.expects_continue();
    if (head.is_chunked()) {
        chunks.emplace(limits);
        phase = Phase::chunked_body;
        return read_chunked_body();
    }
    const std::uint64_t expected = parser.content_length().value_or(0);
    if (expected > limits.body_bytes) return refuse(Fault::body_too_large);
    body_left = expected;
    phase = Phase::sized_body;
    return read_sized_body();
}

void RequestReader::Parts::describe_request() {
    if (!head.has_origin_form()) return;
    request.method = head.method;
    request.path = head.path();
    request.query = head.query();
    request.headers = head.headers;
}

Progress RequestReader::Parts::read_sized_body() {
    const std::string_view bytes = unread().substr(0, body_left);
    cursor += bytes.size();
    if (body.empty() && bytes.size() == body_left) return finish(bytes);
    if (body.empty()) body.reserve(body_left);
    body.append(bytes);
    body_left -= bytes.size();
    return body_left == 0 ? finish(body) : wait();
}

Progress RequestReader::Parts::read_chunked_body() {
    cursor += chunks->read(unread(), body);
    if (const std::optional<Fault> why = chunks->fault()) return refuse(*why);
    return chunks->done() ? finish(body) : wait();
}

Progress RequestReader::Parts::finish(std::string_view content) {
    request.body = content;
    phase = Phase::complete;
    return Progress::complete;
}

/// A client that has begun to send its body does not wait any more.
Progress RequestReader::Parts::wait() {
    const bool begun = size > header_end;
    if (!std::exchange(waits_for_continue, false) || begun) return Progress::need_more;
    return Progress::expects_continue;
}

RequestReader::RequestReader(const RequestLimits& limits)
    : parts_(std::make_unique<Parts>(limits)) {}

RequestReader::~RequestReader() = default;

std::span<char> RequestReader::space() {
    Parts& parts = *parts_;
    if (parts.phase == Parts::Phase::complete || parts.phase == Parts::Phase::refused) return {};
    const std::size_t base = has_header() ? parts.header_end : 0;
    const bool tight = parts.capacity - parts.size < parts.limits.header_bytes;
    if (parts.cursor == parts.size || tight) parts.move_unread_to(base);
    return {parts.buffer.get() + parts.size, parts.capacity - parts.size};
}

void RequestReader::commit(std::size_t count) {
    assert(count <= parts_->capacity - parts_->size);
    parts_->size += count;
}

Progress RequestReader::advance() {
    return parts_->advance();
}

bool RequestReader::has_bytes() const {
    return parts_->cursor < parts_->size || has_header();
}

bool RequestReader::has_next() const {
    return parts_->cursor < parts_->size;
}

bool RequestReader::has_header() const {
    return parts_->header_end > 0;
}

bool RequestReader::has_target() const {
    return !parts_->request.path.empty();
}

Request& RequestReader::request() {
    return parts_->request;
}

bool RequestReader::keeps_alive() const {
    return parts_->keeps_alive;
}

Fault RequestReader::fault() const {
    return parts_->fault;
}

void RequestReader::next() {
    Parts& parts = *parts_;
    assert(parts.phase == Parts::Phase::complete);
    parts.head.clear();
    parts.body.clear();
    parts.request = Request{};
    parts.header_end = 0;
    parts.searched = 0;
    parts.keeps_alive = false;
    parts.phase = Parts::Phase::header;
    parts.skip_empty_lines();
    // Leaves room behind for a header of full length and as much of its body.
    if (parts.cursor > parts.limits.header_bytes) parts.move_unread_to(0);
}

void RequestReader::reset() {
    Parts& parts = *parts_;
    parts.phase = Parts::Phase::complete;
    parts.cursor = parts.size = 0;
    next();
    if (parts.body.capacity() > parts.limits.header_bytes) parts.body = std::string();
}

} // namespace mfad::http
