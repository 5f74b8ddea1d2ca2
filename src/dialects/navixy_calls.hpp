#pragma once

#include "exchange.hpp"
#include "navixy_parameters.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the calls of the Navixy dialect share, and those that have a file of their own
/// (docs/dialects.md, "Navixy").
namespace mfad::dialects::navixy_calls {

using Answer = runtime::Awaitable<http::Response>;

constexpr std::string_view json_type = "application/json; charset=utf-8";

http::Response success();

// ---- who asks, navixy_session.cpp ---------------------------------------------------------------

/// `Authorization: NVX <hash>`, or the parameter `hash`; the header goes first where both are sent.
/// @return `no_credential` for nothing that could be one
domain::Result<std::string> credential(
    const http::Request& request, const domain::Result<NavixyParameters>& parameters);

enum class Effect : std::uint8_t {
    reads,
    writes,
    ends_session, ///< a write that takes no idempotency key
};

/// A call under a session: its hash, and its parameters once they can be read.
struct Session {
    std::string hash;
    NavixyParameters parameters;
};

/// The session comes first: who has none learns nothing of what else is wrong.
runtime::Awaitable<domain::Result<Session>> open_session(
    Exchange& exchange, std::optional<domain::Permission> permission,
    Effect effect = Effect::reads);

// ---- user/auth/code, navixy_sign_in.cpp ---------------------------------------------------------

Answer verify_code(Exchange& exchange);
Answer resend_code(Exchange& exchange);

} // namespace mfad::dialects::navixy_calls
