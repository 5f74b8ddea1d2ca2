#include "mfad/http/proxy_header.hpp"

#include "mfad/http/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mfad::http {
namespace {

using platform::IpAddress;
using Progress = ProxyHeader::Progress;

constexpr ProxyHeader refused{Progress::refused, 0, {}};
constexpr ProxyHeader need_more{};

// ---- version 1 ----

constexpr std::string_view text_signature = "PROXY ";
constexpr std::size_t longest_line = 107; // with CR LF

/// Takes what stands before the next blank, and the blank, off the front.
std::string_view take_word(std::string_view& rest) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return word;
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && stop == end && (text.size() == 1 || text.front() != '0');
}

/// An address in the spelling of its family.
std::optional<IpAddress> take_address(std::string_view& rest, bool v6) {
    const std::string_view word = take_word(rest);
    if ((word.find(':') != std::string_view::npos) != v6) return std::nullopt;
    return IpAddress::parse(word);
}

/// @param line without the signature and the line's end
ProxyHeader read_line(std::string_view line, std::size_t size) {
    const std::string_view family = take_word(line);
    if (family == "UNKNOWN") return {Progress::complete, size, {}}; // the rest is to be ignored
    if (family != "TCP4" && family != "TCP6") return refused;
    const bool v6 = family == "TCP6";
    const std::optional<IpAddress> source = take_address(line, v6);
    const std::optional<IpAddress> destination = take_address(line, v6);
    if (!source || !destination) return refused;
    if (!is_port(take_word(line)) || !is_port(line)) return refused;
    return {Progress::complete, size, source};
}

ProxyHeader read_text(std::string_view bytes) {
    const std::string_view line = bytes.substr(0, longest_line);
    const std::size_t end = line.find('\n');
    if (end == std::string_view::npos) {
        // No line has a CR but at its end.
        const std::size_t cr = line.find('\r');
        const bool hopeless = cr != std::string_view::npos && cr + 1 < line.size();
        return hopeless || line.size() == longest_line ? refused : need_more;
    }
    if (end <= text_signature.size() || line.find('\r') != end - 1) return refused;
    const std::size_t begin = text_signature.size();
    return read_line(line.substr(begin, end - 1 - begin), end + 1);
}

// ---- version 2 ----

constexpr std::string_view binary_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_size = 16;

unsigned char byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// How a family's addresses are laid out: the client's first.
struct Family {
    unsigned char code; ///< address family and protocol
    std::size_t size;   ///< of all addresses and ports
    std::size_t client; ///< of the client's address; 0: it is none that we could use
};

constexpr Family families[] = {
    {0x00, 0, 0},                   // unspecified
    {0x11, 12, 4},                  // TCP over IPv4
    {0x12, 12, 4},                  // UDP over IPv4: HTTP/3 to the proxy
    {0x21, 36, 16}, {0x22, 36, 16}, // the same over IPv6
    {0x31, 216, 0}, {0x32, 216, 0}, // Unix sockets
};

template <class Bytes>
IpAddress address_of(std::string_view bytes) {
    Bytes address{};
    std::copy_n(bytes.begin(), address.size(), address.begin());
    return IpAddress(address);
}

ProxyHeader read_binary(std::string_view bytes) {
    constexpr std::size_t command_at = 12;
    constexpr std::size_t family_at = 13;
    constexpr std::size_t length_at = 14;
    constexpr unsigned char local = 0x20; // version 2, command 0
    constexpr unsigned char proxy = 0x21;
    if (bytes.size() <= command_at) return need_more;
    const unsigned char command = byte_at(bytes, command_at);
    if (command != local && command != proxy) return refused;
    if (bytes.size() <= family_at) return need_more;
    const auto* const family =
        std::ranges::find(families, byte_at(bytes, family_at), &Family::code);
    const bool known = family != std::end(families);
    if (command == proxy && !known) return refused;
    if (bytes.size() < fixed_size) return need_more;
    const std::size_t length =
        std::size_t{byte_at(bytes, length_at)} << 8 | byte_at(bytes, length_at + 1);
    if (length > max_proxy_header - fixed_size) return refused;
    // A proxy that speaks for itself may say anything of the family.
    if (command == proxy && length < family->size) return refused;
    if (bytes.size() < fixed_size + length) return need_more;
    ProxyHeader header{Progress::complete, fixed_size + length, {}};
    if (command == local) return header;
    const std::string_view addresses = bytes.substr(fixed_size);
    if (family->client == 4) header.client = address_of<IpAddress::V4Bytes>(addresses);
    if (family->client == 16) header.client = address_of<IpAddress::V6Bytes>(addresses);
    return header;
}

/// Whether one of the two is the beginning of the other.
bool agree(std::string_view bytes, std::string_view signature) {
    const std::size_t size = std::min(bytes.size(), signature.size());
    return bytes.substr(0, size) == signature.substr(0, size);
}

} // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
    if (bytes.empty()) return need_more;
    if (agree(bytes, text_signature)) return read_text(bytes);
    if (agree(bytes, binary_signature)) return read_binary(bytes);
    return refused;
}

} // namespace mfad::http
