#include "service_options.hpp"

namespace mfad::app {
namespace {

domain::RatePolicy policy(std::string name, const platform::Rate& rate) {
    return {std::move(name), rate.limit, rate.period};
}

/// The second of two, over a longer time, is called so.
std::vector<domain::RatePolicy> policies(
    const std::string& name, const std::vector<platform::Rate>& rates) {
    std::vector<domain::RatePolicy> all;
    for (const platform::Rate& rate : rates)
        all.push_back(policy(all.empty() ? name : name + "-long", rate));
    return all;
}

} // namespace

service::EnrollmentOptions enrollment_options(
    const platform::Config& config, const std::string& public_url) {
    service::EnrollmentOptions options;
    options.public_url = public_url;
    options.link_lifetime = config.enrollment.link_lifetime;
    options.links = policy("links", config.enrollment.links);
    options.code_length = config.codes.length;
    options.code_lifetime = config.codes.lifetime;
    options.code_tries = config.codes.tries;
    options.code_gap = {"code-gap", 1, config.codes.gap};
    options.codes = policy("codes", config.codes.codes);
    return options;
}

service::ChallengeOptions challenge_options(const platform::Config& config) {
    service::ChallengeOptions options;
    options.lifetime = config.challenges.lifetime;
    options.tries = config.codes.tries;
    options.code_length = config.codes.length;
    options.code_lifetime = config.codes.lifetime;
    options.code_gap = {"code-gap", 1, config.codes.gap};
    options.codes = policy("codes", config.codes.codes);
    return options;
}

service::RecoveryOptions recovery_options(const platform::Config& config) {
    return {config.recovery.reset_delay};
}

std::vector<domain::RatePolicy> user_policies(const platform::Config::Limits& limits) {
    if (!limits.enabled) return {};
    return policies("user", limits.user);
}

domain::MailLimits mail_limits(const platform::Config::Limits& limits) {
    return {
        policies("mails-recipient", limits.mails_recipient),
        policies("mails-tenant", limits.mails_tenant),
        policies("mails-domain", limits.mails_domain), policies("mails-all", limits.mails_all)};
}

service::QuotaOptions quota_options(
    const platform::Config& config, const platform::Config::Limits& limits) {
    using domain::DialectName;
    service::QuotaOptions options;
    options.enabled = limits.enabled;
    options.reads_fail_open = limits.reads_fail_open;
    const auto set = [&options](DialectName dialect, const platform::Rate& rate) {
        options.policies[dialect] = policy(std::string(to_string(dialect)), rate);
    };
    set(DialectName::xsolla, limits.tenant_xsolla);
    set(DialectName::rebilly, limits.tenant_rebilly);
    set(DialectName::quiva, limits.tenant_quiva);
    set(DialectName::navixy, limits.tenant_navixy);
    set(DialectName::native, limits.tenant_native);
    options.second_steps = policy("second-step", limits.second_step);
    options.addresses = policy("address", limits.address);
    options.key_lifetimes = key_lifetimes(config);
    options.max_live_keys = static_cast<unsigned>(config.idempotency.max_live);
    return options;
}

domain::RatePolicy failed_credentials(const platform::Config::Limits& limits) {
    domain::RatePolicy failures = policy("failed-credentials", limits.failed_credentials);
    if (!limits.enabled) failures.limit = 0;
    return failures;
}

service::KeyLifetimes key_lifetimes(const platform::Config& config) {
    return {config.idempotency.lifetime, config.idempotency.secret_lifetime};
}

service::AccessTokenOptions access_token_options(
    const platform::Config& config, const std::string& public_url) {
    return {public_url, std::chrono::duration_cast<std::chrono::seconds>(config.tokens.lifetime)};
}

service::PanelOptions panel_options(
    const platform::Config& config, const platform::Config::Limits& limits) {
    service::PanelOptions options;
    options.failures = limits.panel_login.limit;
    options.period = limits.panel_login.period;
    options.session_lifetime = config.auth.session_lifetime;
    return options;
}

} // namespace mfad::app
