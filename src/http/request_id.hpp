#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace mfad::http {

/// Whether a sender's `X-Request-Id` may be taken over, into logs and answers: 1 to 64 of
/// `[A-Za-z0-9._-]`.
bool is_sane_request_id(std::string_view id);

/// Makes request ids: 128 random bits each, as 32 hexadecimal digits. Draws its randomness in
/// blocks, since a single draw costs as much as the rest of a small request. One thread.
class RequestIds {
public:
    using Text = std::array<char, 32>;

    void make(Text& id);

private:
    std::array<unsigned char, 4096> block_;
    std::size_t used_ = sizeof(block_);
};

} // namespace mfad::http
