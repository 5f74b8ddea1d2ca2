#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::platform {

/// More would make a symbol that no phone reads from a screen.
inline constexpr std::size_t max_qr_bytes = 1024;

/// A QR code (ISO/IEC 18004, error correction M) of 1..`max_qr_bytes` bytes as a piece of SVG;
/// nothing for other lengths.
///
/// It has a quiet zone of four modules, is black on white whatever the page's colours are, scales
/// to its box, and is an image named "QR code" to screen readers; a page may say more by
/// `aria-label`. It has neither style nor script, so the strictest Content-Security-Policy lets it
/// stand in a page. The text is a secret where it is an otpauth URI, and so is the picture.
std::optional<std::string> qr_svg(std::string_view text);

} // namespace mfad::platform
