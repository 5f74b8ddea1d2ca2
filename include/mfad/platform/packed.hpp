#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// Fields in a row, little endian, with no names and no padding: how the program and its scripts
/// hand each other numbers (`struct.pack` and `struct.unpack` in Lua), and how sealed records are
/// laid out. Who reads knows what was written, and by which version.
namespace mfad::platform {

class PackedWriter {
public:
    PackedWriter() { bytes_.reserve(192); } // most records; growing costs more than writing

    PackedWriter& u8(std::uint8_t value) { return put(value); }
    PackedWriter& u16(std::uint16_t value) { return put(value); }
    PackedWriter& u32(std::uint32_t value) { return put(value); }
    PackedWriter& i64(std::int64_t value) { return put(value); }
    /// A number as Lua has them.
    PackedWriter& number(double value) { return put(value); }
    /// At most 65,535 bytes, after their count; else `std::length_error`.
    PackedWriter& text(std::string_view value) {
        if (value.size() > 0xFFFF) throw std::length_error("text too long to be packed");
        u16(static_cast<std::uint16_t>(value.size()));
        bytes_.append(value);
        return *this;
    }

    const std::string& bytes() const& { return bytes_; }
    std::string bytes() && { return std::move(bytes_); }

private:
    template <class T>
    PackedWriter& put(T value) {
        static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        bytes_.append(raw, sizeof(T));
        return *this;
    }

    std::string bytes_;
};

/// Reads what a `PackedWriter` or `struct.pack` wrote; `std::out_of_range` when there is less.
/// Refers to the bytes.
class PackedReader {
public:
    explicit PackedReader(std::string_view bytes) : rest_(bytes) {}

    std::uint8_t u8() { return take<std::uint8_t>(); }
    std::uint16_t u16() { return take<std::uint16_t>(); }
    std::uint32_t u32() { return take<std::uint32_t>(); }
    std::int64_t i64() { return take<std::int64_t>(); }
    double number() { return take<double>(); }
    std::string_view text() { return take_bytes(u16()); }

    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

private:
    std::string_view take_bytes(std::size_t count) {
        if (rest_.size() < count) throw std::out_of_range("packed record ends early");
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    template <class T>
    T take() {
        T value{};
        std::memcpy(&value, take_bytes(sizeof(T)).data(), sizeof(T));
        return value;
    }

    std::string_view rest_;
};

} // namespace mfad::platform
