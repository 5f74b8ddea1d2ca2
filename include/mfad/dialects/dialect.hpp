#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/settings_change.hpp"
#include "mfad/domain/tenant.hpp"
#include "mfad/http/message.hpp"
#include "mfad/http/router.hpp"
#include "mfad/service/access_token.hpp"
#include "mfad/service/authenticator.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/devices.hpp"
#include "mfad/service/factors.hpp"
#include "mfad/service/kept_answers.hpp"
#include "mfad/service/panel.hpp"
#include "mfad/service/passkey_sign_in.hpp"
#include "mfad/service/quotas.hpp"
#include "mfad/service/settings_service.hpp"
#include "mfad/service/tenant_admin.hpp"
#include "mfad/service/users.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The published APIs, each in one file that reads top to bottom like its page: routes, requests,
/// answers, and one table of refusals. They hold no rule of their own: rules are in domain/ and
/// service/.
namespace mfad::dialects {

/// What the handlers of one thread work with.
struct Services {
    service::Authenticator& authenticator;
    service::TenantSource& tenants;
    service::SettingsService& settings;
    service::Quotas& quotas;
    service::Panel& panel;
    service::Users& users;
    service::TenantAdmin& tenant_admin;
    service::Enrollment& enrollment;
    const service::AccessTokens& tokens;
    service::Challenges& challenges;
    service::Factors& factors;
    service::Devices& devices;
    service::PasskeySignIn& passkey_sign_in;
    service::KeptAnswers& kept_answers;
    std::string public_url; ///< what absolute URLs in answers start with
};

class Dialect;

/// One request in the hands of its dialect.
struct Exchange {
    const http::Request& request;
    const http::RouteMatch& match;
    Services& services;
    const Dialect& dialect;
    service::Call& call; ///< filled in once the caller has been admitted
    /// The answer of the first request under the same idempotency key, where such are kept whole.
    std::optional<http::Response> replay = std::nullopt;
    std::optional<service::KeptAnswers::Claim> claim = std::nullopt; ///< to keep this one's
    bool keeps_answer = true; ///< unless it is of a kind that is not kept

    std::string_view parameter(std::size_t i) const { return match.parameter(i); }
};

using Handler = runtime::Awaitable<http::Response> (*)(Exchange&);

struct Route {
    http::Methods methods;
    std::string_view pattern;
    Handler handler = nullptr;
    bool optional_slash = false;
};

/// What a refusal looks like in a dialect.
struct Refused {
    unsigned status = 500;
    std::string_view code; ///< the dialect's own code, if it has codes
    std::string_view text; ///< title or description
};

/// One published API: its routes, and how it says no.
class Dialect {
public:
    virtual ~Dialect() = default;

    virtual domain::DialectName name() const = 0;
    virtual std::span<const Route> routes() const = 0;
    /// Status, code and text of a refusal.
    virtual Refused refused(domain::Refusal::Code code) const = 0;
    /// The whole answer to a refusal. `call` is that of the request as far as it came.
    virtual http::Response refuse(
        const http::Request& request, const service::Call& call,
        const domain::Refusal& refusal) const = 0;
};

const Dialect& xsolla();
const Dialect& rebilly();
const Dialect& quiva();
const Dialect& navixy();
const Dialect& native();

/// Ends what an exchange has claimed: keeps its answer under its idempotency key, if it is one that
/// is kept. For an exchange that has a claim alone.
runtime::Awaitable<void> settle(Exchange& exchange, const http::Response& response);

/// The dialect that owns a path, whether or not there is anything at it (docs/dialects.md,
/// "Which path is whose").
const Dialect& owner_of(std::string_view path);

} // namespace mfad::dialects
