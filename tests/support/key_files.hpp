#pragma once

#include "mfad/platform/key_ring.hpp"
#include "private_dir.hpp"

#include <filesystem>
#include <string_view>

namespace mfad::test {

/// A key file in `dir`, protected as it should be.
inline std::filesystem::path write_key_file(const PrivateDir& dir, std::string_view content) {
    const auto path = dir.write("keys.json", content);
    using std::filesystem::perms;
    std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
    return path;
}

/// The ring of tests/data/keys/known.json, whose secrets are the bytes 0, 1, 2…
inline platform::KeyRing known_keys() {
    const PrivateDir dir;
    return platform::KeyRing::load(
        write_key_file(dir, content_of(MFAD_TEST_DATA "/keys/known.json")));
}

} // namespace mfad::test
