#include "mfad/redis/command.hpp"

#include <algorithm>

namespace mfad::redis {
namespace {

// The head is known only at the end, so it grows to the left: `*9\r\n` becomes `*10\r\n` one byte
// earlier.
constexpr std::string_view room = "            *0\r\n";
constexpr std::size_t last_digit = room.size() - 3;
constexpr std::string_view line_end = "\r\n";

} // namespace

Command Command::eval(const Script& script, std::size_t key_count) {
    Command command(1024); // most calls; growing costs more than writing
    command.reset("EVALSHA");
    command.arg(script.sha).arg(key_count);
    return command;
}

void Command::reset(std::string_view name) {
    size_ = 0;
    std::ranges::copy(room, extend(room.size()));
    size_ = room.size();
    head_ = last_digit - 1;
    arg(name);
}

char* Command::extend(std::size_t count) {
    if (capacity_ - size_ < count) {
        const std::size_t larger = std::max(2 * capacity_, size_ + count);
        auto bytes = std::make_unique_for_overwrite<char[]>(larger);
        std::copy_n(buffer_.get(), size_, bytes.get());
        buffer_ = std::move(bytes);
        capacity_ = larger;
    }
    return buffer_.get() + size_;
}

Command& Command::arg(std::string_view value) {
    constexpr std::size_t most_digits = 20;
    constexpr std::size_t around = 1 + most_digits + 2 + 2; // `$`, digits and line ends
    char* out = extend(around + value.size());
    *out++ = '$';
    out = std::to_chars(out, out + most_digits, value.size()).ptr;
    out = std::ranges::copy(line_end, out).out;
    out = std::copy_n(value.data(), value.size(), out);
    out = std::ranges::copy(line_end, out).out;
    size_ = static_cast<std::size_t>(out - buffer_.get());
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
