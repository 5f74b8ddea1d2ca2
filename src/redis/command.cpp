#include "mfad/redis/command.hpp"

#include <algorithm>

namespace mfad::redis {
namespace {

// The head is known only at the end, so it grows to the left: `*9\r\n` becomes `*10\r\n` one byte
// earlier.
constexpr std::string_view room = "            *0\r\n";
constexpr std::size_t last_digit = room.size() - 3;

} // namespace

Command Command::eval(const Script& script, std::size_t key_count) {
    Command command;
    command.buffer_.reserve(1024); // most calls; growing costs more than writing
    command.reset("EVALSHA");
    command.arg(script.sha).arg(key_count);
    return command;
}

void Command::reset(std::string_view name) {
    buffer_.assign(room);
    head_ = last_digit - 1;
    arg(name);
}

Command& Command::arg(std::string_view value) {
    std::array<char, 24> length;
    length[0] = '$';
    char* end = std::to_chars(length.data() + 1, length.data() + 22, value.size()).ptr;
    *end++ = '\r';
    *end++ = '\n';
    const auto head = static_cast<std::size_t>(end - length.data());
    const std::size_t begin = buffer_.size();
    buffer_.resize(begin + head + value.size() + 2); // once: growing costs more than writing
    char* out = std::copy_n(length.data(), head, buffer_.data() + begin);
    out = std::copy_n(value.data(), value.size(), out);
    out[0] = '\r';
    out[1] = '\n';
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
