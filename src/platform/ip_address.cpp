#include "mfad/platform/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace mfad::platform {
namespace {

constexpr IpAddress::V6Bytes mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t mapped_size = 12;
constexpr std::size_t subnet_size = 8; // of a /64
constexpr unsigned all_bits = 128;
constexpr unsigned v4_bits = 32;

/// Of `bytes`, the one at `index` with the bits that a prefix of `bits` leaves of it.
unsigned char masked(const IpAddress::V6Bytes& bytes, std::size_t index, unsigned bits) {
    const auto before = static_cast<unsigned>(index * 8);
    if (bits <= before) return 0;
    const unsigned kept = std::min(8U, bits - before);
    return static_cast<unsigned char>(bytes[index] & (0xff00U >> kept));
}

bool begin_alike(const IpAddress::V6Bytes& a, const IpAddress::V6Bytes& b, unsigned bits) {
    for (std::size_t i = 0; i * 8 < bits; ++i)
        if (masked(a, i, bits) != masked(b, i, bits)) return false;
    return true;
}

bool ends_in_zeros(const IpAddress::V6Bytes& bytes, unsigned from) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (masked(bytes, i, from) != bytes[i]) return false;
    return true;
}

/// A number of bits: digits without leading zeros, `most` at the most.
std::optional<unsigned> parse_prefix(std::string_view text, unsigned most) {
    unsigned bits = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, bits);
    if (error != std::errc{} || stop != end || bits > most) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return bits;
}

} // namespace

IpAddress::IpAddress(const V4Bytes& bytes) : bytes_(mapped_prefix) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + mapped_size);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> ended{}; // inet_pton wants a zero at the end
    if (text.size() >= ended.size() || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), ended.begin());
    if (text.find(':') != std::string_view::npos) {
        V6Bytes bytes{};
        if (::inet_pton(AF_INET6, ended.data(), bytes.data()) != 1) return std::nullopt;
        return IpAddress(bytes);
    }
    V4Bytes bytes{};
    if (::inet_pton(AF_INET, ended.data(), bytes.data()) != 1) return std::nullopt;
    return IpAddress(bytes);
}

bool IpAddress::is_v4() const {
    return std::memcmp(bytes_.data(), mapped_prefix.data(), mapped_size) == 0;
}

IpAddress IpAddress::client() const {
    if (is_v4()) return *this;
    V6Bytes bytes = bytes_;
    std::fill(bytes.begin() + subnet_size, bytes.end(), static_cast<unsigned char>(0));
    return IpAddress(bytes);
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const from = bytes_.data() + (is_v4() ? mapped_size : 0);
    ::inet_ntop(is_v4() ? AF_INET : AF_INET6, from, text.data(), text.size());
    return text.data();
}

std::string client_name(std::string_view address) {
    const std::optional<IpAddress> parsed = IpAddress::parse(address);
    return parsed ? parsed->client().text() : std::string(address);
}

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view before = text.substr(0, slash);
    const std::optional<IpAddress> first = IpAddress::parse(before);
    if (!first) return std::nullopt;
    if (slash == std::string_view::npos) return Network(*first, all_bits);
    const bool dotted = before.find(':') == std::string_view::npos;
    const unsigned most = dotted ? v4_bits : all_bits;
    const std::optional<unsigned> prefix = parse_prefix(text.substr(slash + 1), most);
    if (!prefix) return std::nullopt;
    const unsigned bits = all_bits - most + *prefix;
    if (!ends_in_zeros(first->bytes(), bits)) return std::nullopt;
    return Network(*first, bits);
}

bool Network::contains(const IpAddress& address) const {
    return address.is_v4() == first_.is_v4() && begin_alike(address.bytes(), first_.bytes(), bits_);
}

std::string Network::text() const {
    if (bits_ == all_bits) return first_.text();
    const unsigned bits = first_.is_v4() ? bits_ - (all_bits - v4_bits) : bits_;
    return first_.text() + "/" + std::to_string(bits);
}

} // namespace mfad::platform
