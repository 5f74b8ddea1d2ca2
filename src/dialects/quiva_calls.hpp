#pragma once

#include "exchange.hpp"

#include "mfad/platform/json_text.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the calls of the quiva dialect share, and those that have a file of their own
/// (docs/dialects.md, "quiva").
namespace mfad::dialects::quiva_calls {

using Answer = runtime::Awaitable<http::Response>;

constexpr std::string_view json_type = "application/json; charset=utf-8";

// ---- quiva_calls.cpp ----------------------------------------------------------------------------

/// Admits a user, by his key or token.
runtime::Awaitable<domain::Result<void>> admit(Exchange& exchange);

/// The JSON object of a body. @param may_be_empty an empty body is an empty object
domain::Result<boost::json::object> body_object(const http::Request& request, bool may_be_empty);

/// Whom a call is about: the caller, unless `email` names somebody else of his tenant.
runtime::Awaitable<domain::Result<std::string>> subject(
    Exchange& exchange, std::optional<std::string> email, domain::Permission permission);

/// The same, named in the query.
runtime::Awaitable<domain::Result<std::string>> subject_of_query(
    Exchange& exchange, domain::Permission permission);

/// The same, named in the body, of a call that changes him.
runtime::Awaitable<domain::Result<std::string>> subject_of_body(Exchange& exchange);

/// A member with recovery codes.
void append_codes(
    platform::JsonText& body, std::string_view name, const std::vector<std::string>& codes);

/// 200 with a body that this ends; and without anything to say.
http::Response answer(const Exchange& exchange, platform::JsonText body);
http::Response success(const Exchange& exchange);

// ---- a user's own factors, quiva_factors.cpp ----------------------------------------------------

/// Admits a write on factors; its answer is kept whole under its key.
runtime::Awaitable<domain::Result<void>> admit_factor_write(Exchange& exchange);
/// Whom it is about, when he is there.
runtime::Awaitable<domain::Result<domain::UserRef>> admit_factor_write_on_subject(
    Exchange& exchange);
/// Who may change others does so as a host does.
service::Asker asker_of(const Exchange& exchange, const domain::UserRef& user);

Answer generate_totp_key(Exchange& exchange);
Answer confirm_totp_registration(Exchange& exchange);
Answer remove_totp(Exchange& exchange);
Answer issue_recovery_codes(Exchange& exchange);
Answer view_recovery_codes(Exchange& exchange);

// ---- his passkeys, quiva_passkeys.cpp -----------------------------------------------------------

Answer begin_passkey_registration(Exchange& exchange);
Answer complete_passkey_registration(Exchange& exchange);
Answer remove_passkey(Exchange& exchange);
Answer remove_all_passkeys(Exchange& exchange);

// ---- the second step of a sign-in, quiva_sign_in.cpp --------------------------------------------

/// The answer to an attempt that did not pass: 401 with `wrong_text` for whatever was wrong with
/// it, also where it cannot be one, since it was made by the same person.
http::Response refuse_attempt(
    Exchange& exchange, const domain::Refusal& why, std::string_view wrong_text);
/// The answer to one that did.
Answer signed_in_answer(
    Exchange& exchange, const domain::UserRef& user, const service::Passed& passed);

Answer auth_with_totp(Exchange& exchange);
Answer auth_with_recovery_code(Exchange& exchange);

// ---- signing in with a passkey, quiva_passkey_sign_in.cpp ---------------------------------------

Answer begin_auth_with_passkey(Exchange& exchange);
Answer complete_auth_with_passkey(Exchange& exchange);

} // namespace mfad::dialects::quiva_calls
