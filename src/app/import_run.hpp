#pragma once

#include "installation.hpp"

#include "mfad/service/transfer_key.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mfad::app {

/// How far an import has come.
struct ImportProgress {
    std::uint64_t applied = 0;
    std::uint64_t refused = 0;
};

/// Longer lines are refused.
constexpr std::size_t max_import_line = std::size_t{1} << 20;

struct ImportRun {
    /// Gives the next line of a pass; nothing at its end. Called again from the start for the
    /// next pass. A line that is too long may be cut, one byte over the limit.
    std::function<bool(std::string& line)> next;
    std::function<void()> rewind;
    /// A line was refused: its number, from 1, and why.
    std::function<void(std::uint64_t line, const std::string& why)> refused;
    std::function<void(const ImportProgress&)> progress; ///< now and then; may be empty
    /// What encrypted lines were encrypted with; empty: there is nothing.
    service::TransferKeys::Ask secret;
    bool allow_demo_secrets = false;
};

/// Imports NDJSON in several passes (service::ImportPass), so that the order of lines does not
/// matter. Hundreds of lines are under way at a time.
ImportProgress run_import(const Installation& installation, const ImportRun& run);

} // namespace mfad::app
