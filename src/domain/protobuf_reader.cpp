#include "protobuf_reader.hpp"

namespace mfad::domain {
namespace {

constexpr std::uint64_t largest_field_number = (1U << 29) - 1;

} // namespace

std::optional<std::uint64_t> ProtobufReader::read_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        if (shift == 63 && byte > 1) return std::nullopt; // of the tenth one bit is left
        value |= std::uint64_t{byte & 127U} << shift;
        if (byte < 128) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> ProtobufReader::read_bytes(std::uint64_t count) {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
}

bool ProtobufReader::read_value(Field& field) {
    std::optional<std::uint64_t> count;
    switch (field.type) {
    case Type::varint: {
        const auto value = read_varint();
        field.varint = value.value_or(0);
        return value.has_value();
    }
    case Type::fixed64: count = 8; break;
    case Type::fixed32: count = 4; break;
    case Type::bytes: count = read_varint(); break;
    default: return false; // a group, or no type at all
    }
    const auto bytes = count ? read_bytes(*count) : std::nullopt;
    field.bytes = bytes.value_or(std::string_view());
    return bytes.has_value();
}

std::optional<ProtobufReader::Field> ProtobufReader::next() {
    if (failed_ || rest_.empty()) return std::nullopt;
    Field field;
    const auto tag = read_varint();
    const std::uint64_t number = tag.value_or(0) >> 3;
    field.number = static_cast<std::uint32_t>(number);
    field.type = static_cast<Type>(tag.value_or(0) & 7);
    failed_ = number == 0 || number > largest_field_number || !read_value(field);
    if (failed_) return std::nullopt;
    return field;
}

} // namespace mfad::domain
