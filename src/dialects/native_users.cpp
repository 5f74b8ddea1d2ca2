// The native API on users: who they are (docs/dialects.md, "Native").
#include "native_calls.hpp"

#include "mfad/domain/identity.hpp"
#include "mfad/http/form.hpp"
#include "mfad/service/field_reader.hpp"
#include "mfad/service/users.hpp"

#include <boost/json.hpp>

namespace mfad::dialects::native_calls {
namespace {

using domain::Permission;
using domain::Refusal;
using domain::Result;
using http::Response;
using service::FieldReader;
using service::UserView;
using Code = Refusal::Code;

void append_user(platform::JsonText& body, const UserView& user) {
    body.begin_object().member("id", user.id);
    append_text(body, "email", user.email ? user.email->address() : std::string());
    append_text(body, "locale", user.locale);
    body.end_object();
}

Response user_answer(unsigned status, const UserView& user) {
    platform::JsonText body;
    append_user(body, user);
    return {status, json_type, std::move(body).str()};
}

/// A full replacement: without a locale there is none.
Result<UserView> read_user(const http::Request& request, const std::string& id) {
    static constexpr std::string_view known[] = {"email", "locale"};
    if (!domain::is_valid_id(id))
        return domain::refuse(
            Code::invalid, "id", "must be 1 to 128 visible ASCII characters without / ? # % \"");
    const Result<boost::json::object> body = body_object(request);
    if (!body) return body.error();
    FieldReader in(*body, {});
    in.refuse_others(known);
    UserView user;
    user.id = id;
    const std::string_view email = in.text("email");
    const auto address = domain::EmailAddress::parse(email);
    if (address)
        user.email = *address;
    else
        in.invalid("email", std::string(to_string(address.error())));
    if (!in.is_null("locale")) user.locale = in.maybe_text("locale").value_or("");
    if (in.has("locale") && !in.is_null("locale") && !domain::is_locale(user.locale))
        in.invalid("locale", "must be a language tag such as en or pt-BR");
    if (in.failed()) return *in.failed();
    return user;
}

struct Wanted {
    std::string email;  ///< empty: everybody
    std::string cursor; ///< empty: from the beginning
};

Result<Wanted> read_query(const http::Request& request) {
    const auto query = http::Form::parse(request.query);
    if (!query) return domain::refuse(Code::malformed, "query", "is not well-formed");
    for (std::size_t i = 0; i < query->size(); ++i) {
        const std::string_view name = (*query)[i].name;
        if (name != "email" && name != "cursor")
            return domain::refuse(Code::invalid, std::string(name), "is not a known parameter");
    }
    if (query->size() > 1)
        return domain::refuse(Code::invalid, "query", "must name email or cursor, once");
    Wanted wanted;
    wanted.email = query->find("email").value_or("");
    wanted.cursor = query->find("cursor").value_or("");
    if (query->count("email") > 0 && wanted.email.empty())
        return domain::refuse(Code::invalid, "email", "must be an email address");
    return wanted;
}

runtime::Awaitable<Result<service::UserPage>> find_users(Exchange& x, const Wanted& wanted) {
    if (wanted.email.empty()) co_return co_await x.services.users.list(x.call, wanted.cursor);
    auto found = co_await x.services.users.by_email(x.call, wanted.email);
    if (!found) co_return found.error();
    service::UserPage page;
    page.users = std::move(*found);
    co_return page;
}

} // namespace

Answer list_users(Exchange& x) {
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    // A look through the tenant's users costs more than a write.
    x.call.only_reads = true;
    const Result<void> quota = co_await take_quota(x);
    if (!quota) co_return refuse(x, quota.error());
    const Result<Wanted> wanted = read_query(x.request);
    if (!wanted) co_return refuse(x, wanted.error());
    const Result<service::UserPage> page = co_await find_users(x, *wanted);
    if (!page) co_return refuse(x, page.error());
    platform::JsonText body;
    body.begin_object().key("users").begin_array();
    for (const UserView& user : page->users)
        append_user(body, user);
    body.end_array();
    append_text(body, "cursor", page->cursor);
    body.end_object();
    Response response(200, json_type, std::move(body).str());
    co_return std::move(add_rate_fields(response, x.call));
}

Answer get_user(Exchange& x) {
    const std::string id(x.parameter(0));
    const Result<void> admitted = co_await admit(x, Permission::users_read);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<UserView> user = co_await x.services.users.find(x.call, id);
    if (!user) co_return refuse(x, user.error());
    co_return user_answer(200, *user);
}

Answer put_user(Exchange& x) {
    const std::string id(x.parameter(0));
    const Result<void> entered = co_await enter(x);
    if (!entered) co_return refuse(x, entered.error());
    // Which of both it takes depends on whether he is there, and is seen when he is written.
    const domain::Permissions& has = x.call.caller.permissions;
    if (!has.has(Permission::users_create) && !has.has(Permission::users_update))
        co_return refuse(x, domain::refuse(Code::forbidden));
    const Result<void> counted = co_await count(x, id);
    if (!counted) co_return refuse(x, counted.error());
    const Result<UserView> user = read_user(x.request, id);
    if (!user) co_return co_await refuse_content(x, user.error());
    const Result<bool> created = co_await x.services.users.put(x.call, *user);
    if (!created) co_return refuse(x, created.error());
    Response response = user_answer(*created ? 201 : 200, *user);
    co_return std::move(add_rate_fields(response, x.call));
}

Answer delete_user(Exchange& x) {
    const std::string id(x.parameter(0));
    const Result<void> admitted = co_await admit_write(x, id, Permission::users_delete);
    if (!admitted) co_return refuse(x, admitted.error());
    const Result<void> removed = co_await x.services.users.remove(x.call, id);
    if (!removed) co_return refuse(x, removed.error());
    co_return no_content(x);
}

} // namespace mfad::dialects::native_calls
