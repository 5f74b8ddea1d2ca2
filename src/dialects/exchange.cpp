#include "exchange.hpp"

#include "mfad/http/problem.hpp"
#include "mfad/http/rate_fields.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/store/credential_store.hpp"
#include "mfad/store/keys.hpp"

#include <algorithm>
#include <array>

namespace mfad::dialects {
namespace {

using domain::ChangeStatus;
using domain::Refusal;
using domain::Result;

constexpr std::size_t max_key = 64;
constexpr std::size_t key_hash_size = 16;
constexpr std::size_t token_id_length = 16;

bool is_kept(unsigned status) {
    return status / 100 == 2 || status == 400 || status == 404 || status == 409 || status == 422;
}

// ---- an answer as it is kept --------------------------------------------------------------------

/// Types are constants (http::Response).
constexpr std::array<std::string_view, 3> types{
    "application/json; charset=utf-8", "application/json", http::problem_type};
constexpr std::size_t most_text = 0xFFFF;

/// What was counted for the first request, and who it came from, says nothing of this one.
bool is_about_one_request(std::string_view field) {
    static constexpr std::string_view starts[] = {
        "RateLimit", "X-RateLimit-", "Access-Control-", "Vary:"};
    return std::ranges::any_of(starts, [field](auto start) { return field.starts_with(start); });
}

std::string pack(const http::Response& response) {
    const auto type = std::ranges::find(types, response.content_type());
    const bool has_type = !response.content_type().empty();
    if ((has_type && type == types.end()) || response.body().size() > most_text ||
        response.fields().size() > most_text)
        return {};
    platform::PackedWriter packed;
    packed.u16(static_cast<std::uint16_t>(response.status()));
    packed.u8(has_type ? static_cast<std::uint8_t>(type - types.begin() + 1) : 0);
    packed.text(response.body()).text(response.fields());
    return std::move(packed).bytes();
}

http::Response unpack(std::string_view bytes) {
    platform::PackedReader packed(bytes);
    const unsigned status = packed.u16();
    const std::size_t type = packed.u8();
    const std::string body(packed.text());
    std::string_view fields = packed.text();
    http::Response response =
        type == 0 ? http::Response(status) : http::Response(status, types.at(type - 1), body);
    while (!fields.empty()) {
        const std::string_view line = fields.substr(0, fields.find("\r\n"));
        fields.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(": ");
        if (!is_about_one_request(line))
            response.header(
                http::FieldName::checked(line.substr(0, colon)), line.substr(colon + 2));
    }
    return response;
}

// ---- idempotency keys of answers that are kept whole -------------------------------------------

/// Looks for what was answered under the call's key, if it has one, and claims the key if nothing
/// was.
runtime::Awaitable<Result<void>> claim(Exchange& exchange) {
    service::Call& call = exchange.call;
    if (!call.key) co_return Result<void>{};
    // Taken out of the call: what is done within it has no key of its own.
    service::RequestKey request = std::move(*call.key);
    call.key.reset();
    auto begun = co_await exchange.services.kept_answers.begin(std::move(request));
    if (!begun) co_return begun.error();
    if (!begun->answer) {
        exchange.claim = std::move(begun->claim);
        co_return Result<void>{};
    }
    exchange.replay = unpack(*begun->answer);
    add_rate_fields(*exchange.replay, call);
    co_return domain::refuse(Refusal::Code::key_reused);
}

/// As `take_key`, for an answer that shows a secret.
Result<void> take_secret_key(Exchange& exchange, std::string_view user) {
    Result<void> key = take_key(exchange, user);
    if (exchange.call.key) exchange.call.key->holds_secret = true;
    return key;
}

} // namespace

std::optional<std::string_view> single_header(const http::Request& request, std::string_view name) {
    if (request.count(name) != 1) return std::nullopt;
    return request.header(name);
}

std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
        !std::ranges::equal(value.substr(0, scheme.size()), scheme, {}, lower, lower))
        return std::nullopt;
    value.remove_prefix(scheme.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (value.empty()) return std::nullopt;
    return value;
}

Result<void> take_key(Exchange& exchange, std::string_view user) {
    const std::size_t count = exchange.request.count("Idempotency-Key");
    if (count == 0) return {};
    const std::string_view key = exchange.request.header("Idempotency-Key").value_or("");
    const bool visible = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
    if (count > 1 || key.empty() || key.size() > max_key || !visible)
        return domain::refuse(
            Refusal::Code::invalid, "Idempotency-Key", "must be 1 to 64 visible ASCII characters");
    service::Call& call = exchange.call;
    std::string scope = call.tenant->id + '\n' + call.caller.credential_id + '\n';
    scope += http::to_string(exchange.request.method);
    scope += '\n';
    scope += exchange.request.path;
    scope += '\n';
    scope += key;
    service::RequestKey entry;
    entry.hash = platform::base64url(platform::sha256(scope).substr(0, key_hash_size));
    std::string content(exchange.request.query);
    content += '\n';
    content += exchange.request.body;
    entry.fingerprint = platform::sha256(content);
    entry.partition = exchange.services.settings.partition(call, std::string(user));
    entry.storable = storable_statuses(exchange.dialect);
    call.key = std::move(entry);
    return {};
}

runtime::Awaitable<Result<void>> begin_once(Exchange& exchange, std::string_view user) {
    const Result<void> key = take_secret_key(exchange, user);
    if (!key) co_return key;
    const Result<void> quota = co_await take_quota(exchange);
    if (!quota) co_return quota;
    co_return co_await claim(exchange);
}

runtime::Awaitable<void> settle(Exchange& exchange, const http::Response& response) {
    const bool keeps = exchange.keeps_answer && is_kept(response.status());
    const std::string answer = keeps ? pack(response) : std::string();
    co_await exchange.services.kept_answers.settle(*exchange.claim, answer);
}

runtime::Awaitable<Result<domain::UserRef>> admit_challenge(
    Exchange& exchange, std::string_view token) {
    std::optional<domain::UserRef> user = exchange.services.challenges.holder(token);
    if (!user) co_return domain::refuse(Refusal::Code::expired);
    exchange.call.tenant = co_await exchange.services.tenants.find_tenant(user->tenant);
    if (!exchange.call.tenant) co_return domain::refuse(Refusal::Code::expired);
    if (!exchange.call.tenant->speaks(exchange.dialect.name()))
        co_return domain::refuse(Refusal::Code::forbidden);
    exchange.call.caller.tenant = user->tenant;
    // Who holds the token is who asks.
    exchange.call.caller.credential_id = store::credential_digest(token).substr(0, token_id_length);
    const Result<void> key = take_secret_key(exchange, user->user);
    if (!key) co_return key.error();
    const Result<void> step =
        co_await exchange.services.quotas.take_second_step(exchange.call, user->user);
    if (!step) co_return step.error();
    const Result<void> claimed = co_await claim(exchange);
    if (!claimed) co_return claimed.error();
    co_return std::move(*user);
}

http::Response refuse(Exchange& exchange, const Refusal& refusal) {
    if (exchange.replay) return *exchange.replay;
    // It asks to verify first, and then to repeat.
    if (refusal.code == Refusal::Code::proof_too_old) exchange.keeps_answer = false;
    return exchange.dialect.refuse(exchange.request, exchange.call, refusal);
}

runtime::Awaitable<http::Response> refuse_content(Exchange& exchange, Refusal refusal) {
    if (exchange.call.key && is_kept(exchange.dialect.refused(refusal.code).status))
        refusal = co_await exchange.services.settings.refused(exchange.call, std::move(refusal));
    co_return refuse(exchange, refusal);
}

http::Response& add_rate_fields(http::Response& response, const service::Call& call) {
    std::vector<http::RateState> states;
    states.reserve(call.rates.size());
    for (const domain::RateReport& report : call.rates) {
        if (!report.counted) continue;
        states.push_back(
            {report.policy.name, report.policy.limit,
             std::chrono::ceil<std::chrono::seconds>(report.policy.period),
             report.verdict.remaining,
             std::chrono::ceil<std::chrono::seconds>(
                 report.verdict.allowed ? report.verdict.reset : report.verdict.retry_after)});
    }
    if (states.empty()) return response;
    const http::RateFields fields = http::rate_fields(states);
    return response.header("RateLimit", fields.limit).header("RateLimit-Policy", fields.policy);
}

http::Response& add_retry_after(http::Response& response, const Refusal& refusal) {
    if (response.status() != 429 && response.status() != 503) return response;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(refusal.retry_after).count();
    return response.header("Retry-After", std::to_string(std::max<long>(1, seconds)));
}

http::Response& add_allow(http::Response& response, const Refusal& refusal) {
    if (refusal.code == Refusal::Code::wrong_method) response.header("Allow", refusal.why);
    return response;
}

std::uint32_t storable_statuses(const Dialect& dialect) {
    std::uint32_t mask = store::storable_bit(ChangeStatus::done);
    for (unsigned i = 1; i <= static_cast<unsigned>(ChangeStatus::proof_too_old); ++i) {
        const auto status = static_cast<ChangeStatus>(i);
        if (status == ChangeStatus::proof_too_old) continue; // it asks to verify and to repeat
        if (is_kept(dialect.refused(service::refusal_code(status)).status))
            mask |= store::storable_bit(status);
    }
    return mask;
}

} // namespace mfad::dialects
