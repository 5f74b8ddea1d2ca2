#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mfad::domain {

/// Reads the fields of one protobuf message, in the order in which they stand (protobuf.dev,
/// "Encoding"). Takes nothing on trust: lengths are held against what is there, and groups, field
/// numbers outside 1..2^29-1 and integers over 64 bits end the reading. Allocates nothing.
class ProtobufReader {
public:
    enum class Type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

    struct Field {
        std::uint32_t number = 0;
        Type type = Type::varint;
        std::uint64_t varint = 0; ///< of a varint
        std::string_view bytes;   ///< of all others, as they stand
    };

    explicit ProtobufReader(std::string_view message) : rest_(message) {}

    /// The next field; nothing at the end of the message and at what is not well-formed.
    std::optional<Field> next();

    /// Whether the reading ended at something that is not well-formed.
    bool failed() const { return failed_; }

private:
    std::optional<std::uint64_t> read_varint();
    std::optional<std::string_view> read_bytes(std::uint64_t count);
    bool read_value(Field& field);

    std::string_view rest_;
    bool failed_ = false;
};

} // namespace mfad::domain
