#include "chunked_body.hpp"

#include "mfad/http/ascii.hpp"

#include <algorithm>

namespace mfad::http {
namespace {

constexpr std::size_t max_size_digits = 8; // more than any limit needs, few enough for 64 bits

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

} // namespace

std::size_t ChunkedBody::read(std::string_view bytes, std::string& body) {
    std::size_t used = 0;
    while (used < bytes.size() && !done() && !fault_) {
        if (state_ == State::data)
            used += read_data(bytes.substr(used), body);
        else
            read_framing(bytes[used++]);
    }
    return used;
}

std::size_t ChunkedBody::read_data(std::string_view bytes, std::string& body) {
    const std::string_view data = bytes.substr(0, left_);
    body.append(data);
    left_ -= data.size();
    if (left_ == 0) state_ = State::end_of_data;
    return data.size();
}

void ChunkedBody::read_framing(char c) {
    switch (state_) {
    case State::size: return read_size(c);
    case State::blank_after_size:
    case State::extension: return read_extension(c);
    case State::end_of_size: return c == '\n' ? begin_data() : expect(false, State::size);
    case State::end_of_data: return expect(c == '\r', State::end_of_data_line);
    case State::end_of_data_line: return expect(c == '\n', State::size);
    case State::line_start:
    case State::trailer_name:
    case State::trailer_value: return read_trailer(c);
    case State::end_of_trailer: return expect(c == '\n', State::line_start);
    case State::end_of_body: return expect(c == '\n', State::done);
    case State::data:
    case State::done: break;
    }
}

void ChunkedBody::read_size(char c) {
    if (const int digit = ascii::hex_value(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return expect(++digits_ <= max_size_digits, State::size);
    }
    if (digits_ == 0) return expect(false, State::size);
    if (is_blank(c))
        state_ = State::blank_after_size;
    else
        read_extension(c);
}

void ChunkedBody::read_extension(char c) {
    if (c == '\r') return expect(state_ != State::blank_after_size, State::end_of_size);
    count_overhead();
    if (state_ == State::extension) return expect(is_blank(c) || ascii::is_visible(c), state_);
    if (state_ == State::blank_after_size && is_blank(c)) return;
    expect(c == ';', State::extension);
}

void ChunkedBody::begin_data() {
    total_ += left_;
    state_ = left_ > 0 ? State::data : State::line_start;
    digits_ = 0;
    if (total_ > limits_.body_bytes) fault_ = Fault::body_too_large;
}

void ChunkedBody::read_trailer(char c) {
    count_overhead();
    switch (state_) {
    case State::line_start:
        if (c == '\r') return expect(true, State::end_of_body);
        return expect(ascii::is_token_char(c), State::trailer_name);
    case State::trailer_name:
        if (c == ':') return expect(true, State::trailer_value);
        return expect(ascii::is_token_char(c), State::trailer_name);
    default:
        if (c == '\r') return expect(true, State::end_of_trailer);
        return expect(c == '\t' || !ascii::is_control(c), State::trailer_value);
    }
}

void ChunkedBody::expect(bool as_it_has_to_be, State next) {
    state_ = next;
    if (!as_it_has_to_be && !fault_) fault_ = Fault::bad_request;
}

void ChunkedBody::count_overhead() {
    if (++overhead_ > limits_.header_bytes && !fault_) fault_ = Fault::header_too_large;
}

} // namespace mfad::http
