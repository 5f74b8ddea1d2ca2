// The native API on a user's passkeys (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/service/factors.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/users.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {
namespace {

namespace json = boost::json;
using domain::Permission;
using domain::Result;
using domain::UserRef;
using http::Response;
using service::Asker;
using service::FieldReader;
using service::Passkeys;
using Code = domain::Refusal::Code;

struct Confirmation {
    std::string credential;
    std::string label;
};

/// Nothing can be said about an offer yet.
Result<void> read_nothing(const http::Request& request) {
    if (request.body.empty()) return Result<void>{};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others({});
    if (in.failed()) return *in.failed();
    return Result<void>{};
}

Result<Confirmation> read_confirmation(const http::Request& request) {
    static constexpr std::string_view known[] = {"credential", "label"};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    Confirmation read;
    if (const json::object* credential = in.maybe_object("credential"))
        read.credential = json::serialize(*credential);
    else
        in.missing("credential");
    read.label = read_label(in);
    if (in.failed()) return *in.failed();
    return read;
}

Result<std::string> read_new_label(const http::Request& request) {
    static constexpr std::string_view known[] = {"label"};
    const Result<json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    if (!in.has("label")) in.missing("label");
    std::string label = read_label(in);
    if (in.failed()) return *in.failed();
    return label;
}

} // namespace

Answer post_passkey(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<void> nothing = read_nothing(x.request);
    if (!nothing) co_return refuse(x, nothing.error());
    const Result<service::UserView> view = co_await x.services.users.find(x.call, user);
    if (!view) co_return refuse(x, view.error());
    const std::string account = view->account();
    const UserRef ref{x.call.tenant->id, user};
    const domain::RelyingParty party = party_of(x);
    const auto offer = co_await x.services.factors.passkeys().offer(ref, party, account);
    if (!offer) co_return refuse(x, offer.error());
    platform::JsonText body;
    body.begin_object().key("publicKey").raw(offer->options);
    append_time(body, "expires_at", offer->ends);
    Response response(201, json_type, std::move(body.end_object()).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Answer confirm_passkey(Exchange& x) {
    const std::string user(x.parameter(0));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<Confirmation> sent = read_confirmation(x.request);
    if (!sent) co_return refuse(x, sent.error());
    const UserRef ref{x.call.tenant->id, user};
    const domain::RelyingParty party = party_of(x);
    Passkeys& passkeys = x.services.factors.passkeys();
    const auto bound =
        co_await passkeys.confirm(ref, party, sent->credential, sent->label, Asker::host);
    if (!bound) co_return refuse(x, bound.error());
    co_return co_await changed_answer(x, user);
}

Answer patch_factor(Exchange& x) {
    const std::string user(x.parameter(0));
    const std::string id(x.parameter(1));
    const Result<void> admitted = co_await admit_once(x, Permission::users_update);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<std::string> label = read_new_label(x.request);
    if (!label) co_return refuse(x, label.error());
    const UserRef ref{x.call.tenant->id, user};
    const auto renamed = co_await x.services.factors.passkeys().rename(ref, id, *label);
    if (!renamed && renamed.error().code == Code::not_enrolled)
        co_return refuse(x, domain::refuse(Code::no_such_path));
    if (!renamed) co_return refuse(x, renamed.error());
    co_return co_await changed_answer(x, user);
}

} // namespace mfad::dialects::native_calls
