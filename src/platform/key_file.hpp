#pragma once

#include "mfad/platform/key_ring.hpp"

namespace mfad::platform {

/// The text of a key file.
Secret write_key_file(const std::vector<Key>& keys);

/// The keys in the text of a key file, by id, each of them right by itself.
/// @throws std::invalid_argument saying what is wrong and what was expected
std::vector<Key> read_key_file(std::string_view text);

std::string_view to_text(KeyUse use);

} // namespace mfad::platform
