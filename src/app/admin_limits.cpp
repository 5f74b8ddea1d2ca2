#include "mfad/app/admin.hpp"

#include "column.hpp"
#include "installation.hpp"
#include "run_once.hpp"
#include "service_options.hpp"

#include "mfad/platform/units.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/store/limit_store.hpp"

#include <algorithm>
#include <vector>

namespace mfad::app {
namespace {

using domain::RatePolicy;
using runtime::Awaitable;
using store::LimitStore;

/// Whose limits, as `show_limits` names them.
struct Whose {
    enum class Kind : std::uint8_t { tenant, user, address, recipient, domain, mails };
    Kind kind = Kind::tenant;
    std::string owner; ///< the tenant's id, the client's address, or the domain
    std::string part;  ///< of that tenant: the user's id, or the recipient's address
};

Whose parse_key(const std::string& key) {
    using Kind = Whose::Kind;
    if (key == "mails") return {Kind::mails, {}, {}};
    const auto slash = std::min(key.find('/'), key.size());
    const std::string_view head = std::string_view(key).substr(0, slash);
    const std::string rest = key.substr(std::min(slash + 1, key.size()));
    if (head == "address" && !rest.empty()) return {Kind::address, rest, {}};
    if (head == "domain" && !rest.empty()) return {Kind::domain, rest, {}};
    const auto second = rest.find('/');
    if (head == "tenant" && !rest.empty() && second == std::string::npos)
        return {Kind::tenant, rest, {}};
    const bool two = second != std::string::npos && second > 0 && second + 1 < rest.size();
    if (two && (head == "user" || head == "recipient"))
        return {
            head == "user" ? Kind::user : Kind::recipient, rest.substr(0, second),
            rest.substr(second + 1)};
    throw StartFailure("KEY: must be tenant/ID, user/TENANT/ID, address/ADDRESS, "
                       "recipient/TENANT/EMAIL, domain/DOMAIN or mails");
}

/// A limit, and where what it has counted is.
struct Quota {
    RatePolicy policy;
    std::string key;
};

struct Counted {
    RatePolicy policy;
    LimitStore::Arrival arrival;
};

/// As the worker counts them.
std::vector<Quota> on_mails(const domain::MailLimits& limits, const store::MailSubject& subject) {
    std::vector<Quota> quotas;
    for (auto& limit : store::mail_limits_of(limits, subject, store::MailClass::link))
        quotas.push_back({std::move(limit.policy), std::move(limit.key)});
    return quotas;
}

domain::EmailAddress recipient(const std::string& address) {
    const auto parsed = domain::EmailAddress::parse(address);
    if (!parsed) throw StartFailure("KEY: " + std::string(to_string(parsed.error())));
    return *parsed;
}

/// What is counted by itself, as `service/quotas` and the worker name it.
std::vector<Quota> quotas_of(
    const Whose& whose, const domain::Tenant* tenant, const Installation& installation) {
    const platform::Config& config = installation.config();
    const service::QuotaOptions options = quota_options(config, config.limits);
    const domain::MailLimits mails = mail_limits(config.limits);
    const store::Keys keys = installation.store_keys();
    std::vector<Quota> quotas;
    const auto add = [&](const RatePolicy& policy, const store::QuotaPlace& place) {
        quotas.push_back({policy, keys.quota(place.owner, place.name)});
    };
    service::Vault vault(installation.keys());
    switch (whose.kind) {
    case Whose::Kind::tenant:
        quotas = on_mails({.tenant = mails.tenant}, {.tenant = whose.owner});
        for (const auto& [dialect, configured] : options.policies) {
            const RatePolicy& policy = service::quota_policy(options, *tenant, dialect);
            add(policy, {whose.owner, policy.name});
        }
        break;
    case Whose::Kind::user:
        add(options.second_steps, service::second_step_place(options, whose.owner, whose.part));
        break;
    case Whose::Kind::address:
        add(options.addresses, service::address_place(options, whose.owner));
        break;
    case Whose::Kind::recipient:
        quotas = on_mails(
            {.recipient = mails.recipient},
            service::mail_subject(recipient(whose.part), whose.owner, vault));
        break;
    case Whose::Kind::domain: // of whoever has an address there
        quotas = on_mails(
            {.domain = mails.domain},
            service::mail_subject(recipient("a@" + whose.owner), {}, vault));
        break;
    case Whose::Kind::mails: quotas = on_mails({.all = mails.all}, {}); break;
    }
    return quotas;
}

std::vector<Counted> counted_of(const LimitStore::OfUser& user, const platform::Config& config) {
    std::vector<Counted> counted;
    const std::vector<RatePolicy> writes = user_policies(config.limits);
    const LimitStore::Arrival arrivals[] = {user.first_write, user.second_write};
    for (std::size_t i = 0; i < writes.size(); ++i)
        counted.push_back({writes[i], arrivals[i]});
    const service::EnrollmentOptions enrollment = enrollment_options(config, {});
    counted.push_back({enrollment.links, user.links});
    counted.push_back({enrollment.code_gap, user.code_gap});
    counted.push_back({enrollment.codes, user.codes});
    return counted;
}

void print(const Counted& counted, std::int64_t now, std::ostream& out) {
    const RatePolicy& policy = counted.policy;
    if (policy.limit == 0 || policy.period.count() == 0) return; // there is none
    const domain::RateVerdict verdict = domain::gcra(now, counted.arrival, policy, 0).verdict;
    const auto period = std::chrono::duration_cast<std::chrono::milliseconds>(policy.period);
    const auto full = std::chrono::ceil<std::chrono::seconds>(verdict.reset).count();
    out << column(policy.name, 22)
        << column(platform::to_text(platform::Rate{policy.limit, period}), 14)
        << column(std::to_string(verdict.remaining), 10)
        << (full == 0 ? "-" : std::to_string(full) + "s") << "\n";
}

enum class Task : std::uint8_t { show, reset };

/// @param why set when it cannot be done
Awaitable<void> work(
    redis::Connection& connection, const Installation& installation, const Whose& whose, Task task,
    std::ostream& out, std::string& why) {
    const store::Context store = command_store(connection, installation);
    const platform::Config& config = installation.config();
    const LimitStore limits(store);
    std::shared_ptr<const domain::Tenant> tenant;
    std::vector<Counted> counted;
    if (whose.kind == Whose::Kind::tenant || whose.kind == Whose::Kind::recipient) {
        service::Vault vault(installation.keys());
        const service::TenantRepository tenants(store, vault);
        tenant = co_await tenants.find(whose.owner);
        if (!tenant) why = "there is no tenant " + whose.owner;
    } else if (whose.kind == Whose::Kind::user) {
        const domain::UserRef user{whose.owner, whose.part};
        const auto found = co_await limits.of_user(user);
        if (found) counted = counted_of(*found, config);
        if (!found) why = "there is no user " + whose.part + " of tenant " + whose.owner;
        if (found && task == Task::reset) co_await limits.reset_user(user);
    }
    if (!why.empty()) co_return;

    const std::vector<Quota> quotas = quotas_of(whose, tenant.get(), installation);
    if (task == Task::reset) {
        for (const Quota& quota : quotas)
            co_await limits.reset(quota.key);
        co_return;
    }
    for (const Quota& quota : quotas) {
        const LimitStore::Arrival arrival = co_await limits.at(quota.key);
        counted.push_back({quota.policy, arrival});
    }
    const std::int64_t now = co_await limits.now();
    out << "LIMIT                 RATE          LEFT      FULL AGAIN IN\n";
    for (const Counted& limit : counted)
        print(limit, now, out);
}

int run(
    const platform::Config& config, const std::string& key, Task task, std::ostream& out,
    std::ostream& err) {
    const Whose whose = parse_key(key);
    const Installation installation(config);
    std::string why;
    run_once(installation.link("limits"), [&](redis::Connection& connection) {
        return work(connection, installation, whose, task, out, why);
    });
    if (!why.empty()) {
        err << "mfad: " << why << "\n";
        return 1;
    }
    if (task == Task::reset) out << "reset " << key << "; servers see it within a second\n";
    return 0;
}

} // namespace

int show_limits(
    const platform::Config& config, const std::string& key, std::ostream& out, std::ostream& err) {
    return run(config, key, Task::show, out, err);
}

int reset_limits(
    const platform::Config& config, const std::string& key, std::ostream& out, std::ostream& err) {
    return run(config, key, Task::reset, out, err);
}

} // namespace mfad::app
