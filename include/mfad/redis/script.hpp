#pragma once

#include <string_view>

namespace mfad::redis {

/// A Lua script of the program, made at build time by `mfad_embed_lua`. It is called by its SHA-1
/// and sent whole only to a server that does not have it: see `Connection::eval`.
struct Script {
    std::string_view name; ///< for logs
    std::string_view sha;  ///< lower-case hexadecimal SHA-1 of `text`, 40 characters
    std::string_view text;
};

} // namespace mfad::redis
