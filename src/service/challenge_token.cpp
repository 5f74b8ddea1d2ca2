#include "mfad/service/challenge_token.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"

namespace mfad::service {
namespace {

using platform::SealPurpose;

constexpr std::size_t max_token = 512;
/// Between our clock and the store's, by which challenges end.
constexpr std::chrono::minutes clock_tolerance{5};

const platform::Place& token_place() {
    static const platform::Place place = platform::Place().part("challenge_token");
    return place;
}

} // namespace

std::string challenge_token(const HeldChallenge& challenge, Vault& vault) {
    platform::PackedWriter packed;
    packed.text(challenge.user.tenant).text(challenge.user.user).text(challenge.id);
    packed.i64(challenge.ends.time_since_epoch().count()).u8(challenge.strong ? 1 : 0);
    return platform::base64url(
        vault.sealer.seal(SealPurpose::challenge, token_place(), packed.bytes()));
}

std::optional<HeldChallenge> open_challenge_token(
    std::string_view token, std::string_view tenant, Vault& vault) {
    if (token.size() > max_token) return std::nullopt;
    const auto sealed = platform::from_base64url(token);
    if (!sealed) return std::nullopt;
    const auto plain = vault.sealer.open(SealPurpose::challenge, token_place(), *sealed);
    if (!plain) return std::nullopt;
    platform::PackedReader packed(*plain);
    HeldChallenge challenge;
    challenge.user.tenant = packed.text();
    challenge.user.user = packed.text();
    challenge.id = packed.text();
    challenge.ends = platform::unix_millis(packed.i64());
    challenge.strong = packed.u8() != 0;
    // Long over by any clock: it is worth no look-up, and counts against nobody's limit.
    if (platform::wall_now() > challenge.ends + clock_tolerance) return std::nullopt;
    if (!tenant.empty() && challenge.user.tenant != tenant) return std::nullopt;
    return challenge;
}

} // namespace mfad::service
