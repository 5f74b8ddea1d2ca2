// quiva.ai, signing in with a passkey (docs/dialects.md, "quiva"). It may begin before anybody has
// said who he is, so nothing here tells whether somebody exists.
#include "quiva_calls.hpp"

#include "mfad/domain/email_address.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/passkey_sign_in.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::quiva_calls {
namespace {

namespace json = boost::json;
using domain::EmailAddress;
using domain::Refusal;
using domain::Result;
using runtime::Awaitable;
using service::FieldReader;
using Code = Refusal::Code;

constexpr std::string_view refused_text = "Unauthorized";

struct Beginning {
    std::string account;
    std::optional<EmailAddress> email;
};

/// Without an email, whoever the authenticator finds by itself.
Result<Beginning> read_beginning(const http::Request& request) {
    const Result<json::object> body = body_object(request, false);
    if (!body) return body.error();
    FieldReader in(*body, {});
    Beginning read;
    read.account = in.maybe_text("account").value_or("");
    if (const auto text = in.maybe_text("email")) {
        const auto email = EmailAddress::parse(*text);
        if (email)
            read.email = *email;
        else
            in.invalid("email", std::string(to_string(email.error())));
    }
    if (in.failed()) return *in.failed();
    return read;
}

struct Completion {
    std::string token; ///< of a challenge that a host has opened; empty: none
    std::string credential;
};

/// The published type of `credential` is a string, its JSON; the object itself will do.
Result<Completion> read_completion(const http::Request& request) {
    const Result<json::object> body = body_object(request, false);
    if (!body) return body.error();
    FieldReader in(*body, {});
    Completion read;
    read.token = in.maybe_text("token").value_or("");
    in.maybe_text("account");
    in.maybe_text("email");
    const json::value* credential = body->if_contains("credential");
    if (credential != nullptr && credential->is_object())
        read.credential = json::serialize(*credential);
    else
        read.credential = in.text("credential");
    if (in.failed()) return *in.failed();
    return read;
}

/// Takes the account's tenant, if he speaks quiva, and counts against his quota. An account of
/// nobody's passes, too: nothing here tells who exists.
Awaitable<Result<void>> admit_account(Exchange& x, const std::string& account) {
    if (account.empty()) co_return Result<void>{};
    auto tenant = co_await x.services.tenants.find_tenant(account);
    if (!tenant || !tenant->speaks(x.dialect.name())) co_return Result<void>{};
    x.call.tenant = std::move(tenant);
    co_return co_await take_quota(x);
}

/// On a challenge that the host has opened.
Answer complete_with_token(Exchange& x, const Completion& sent) {
    const Result<domain::UserRef> user = co_await admit_challenge(x, sent.token);
    if (!user && user.error().code == Code::expired)
        co_return refuse_attempt(x, user.error(), refused_text);
    if (!user) co_return refuse(x, user.error());
    const domain::RelyingParty party = party_of(x);
    std::vector<std::string> issued;
    if (auto begun = x.services.passkey_sign_in.issued(sent.credential, user->tenant))
        issued.push_back(std::move(*begun));
    service::Challenges& challenges = x.services.challenges;
    const auto passed = co_await challenges.verify_passkey(
        sent.token, user->tenant, party, sent.credential, issued);
    if (!passed) co_return refuse_attempt(x, passed.error(), refused_text);
    co_return co_await signed_in_answer(x, *user, *passed);
}

/// With nothing but a passkey, where the tenant lets it.
Answer complete_alone(Exchange& x, const Completion& sent) {
    const Result<void> admitted = co_await x.services.quotas.take_address(x.request.client);
    if (!admitted) co_return refuse(x, admitted.error());
    const auto signed_in = co_await x.services.passkey_sign_in.complete(sent.credential);
    if (!signed_in) co_return refuse_attempt(x, signed_in.error(), refused_text);
    x.call.tenant = co_await x.services.tenants.find_tenant(signed_in->user.tenant);
    co_return co_await signed_in_answer(x, signed_in->user, signed_in->passed);
}

} // namespace

Answer begin_auth_with_passkey(Exchange& x) {
    const Result<void> admitted = co_await x.services.quotas.take_address(x.request.client);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<Beginning> sent = read_beginning(x.request);
    if (!sent) co_return refuse(x, sent.error());
    const Result<void> counted = co_await admit_account(x, sent->account);
    if (!counted) co_return refuse(x, counted.error());
    const domain::Tenant* const tenant = x.call.tenant.get();
    const std::string options = co_await x.services.passkey_sign_in.begin(tenant, sent->email);
    platform::JsonText body;
    body.begin_object().key("data").raw(options);
    co_return answer(x, std::move(body));
}

Answer complete_auth_with_passkey(Exchange& x) {
    const Result<Completion> sent = read_completion(x.request);
    if (!sent) co_return refuse(x, sent.error());
    if (sent->token.empty()) co_return co_await complete_alone(x, *sent);
    co_return co_await complete_with_token(x, *sent);
}

} // namespace mfad::dialects::quiva_calls
