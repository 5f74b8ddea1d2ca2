// quiva.ai, a user on his passkeys (docs/dialects.md, "quiva").
#include "quiva_calls.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::quiva_calls {
namespace {

namespace json = boost::json;
using domain::FactorType;
using domain::Refusal;
using domain::Result;
using domain::UserRef;
using http::Response;
using runtime::Awaitable;
using service::Asker;
using service::FieldReader;
using service::Passkeys;
using Code = Refusal::Code;

struct Confirmation {
    std::string credential;
    std::string alias;
};

Result<Confirmation> read_confirmation(const http::Request& request) {
    const Result<json::object> body = body_object(request, false);
    if (!body) return body.error();
    FieldReader in(*body, {});
    Confirmation read;
    if (const json::object* credential = in.maybe_object("credential"))
        read.credential = json::serialize(*credential);
    else
        in.missing("credential");
    read.alias = in.text("credential_alias");
    if (read.alias.size() > Passkeys::max_label)
        in.invalid("credential_alias", "must have at most 64 bytes");
    if (in.failed()) return *in.failed();
    return read;
}

/// The factor that a credential id names. The published form is base64; browsers write base64url.
Result<std::string> read_factor_id(const http::Request& request) {
    const Result<json::object> body = body_object(request, false);
    if (!body) return body.error();
    FieldReader in(*body, {});
    const std::string_view text = in.text("id");
    if (in.failed()) return *in.failed();
    auto id = platform::from_base64(text);
    if (!id) id = platform::from_base64url(text);
    if (!id) return domain::refuse(Code::invalid, "id", "must be base64");
    return service::passkey_factor_id(service::passkey_tag(*id));
}

/// A refusal of what was sent: the vendor keeps 401 for who asks.
Refusal as_bad_request(const Refusal& why) {
    if (why.code == Code::expired)
        return domain::refuse(
            Code::invalid, "credential",
            "answers no registration that was begun, or comes too late");
    if (why.code == Code::not_enrolled)
        return domain::refuse(Code::invalid, "passkey", "is not enrolled");
    return why;
}

/// Recovery codes of a user who has none; a part of the act that has made him a passkey.
Awaitable<std::vector<std::string>> first_recovery_codes(Exchange& x, const UserRef& user) {
    const auto state = co_await x.services.settings.read(x.call, user.user);
    if (!state || state->enrolled.contains(FactorType::recovery_code))
        co_return std::vector<std::string>();
    const auto codes = co_await x.services.factors.renew_recovery_codes(user, Asker::done);
    co_return codes ? *codes : std::vector<std::string>();
}

Response no_such_passkey(const Exchange& x) {
    Response response(404, json_type, R"({"error":"Passkey not found"})");
    return std::move(add_rate_fields(response, x.call));
}

} // namespace

Answer begin_passkey_registration(Exchange& x) {
    const Result<void> admitted = co_await admit_factor_write(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const std::string& user = x.call.caller.user;
    const Result<service::UserView> view = co_await x.services.users.find(x.call, user);
    if (!view) co_return refuse(x, view.error());
    const std::string account = view->account();
    const UserRef ref{x.call.tenant->id, user};
    const domain::RelyingParty party = party_of(x);
    const auto offer = co_await x.services.factors.passkeys().offer(ref, party, account);
    if (!offer) co_return refuse(x, offer.error());
    platform::JsonText body;
    body.begin_object().key("data").raw(offer->options);
    co_return answer(x, std::move(body));
}

Answer complete_passkey_registration(Exchange& x) {
    const Result<void> admitted = co_await admit_factor_write(x);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<Confirmation> sent = read_confirmation(x.request);
    if (!sent) co_return refuse(x, sent.error());
    const UserRef ref{x.call.tenant->id, x.call.caller.user};
    const domain::RelyingParty party = party_of(x);
    Passkeys& passkeys = x.services.factors.passkeys();
    const auto bound =
        co_await passkeys.confirm(ref, party, sent->credential, sent->alias, Asker::himself);
    if (!bound) co_return refuse(x, as_bad_request(bound.error()));
    const std::vector<std::string> codes = co_await first_recovery_codes(x, ref);
    platform::JsonText body;
    body.begin_object().key("data").begin_object().key("passkey").begin_object();
    body.member("id", platform::base64(bound->credential_id)).member("alias", bound->label);
    body.member("created_on", platform::rfc3339(bound->created)).end_object();
    append_codes(body, "recovery_codes", codes);
    body.end_object();
    co_return answer(x, std::move(body));
}

Answer remove_passkey(Exchange& x) {
    const Result<UserRef> user = co_await admit_factor_write_on_subject(x);
    if (!user) co_return refuse(x, user.error());
    const Result<std::string> id = read_factor_id(x.request);
    if (!id) co_return refuse(x, id.error());
    const Asker asker = asker_of(x, *user);
    const auto removed = co_await x.services.factors.remove(*user, *id, asker);
    if (!removed && removed.error().code == Code::not_enrolled) co_return no_such_passkey(x);
    if (!removed) co_return refuse(x, removed.error());
    co_return success(x);
}

Answer remove_all_passkeys(Exchange& x) {
    const Result<UserRef> user = co_await admit_factor_write_on_subject(x);
    if (!user) co_return refuse(x, user.error());
    const Asker asker = asker_of(x, *user);
    const std::string_view all = to_string(FactorType::passkey);
    const auto removed = co_await x.services.factors.remove(*user, all, asker);
    if (!removed) co_return refuse(x, as_bad_request(removed.error()));
    co_return success(x);
}

} // namespace mfad::dialects::quiva_calls
