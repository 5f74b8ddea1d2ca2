#pragma once

#include "exchange.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>

/// The calls of the Xsolla dialect that have a file of their own (docs/dialects.md, "Xsolla").
namespace mfad::dialects::xsolla_calls {

using Answer = runtime::Awaitable<http::Response>;

constexpr std::string_view json_type = "application/json; charset=utf-8";

/// The JSON object of a body.
domain::Result<boost::json::object> body_object(const http::Request& request);

// ---- a user on himself, xsolla_me.cpp -----------------------------------------------------------

Answer post_own_mfa(Exchange& exchange);

// ---- otp, xsolla_sign_in.cpp --------------------------------------------------------------------

Answer validate_code(Exchange& exchange);
Answer resend_code(Exchange& exchange);
/// What a browser asks before it lets a page of another origin make one of these calls.
Answer preflight_validate(Exchange& exchange);
Answer preflight_resend(Exchange& exchange);

/// Whether a path is one of theirs.
bool is_of_widget(std::string_view path);
/// Lets the page that asks read an answer, be it good or bad, if the tenant knows its origin.
void share_with_widget(
    const http::Request& request, const service::Call& call, http::Response& response);

} // namespace mfad::dialects::xsolla_calls
