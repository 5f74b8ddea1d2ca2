#include "mfad/platform/qr_code.hpp"

#include "mfad/platform/concat.hpp"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace mfad::platform {
namespace {

constexpr std::size_t quiet_zone = 4; // modules on each side, as the standard asks for

struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
};
using Symbol = std::unique_ptr<QRcode, Free>;

Symbol encode(std::string_view text) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    Symbol symbol{QRcode_encodeData(static_cast<int>(text.size()), bytes, 0, QR_ECLEVEL_M)};
    if (!symbol) throw std::runtime_error("no QR code: out of memory");
    return symbol;
}

/// One rectangle for each run of dark modules in a row.
std::string path_of(const QRcode& symbol) {
    const auto width = static_cast<std::size_t>(symbol.width);
    std::string path;
    path.reserve(width * width * 5);
    for (std::size_t y = 0; y < width; ++y) {
        const unsigned char* const row = symbol.data + y * width;
        for (std::size_t x = 0; x < width; ++x) {
            const std::size_t start = x;
            while (x < width && (row[x] & 1) != 0)
                ++x;
            if (x == start) continue;
            const std::string length = std::to_string(x - start);
            path.append("M").append(std::to_string(start + quiet_zone));
            path.append(" ").append(std::to_string(y + quiet_zone));
            path.append("h").append(length).append("v1h-").append(length).append("z");
        }
    }
    return path;
}

} // namespace

std::optional<std::string> qr_svg(std::string_view text) {
    if (text.empty() || text.size() > max_qr_bytes) return std::nullopt;
    const Symbol symbol = encode(text);
    const std::string side =
        std::to_string(static_cast<std::size_t>(symbol->width) + 2 * quiet_zone);
    return concat(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )", side, " ", side,
        R"(" role="img" shape-rendering="crispEdges"><title>QR code</title>)",
        R"(<path fill="#fff" d="M0 0h)", side, "v", side, "H0z\"/>", R"(<path fill="#000" d=")",
        path_of(*symbol), R"("/></svg>)");
}

} // namespace mfad::platform
