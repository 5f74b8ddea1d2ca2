// Passing a challenge with a recovery code that was brought from elsewhere.
#include "mfad/service/challenges.hpp"

#include "challenge_rules.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/service/recovery_hash.hpp"

#include <array>

namespace mfad::service {
namespace {

using domain::ChallengeState;
using domain::FactorType;
using domain::Result;
using runtime::Awaitable;
using store::Attempt;
using store::ChallengeRef;
using store::ChallengeStore;
using Code = domain::Refusal::Code;

/// How long an attempt may take that hashes a set of codes from elsewhere as passwords are.
constexpr std::chrono::milliseconds hashing_mark{60'000};

} // namespace

Awaitable<Result<std::size_t>> Challenges::find_imported(
    const ImportedCodes& codes, const std::string& code) {
    std::vector<std::string> hashes;
    std::vector<std::size_t> places;
    const std::size_t none = codes.codes.size();
    for (std::size_t i = 0; i < none; ++i) {
        const std::string& hash = codes.codes[i].hash;
        if (portable_recovery_hash_matches(hash, code)) co_return i;
        if (is_portable_recovery_hash(hash)) continue;
        hashes.push_back(hash);
        places.push_back(i);
    }
    if (hashes.empty()) co_return none;
    std::optional<std::size_t> found;
    try {
        found = co_await passwords_.find(std::move(hashes), code);
    } catch (const std::runtime_error&) { // no memory for it
    }
    if (!found) co_return domain::refuse(Code::unavailable);
    co_return *found < places.size() ? places[*found] : none;
}

Awaitable<Result<Attempt>> Challenges::verify_imported(
    const ChallengeRef& challenge, const std::string& code) {
    static const std::array<std::string, 2> fields{
        store::FactorStore::imported_codes, store::FactorStore::used_codes};
    const FactorType factor = FactorType::recovery_code;
    const std::string id = platform::random_bytes(attempt_id_bytes);
    const store::AttemptNotices owed = notices(challenge.user, factor);
    const store::AttemptBegun begun =
        co_await challenges_.begin(challenge, factor, id, hashing_mark, fields, owed);
    if (begun.attempt.state != ChallengeState::open) co_return begun.attempt;
    ImportedCodes codes =
        open_imported_codes(begun.fields.at(0), challenge.user, vault_).value_or(ImportedCodes());
    const Result<std::size_t> at = co_await find_imported(codes, code);
    ChallengeStore::Found found = ChallengeStore::Found::wrong;
    ChallengeStore::FieldValues values;
    if (!at) {
        found = ChallengeStore::Found::no_verdict;
    } else if (*at < codes.codes.size() && codes.codes[*at].used) {
        found = ChallengeStore::Found::spent;
    } else if (*at < codes.codes.size()) {
        found = ChallengeStore::Found::right;
        ImportedCodes::Code& right = codes.codes[*at];
        right.used = true;
        UsedCodes used(begun.fields.at(1));
        used.add(recovery_mark(right.hash));
        values.emplace_back(
            store::FactorStore::imported_codes, seal_imported_codes(codes, challenge.user, vault_));
        values.emplace_back(store::FactorStore::used_codes, used.bytes());
    }
    const Attempt attempt = co_await challenges_.finish(challenge, factor, id, found, values, owed);
    if (!at) co_return at.error();
    co_return attempt;
}

} // namespace mfad::service
