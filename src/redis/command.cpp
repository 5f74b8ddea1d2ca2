#include "mfad/redis/command.hpp"

#include <algorithm>

namespace mfad::redis {
namespace {

// The head is known only at the end, so it grows to the left: `*9\r\n` becomes `*10\r\n` one byte
// earlier.
constexpr std::string_view room = "            *0\r\n";
constexpr std::size_t last_digit = room.size() - 3;
constexpr std::string_view line_end = "\r\n";
// Of every call of a script: the beginning, up to the 40 digits of its SHA-1.
constexpr std::string_view call = "            *2\r\n$7\r\nEVALSHA\r\n$40\r\n";
static_assert(call.find("2\r\n") == last_digit);

} // namespace

Command Command::eval(const Script& script, std::size_t key_count) {
    Command command;
    command.buffer_.reserve(1024); // most calls; growing costs more than writing
    command.begin(call);
    command.append(script.sha);
    command.append(line_end);
    command.arg(key_count);
    return command;
}

void Command::reset(std::string_view name) {
    begin(room);
    arg(name);
}

void Command::begin(std::string_view text) {
    buffer_.clear();
    append(text);
    head_ = last_digit - 1;
}

void Command::append(std::string_view text) {
    buffer_.insert(buffer_.end(), text.begin(), text.end());
}

Command& Command::arg(std::string_view value) {
    constexpr std::size_t most_digits = 20;
    constexpr std::size_t around = 1 + most_digits + 2 + 2; // `$`, digits and line ends
    const std::size_t begin = buffer_.size();
    buffer_.resize(begin + around + value.size(), boost::container::default_init);
    char* out = buffer_.data() + begin;
    *out++ = '$';
    out = std::to_chars(out, out + most_digits, value.size()).ptr;
    out = std::ranges::copy(line_end, out).out;
    out = std::copy_n(value.data(), value.size(), out);
    out = std::ranges::copy(line_end, out).out;
    buffer_.resize(static_cast<std::size_t>(out - buffer_.data()), boost::container::default_init);
    count_one_more();
    return *this;
}

void Command::count_one_more() {
    std::size_t at = last_digit;
    for (; buffer_[at] == '9'; --at)
        buffer_[at] = '0';
    if (buffer_[at] == '*') {
        buffer_[at] = '1';
        buffer_[--head_] = '*';
    } else {
        ++buffer_[at];
    }
}

} // namespace mfad::redis
