#pragma once

#include "mfad/redis/script.hpp"

#include <boost/container/vector.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace mfad::redis {

/// One Redis command, encoded as it is built: a RESP array of bulk strings in one buffer. Arguments
/// may hold any bytes.
/// ```
/// Command read("HMGET");
/// read.arg(key).arg("s").arg("v");
/// ```
/// `reset` keeps the memory, so that a command object can be used again.
class Command {
public:
    explicit Command(std::string_view name) { reset(name); }

    /// A call of `script` by its SHA-1; the keys, `key_count` of them, and then the other arguments
    /// are to be added.
    static Command eval(const Script& script, std::size_t key_count);

    Command& arg(std::string_view value);
    Command& arg(const char* value) { return arg(std::string_view(value)); }
    Command& arg(const std::string& value) { return arg(std::string_view(value)); }
    /// A number in decimal; a `char` or a `bool` is no number.
    template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>) Command& arg(T number) {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return arg(std::string_view(digits.data(), end));
    }

    /// Starts anew with another command name.
    void reset(std::string_view name);

    /// What goes to the server. Valid until the command is changed.
    std::string_view wire() const { return {buffer_.data() + head_, buffer_.size() - head_}; }

private:
    Command() = default;
    void begin(std::string_view text);
    void append(std::string_view text);
    void count_one_more();

    // Room for the growing head, then the arguments. Not a std::string, which would fill with zeros
    // what is written next.
    boost::container::vector<char> buffer_;
    std::size_t head_ = 0; // where `*<count>\r\n` begins in that room
};

} // namespace mfad::redis
