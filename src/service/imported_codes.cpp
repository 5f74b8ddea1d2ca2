#include "mfad/service/imported_codes.hpp"

#include "factor_rules.hpp"

#include "mfad/platform/packed.hpp"
#include "mfad/store/factor_store.hpp"

#include <algorithm>

namespace mfad::service {
namespace {

using domain::UserRef;
using platform::SealPurpose;
using store::FactorStore;

constexpr std::uint8_t record_version = 1;
constexpr std::size_t mark_size = 8;
constexpr std::size_t most_marks = 64; // verify_challenge.lua keeps as many

} // namespace

unsigned ImportedCodes::left() const {
    return static_cast<unsigned>(std::ranges::count(codes, false, &Code::used));
}

std::string seal_imported_codes(const ImportedCodes& codes, const UserRef& user, Vault& vault) {
    platform::PackedWriter packed;
    packed.u8(record_version).i64(codes.made.time_since_epoch().count());
    for (const ImportedCodes::Code& code : codes.codes)
        packed.u8(code.used ? 1 : 0).text(code.hash);
    return vault.sealer.seal(
        SealPurpose::factor, factor_place(user, FactorStore::imported_codes), packed.bytes());
}

std::optional<ImportedCodes> open_imported_codes(
    std::string_view sealed, const UserRef& user, Vault& vault) {
    if (sealed.empty()) return std::nullopt;
    const auto plain = vault.sealer.open(
        SealPurpose::factor, factor_place(user, FactorStore::imported_codes), sealed);
    if (!plain) throw store::Corrupt("imported recovery codes that do not open");
    platform::PackedReader packed(*plain);
    if (packed.u8() != record_version)
        throw store::Corrupt("imported recovery codes of an unknown format");
    ImportedCodes codes;
    codes.made = platform::unix_millis(packed.i64());
    while (!packed.at_end()) {
        ImportedCodes::Code& code = codes.codes.emplace_back();
        code.used = packed.u8() != 0;
        code.hash = packed.text();
    }
    return codes;
}

bool UsedCodes::contains(std::string_view mark) const {
    for (std::size_t i = 0; i + mark_size <= marks_.size(); i += mark_size)
        if (std::string_view(marks_).substr(i, mark_size) == mark) return true;
    return false;
}

void UsedCodes::add(std::string_view mark) {
    if (contains(mark)) return;
    marks_ += mark;
    if (marks_.size() > most_marks * mark_size)
        marks_.erase(0, marks_.size() - most_marks * mark_size);
}

} // namespace mfad::service
