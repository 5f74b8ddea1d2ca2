#include "mfad/http/request_reader.hpp"

#include "chunked_body.hpp"
#include "mfad/http/ascii.hpp"
#include "request_head.hpp"

#include "mfad/platform/crypto.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace mfad::http {
namespace {

using Progress = RequestReader::Progress;

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
    std::size_t used = 0;     ///< how far the buffer has been filled since reset()
    std::size_t searched = 0; ///< unread bytes that hold no end of a header

    Phase phase = Phase::header;
    RequestHead head;
    std::optional<ChunkedBody> chunks;
    std::string body; ///< a body that did not arrive in one piece
    std::size_t body_left = 0;
    bool waits_for_continue = false;
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
    const HeadParse parsed = parse_head(unread().substr(0, limits.header_bytes), limits, head);
    describe_request();
    if (parsed.fault) return refuse(*parsed.fault);
    return refuse(head.target.empty() ? Fault::target_too_long : Fault::header_too_large);
}

Progress RequestReader::Parts::take_header(std::size_t length) {
    const HeadParse parsed = parse_head(unread().substr(0, length), limits, head);
    cursor += length;
    header_end = cursor;
    describe_request();
    if (parsed.fault) return refuse(*parsed.fault);
    assert(parsed.whole);
    if (const std::optional<Fault> why = fault_of(head)) return refuse(*why);
    waits_for_continue = head.expects_continue();
    if (head.is_chunked()) {
        chunks.emplace(limits);
        phase = Phase::chunked_body;
        return read_chunked_body();
    }
    if (head.body_length > limits.body_bytes) return refuse(Fault::body_too_large);
    body_left = head.body_length;
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
    parts_->used = std::max(parts_->used, parts_->size);
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
    return parts_->head.keeps_alive;
}

Fault RequestReader::fault() const {
    return parts_->fault;
}

void RequestReader::next() {
    Parts& parts = *parts_;
    assert(parts.phase == Parts::Phase::complete);
    parts.head.clear();
    platform::wipe(parts.body);
    parts.request = Request{};
    parts.header_end = 0;
    parts.searched = 0;
    parts.phase = Parts::Phase::header;
    parts.skip_empty_lines();
    // Leaves room behind for a header of full length and as much of its body.
    if (parts.cursor > parts.limits.header_bytes) parts.move_unread_to(0);
}

void RequestReader::reset() {
    Parts& parts = *parts_;
    std::memset(parts.buffer.get(), 0, std::exchange(parts.used, 0));
    parts.phase = Parts::Phase::complete;
    parts.cursor = parts.size = 0;
    next();
    if (parts.body.capacity() > parts.limits.header_bytes) parts.body = std::string();
}

} // namespace mfad::http
