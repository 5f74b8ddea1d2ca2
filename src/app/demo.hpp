#pragma once

#include "installation.hpp"

#include <string>
#include <string_view>

/// The demo of `config/demo.ndjson`: data to try every dialect with, whose secrets everybody knows.
namespace mfad::app {

/// Whether the digest is that of one of the demo's secrets.
bool is_demo_secret(std::string_view digest);

/// Whether a host to listen on is this machine alone.
bool is_loopback(std::string_view host);

/// Whether the demo's secrets are out of others' reach: in a private Redis, served on loopback.
bool may_hold_demo_secrets(const platform::Config& config);

/// A link that refuses a database with the demo's secrets where others could reach them, at every
/// connection (`redis::SetupMismatch`): Redis may come, or be exchanged, long after the start.
redis::LinkOptions without_demo_secrets(const Installation& installation, redis::LinkOptions link);

/// Loads the demo into a private Redis that holds nothing. @return whether it did
bool load_demo(Installation& installation);

/// What to paste: a line for each dialect that works as it stands now; or that there is no demo.
std::string demo_text(Installation& installation, const std::string& public_url);

} // namespace mfad::app
