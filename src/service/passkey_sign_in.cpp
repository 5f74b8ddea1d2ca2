#include "mfad/service/passkey_sign_in.hpp"

#include "factor_rules.hpp"
#include "passkey_attempt.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/platform/webauthn_json.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/passkeys.hpp"

#include <boost/json.hpp>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::RelyingParty;
using domain::Result;
using domain::UserRef;
using platform::DigestPurpose;
using platform::SealPurpose;
using runtime::Awaitable;
using store::FactorStore;
using Code = domain::Refusal::Code;

constexpr std::uint8_t issued_version = 1;
constexpr std::size_t user_digest_bytes = 32;
const std::string anybody(user_digest_bytes, '\0');

const platform::Place& issued_place() {
    static const platform::Place place = platform::Place().part("passkey_sign_in");
    return place;
}

const std::vector<std::string>& slots() {
    static const std::vector<std::string> names(
        FactorStore::passkeys.begin(), FactorStore::passkeys.end());
    return names;
}

/// The challenge that a browser says it has signed. Nothing is believed of it here.
std::optional<std::string> signed_challenge(std::string_view client_data) {
    boost::system::error_code error;
    const json::value parsed = json::parse(client_data, error);
    const json::object* members = error ? nullptr : parsed.if_object();
    const json::value* challenge = members == nullptr ? nullptr : members->if_contains("challenge");
    const json::string* text = challenge == nullptr ? nullptr : challenge->if_string();
    if (text == nullptr) return std::nullopt;
    return platform::from_base64url({text->data(), text->size()});
}

} // namespace

/// A challenge of `begin`, opened.
struct PasskeySignIn::Issued {
    std::string bytes; ///< as the browser has signed them
    std::string tenant;
    std::string user; ///< digest of whom it was made for, or `anybody`
    platform::UnixMillis ends{};
};

PasskeySignIn::PasskeySignIn(
    const store::Context& context, Vault& vault, Challenges& challenges, TenantSource& tenants,
    PasskeySignInOptions options)
    : users_(context), factors_(context), index_(context), quotas_(context), vault_(vault),
      challenges_(challenges), tenants_(tenants), options_(std::move(options)) {}

std::string PasskeySignIn::digest_of(const UserRef& user) const {
    const auto place = platform::Place().part("passkey_sign_in").part(user.tenant);
    return vault_.pepper.digest(DigestPurpose::passkey, place, user.user);
}

std::string PasskeySignIn::invented_id(
    std::string_view tenant, const domain::EmailAddress& email) const {
    const auto place = platform::Place().part("invented_passkey").part(tenant);
    return vault_.pepper.digest(DigestPurpose::passkey, place, email.lookup_key());
}

Awaitable<Result<void>> PasskeySignIn::admit(std::string_view client) {
    if (options_.address.limit == 0) co_return Result<void>{};
    domain::RatePolicy policy = options_.address;
    policy.name.append(":").append(client);
    const redis::Command command = quotas_.command({}, policy, 1, std::nullopt);
    const redis::Reply reply = co_await quotas_.take(command);
    const store::QuotaTaken taken = store::QuotaStore::taken(reply);
    if (taken.verdict.allowed) co_return Result<void>{};
    domain::Refusal refusal = domain::refuse(Code::too_many);
    refusal.policy = options_.address.name;
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(taken.verdict.retry_after);
    co_return refusal;
}

Awaitable<std::string> PasskeySignIn::begin(
    const domain::Tenant* tenant, const std::optional<domain::EmailAddress>& email) {
    const domain::Tenant nobodys;
    const domain::Tenant& known = tenant != nullptr ? *tenant : nobodys;
    const RelyingParty party = relying_party_of(known, options_.public_url);
    UserRef user{known.id, "?"}; // nobody's id
    std::string made_for = anybody;
    std::vector<Passkey> passkeys;
    if (email) {
        const std::string digest = address_digest(*email, known.id, vault_);
        const std::vector<std::string> found = co_await users_.find_by_address(known.id, digest);
        // Strangers take as long as others.
        if (found.empty()) co_await users_.contact(user);
        if (found.size() == 1) user.user = found.front();
        const std::vector<std::string> fields = co_await factors_.fields(user, slots());
        passkeys = open_passkeys(fields, user, vault_);
        std::erase_if(passkeys, [&](const Passkey& passkey) { return passkey.rp_id != party.id; });
        made_for = digest_of(user);
        if (passkeys.empty()) {
            Passkey& invented = passkeys.emplace_back();
            invented.credential_id = invented_id(known.id, *email);
            invented.rp_id = party.id;
            invented.transports = {"hybrid", "internal"};
        }
    }
    platform::PackedWriter packed;
    packed.u8(issued_version);
    packed.i64((platform::wall_now() + lifetime).time_since_epoch().count());
    packed.text(known.id).text(made_for);
    co_return passkey_options(
        vault_.sealer.seal(SealPurpose::challenge, issued_place(), packed.bytes()), passkeys,
        party);
}

std::optional<PasskeySignIn::Issued> PasskeySignIn::open_issued(std::string_view client_data) {
    auto challenge = signed_challenge(client_data);
    if (!challenge) return std::nullopt;
    const auto plain = vault_.sealer.open(SealPurpose::challenge, issued_place(), *challenge);
    if (!plain) return std::nullopt;
    platform::PackedReader packed(*plain);
    if (packed.u8() != issued_version) return std::nullopt;
    Issued issued;
    issued.bytes = std::move(*challenge);
    issued.ends = platform::unix_millis(packed.i64());
    issued.tenant = packed.text();
    issued.user = packed.text();
    if (platform::wall_now() >= issued.ends) return std::nullopt;
    return issued;
}

std::optional<std::string> PasskeySignIn::issued(
    std::string_view credential, std::string_view tenant) {
    const auto parsed = platform::parse_assertion_credential(credential);
    if (!parsed) return std::nullopt;
    std::optional<Issued> issued = open_issued(parsed->client_data_json);
    if (!issued || (!issued->tenant.empty() && issued->tenant != tenant)) return std::nullopt;
    return std::move(issued->bytes);
}

Awaitable<Result<SignedIn>> PasskeySignIn::complete(std::string_view credential) {
    const auto parsed = platform::parse_assertion_credential(credential);
    if (!parsed)
        co_return domain::refuse(
            Code::malformed, "credential", std::string(to_string(parsed.error())));
    const std::optional<Issued> issued = open_issued(parsed->client_data_json);
    if (!issued) co_return domain::refuse(Code::expired);
    const auto claim = co_await index_.owner(passkey_tag(parsed->id));
    if (!claim || (!issued->tenant.empty() && claim->user.tenant != issued->tenant))
        co_return domain::refuse(Code::not_enrolled);
    const bool known = issued->user != anybody;
    if (known && issued->user != digest_of(claim->user)) co_return domain::refuse(Code::wrong_code);
    const auto tenant = co_await tenants_.find_tenant(claim->user.tenant);
    if (!tenant) co_return domain::refuse(Code::not_enrolled);
    if (!tenant->passkey_first_factor) co_return domain::refuse(Code::forbidden);

    const RelyingParty party = relying_party_of(*tenant, options_.public_url);
    const std::vector<std::string> fields = co_await factors_.fields(claim->user, slots());
    const std::vector<std::string> signed_bytes(1, issued->bytes);
    const PasskeyVerdict verdict =
        service::verify_passkey(*parsed, fields, signed_bytes, party, claim->user, vault_, known);
    if (verdict.fault) co_return domain::refuse(Code::wrong_code);
    const bool fresh = co_await index_.spend(platform::sha256(issued->bytes), lifetime);
    if (!fresh) co_return domain::refuse(Code::already_used);

    ChallengeWish wish;
    wish.factors = domain::FactorType::passkey;
    const ChallengeAnswer answer = co_await challenges_.open(claim->user, wish, party);
    if (answer.opened.outcome == store::ChallengeOpened::Outcome::all_disabled)
        co_return domain::refuse(Code::factors_disabled);
    if (answer.opened.outcome != store::ChallengeOpened::Outcome::opened)
        co_return domain::refuse(Code::not_enrolled);
    const std::string& of = claim->user.tenant;
    auto passed =
        co_await challenges_.verify_passkey(answer.token, of, party, credential, signed_bytes);
    if (!passed) co_return passed.error();
    SignedIn signed_in{claim->user, std::move(*passed)};
    co_return signed_in;
}

} // namespace mfad::service
