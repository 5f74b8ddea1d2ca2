#include "mfad/http/public_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mfad::http {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;

struct Network {
    std::array<unsigned char, v4_size> prefix;
    unsigned bits;
};

// RFC 6890 table by table, and what IANA has added since.
constexpr Network closed_v4[] = {
    {{0, 0, 0, 0}, 8},       // this network
    {{10, 0, 0, 0}, 8},      // private
    {{100, 64, 0, 0}, 10},   // shared (carriers' NAT)
    {{127, 0, 0, 0}, 8},     // loopback
    {{169, 254, 0, 0}, 16},  // link-local: clouds keep their metadata there
    {{172, 16, 0, 0}, 12},   // private
    {{192, 0, 0, 0}, 24},    // protocol assignments
    {{192, 0, 2, 0}, 24},    // documentation
    {{192, 88, 99, 0}, 24},  // 6to4 relays
    {{192, 168, 0, 0}, 16},  // private
    {{198, 18, 0, 0}, 15},   // benchmarking
    {{198, 51, 100, 0}, 24}, // documentation
    {{203, 0, 113, 0}, 24},  // documentation
    {{224, 0, 0, 0}, 4},     // multicast
    {{240, 0, 0, 0}, 4},     // reserved, broadcast
};

bool begins(Bytes address, Bytes prefix, unsigned bits) {
    const std::size_t whole = bits / 8;
    if (!std::ranges::equal(address.first(whole), prefix.first(whole))) return false;
    const unsigned rest = bits % 8;
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

bool is_public_v4(Bytes address) {
    return std::ranges::none_of(closed_v4, [address](const Network& network) {
        return begins(address, network.prefix, network.bits);
    });
}

bool is_public_v6(Bytes address) {
    static constexpr unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static constexpr unsigned char nat64[] = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
    static constexpr unsigned char six_to_four[] = {0x20, 0x02};
    static constexpr unsigned char assignments[] = {0x20, 0x01, 0}; // Teredo, ORCHID, …
    static constexpr unsigned char documentation[] = {0x20, 0x01, 0x0d, 0xb8};
    static constexpr unsigned char more_documentation[] = {0x3f, 0xff, 0};
    static constexpr unsigned char global[] = {0x20};
    if (begins(address, mapped, 96) || begins(address, nat64, 96))
        return is_public_v4(address.last(v4_size));
    if (begins(address, six_to_four, 16)) return is_public_v4(address.subspan(2, v4_size));
    return begins(address, global, 3) && !begins(address, assignments, 23) &&
           !begins(address, documentation, 32) && !begins(address, more_documentation, 20);
}

} // namespace

bool is_public_address(std::span<const unsigned char> bytes) {
    if (bytes.size() == v4_size) return is_public_v4(bytes);
    return bytes.size() == v6_size && is_public_v6(bytes);
}

} // namespace mfad::http
