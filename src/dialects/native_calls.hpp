#pragma once

#include "exchange.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

/// The calls of the native API, a file for each thing that they are about, and what they share
/// (docs/dialects.md, "Native").
namespace mfad::dialects::native_calls {

using Answer = runtime::Awaitable<http::Response>;

constexpr std::string_view json_type = "application/json; charset=utf-8";

// ---- who asks -----------------------------------------------------------------------------------

/// Takes `Authorization: Bearer <credential>` of a server, as a key or as a token.
runtime::Awaitable<domain::Result<void>> enter(Exchange& exchange);

/// Admits a call of a server that has the permission.
runtime::Awaitable<domain::Result<void>> admit(Exchange& exchange, domain::Permission permission);

/// Counts a write against the tenant's quota, and takes its idempotency key.
/// @param user at whose place the work is done; `no_user`: the tenant's
runtime::Awaitable<domain::Result<void>> count(Exchange& exchange, std::string_view user);

/// Both of the above, for a write.
runtime::Awaitable<domain::Result<void>> admit_write(
    Exchange& exchange, std::string_view user, domain::Permission permission);

/// Admits a write at the place of the user in the path; its answer is kept whole under its key.
runtime::Awaitable<domain::Result<void>> admit_once(
    Exchange& exchange, domain::Permission permission);

// ---- what is sent, and what is shown ------------------------------------------------------------

/// The JSON object of a body; an empty body is none.
domain::Result<boost::json::object> body_object(const http::Request& request);

/// What a user calls a factor of his, in `label`; may be empty.
std::string read_label(service::FieldReader& in);

void append_text(platform::JsonText& body, std::string_view name, std::string_view text_or_empty);
void append_time(
    platform::JsonText& body, std::string_view name, std::optional<platform::UnixMillis> time);

/// After a change that has been made: 204, or the whole state of the user.
http::Response no_content(const Exchange& exchange);
Answer changed_answer(Exchange& exchange, const std::string& user);

// ---- users, native_users.cpp --------------------------------------------------------------------

Answer list_users(Exchange& exchange);
Answer put_user(Exchange& exchange);
Answer get_user(Exchange& exchange);
Answer delete_user(Exchange& exchange);

// ---- a user's MFA and enrollments, native_mfa.cpp -----------------------------------------------

/// The whole state of a user, as the calls that change it answer too.
Answer mfa_answer(Exchange& exchange, const std::string& user, const domain::MfaState& state);
Answer get_mfa(Exchange& exchange);
Answer patch_mfa(Exchange& exchange);
Answer post_enrollment(Exchange& exchange);
Answer get_enrollment(Exchange& exchange);

// ---- a user's factors, native_factors.cpp -------------------------------------------------------

Answer post_totp(Exchange& exchange);
Answer confirm_totp(Exchange& exchange);
Answer post_recovery_codes(Exchange& exchange);
Answer delete_totp(Exchange& exchange);
Answer delete_passkeys(Exchange& exchange);
Answer delete_factor(Exchange& exchange);
Answer reset_user(Exchange& exchange);

// ---- a user's passkeys, native_passkeys.cpp -----------------------------------------------------

Answer post_passkey(Exchange& exchange);
Answer confirm_passkey(Exchange& exchange);
Answer patch_factor(Exchange& exchange);

// ---- a user's remembered devices, native_devices.cpp --------------------------------------------

Answer list_devices(Exchange& exchange);
Answer delete_devices(Exchange& exchange);
Answer delete_device(Exchange& exchange);

// ---- second factors at sign-in, native_challenges.cpp -------------------------------------------

Answer post_challenge(Exchange& exchange);
Answer send_challenge_code(Exchange& exchange);
Answer verify_challenge(Exchange& exchange);
Answer get_challenge(Exchange& exchange);

// ---- users' sessions, native_sessions.cpp -------------------------------------------------------

Answer introspect_session(Exchange& exchange);

// ---- the tenant, native_tenant.cpp --------------------------------------------------------------

Answer get_tenant(Exchange& exchange);
Answer patch_tenant(Exchange& exchange);

} // namespace mfad::dialects::native_calls
