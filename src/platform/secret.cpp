#include "mfad/platform/secret.hpp"

#include "mfad/platform/crypto.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace mfad::platform {

Secret::Secret(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}

Secret Secret::take(std::string&& bytes) {
    Secret secret{std::string_view(bytes)};
    platform::wipe(bytes);
    return secret;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::move(other.bytes_);
        other.bytes_.clear();
    }
    return *this;
}

Secret::~Secret() {
    wipe();
}

void Secret::wipe() noexcept {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_.clear();
}

} // namespace mfad::platform
