#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/platform/clock.hpp"
#include "mfad/service/vault.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// Recovery codes that were made elsewhere, of which nothing but hashes is known
/// (service/recovery_hash.hpp).
struct ImportedCodes {
    static constexpr std::size_t most = 20;

    struct Code {
        std::string hash;
        bool used = false;
    };
    platform::UnixMillis made{};
    std::vector<Code> codes;

    unsigned left() const;
};

/// As they are stored: sealed, since codes of other systems are often short enough to be guessed.
std::string seal_imported_codes(
    const ImportedCodes& codes, const domain::UserRef& user, Vault& vault);

/// @return nothing for an empty field @throws store::Corrupt for what we did not seal
std::optional<ImportedCodes> open_imported_codes(
    std::string_view sealed, const domain::UserRef& user, Vault& vault);

/// Marks of used codes (`recovery_mark`), in the order of their use; the oldest make room.
class UsedCodes {
public:
    explicit UsedCodes(std::string marks) : marks_(std::move(marks)) {}

    bool contains(std::string_view mark) const;
    void add(std::string_view mark);
    const std::string& bytes() const { return marks_; }

private:
    std::string marks_;
};

} // namespace mfad::service
