#pragma once

#include "mfad/dialects/dialect.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the dialects do alike: admitting a request, and the fields that any answer may carry.
namespace mfad::dialects {

/// The only value of a header field. Twice the same name is no value at all: who picks one picks
/// wrong.
std::optional<std::string_view> single_header(const http::Request& request, std::string_view name);

/// What follows `scheme` (any case) and blanks in an Authorization value; nothing for another
/// scheme or nothing behind.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme);

/// For `take_key`: the work is the tenant's own.
constexpr std::string_view no_user{};

/// Reads the `Idempotency-Key` of a write into the call: 1..64 visible ASCII characters, else
/// `invalid`. @param user at whose place the work is done
domain::Result<void> take_key(Exchange& exchange, std::string_view user);

/// Counts the request against the tenant's quota in this dialect.
inline runtime::Awaitable<domain::Result<void>> take_quota(Exchange& exchange) {
    return exchange.services.quotas.take(exchange.call, exchange.dialect.name());
}

/// Where the passkeys of the admitted caller's tenant are good.
inline domain::RelyingParty party_of(const Exchange& exchange) {
    return service::relying_party_of(*exchange.call.tenant, exchange.services.public_url);
}

/// Counts a request whose answer is kept whole under its idempotency key, since it can be given
/// only once. @param user as for `take_key`
/// @return any refusal also when the work has been done before: `refuse` then gives that answer
runtime::Awaitable<domain::Result<void>> begin_once(Exchange& exchange, std::string_view user);

/// Admits whoever holds the token of a challenge, counted against the limit of its user. Whether it
/// is still open is for the attempt to say.
/// @return whose challenge it is; `expired` for what is no token of ours, `forbidden` when the
///   tenant does not speak this dialect
runtime::Awaitable<domain::Result<domain::UserRef>> admit_challenge(
    Exchange& exchange, std::string_view token);

/// The outcomes of a change that this dialect answers with a status whose answer an idempotency key
/// keeps.
std::uint32_t storable_statuses(const Dialect& dialect);

/// The dialect's answer to a refusal; or what was answered before, under the same idempotency key.
http::Response refuse(Exchange& exchange, const domain::Refusal& refusal);

/// The dialect's answer to a request that was refused for its own content: the same, unless its
/// idempotency key belongs to another request.
runtime::Awaitable<http::Response> refuse_content(Exchange& exchange, domain::Refusal refusal);

/// Adds `RateLimit` and `RateLimit-Policy` for what was counted.
http::Response& add_rate_fields(http::Response& response, const service::Call& call);

/// Adds `Retry-After`, in whole seconds, at least 1, to a 429 or 503.
http::Response& add_retry_after(http::Response& response, const domain::Refusal& refusal);

/// Adds `Allow` to the refusal of a method.
http::Response& add_allow(http::Response& response, const domain::Refusal& refusal);

} // namespace mfad::dialects
