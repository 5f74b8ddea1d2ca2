#include "mfad/app/admin.hpp"

#include "column.hpp"
#include "installation.hpp"
#include "run_once.hpp"
#include "service_options.hpp"

#include "mfad/platform/units.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/store/limit_store.hpp"

#include <algorithm>
#include <vector>

namespace mfad::app {
namespace {

using domain::RatePolicy;
using runtime::Awaitable;
using store::LimitStore;
using store::QuotaPlace;

/// Whose limits: `tenant/ID`, `user/TENANT/ID` or `address/ADDRESS`.
struct Whose {
    enum class Kind : std::uint8_t { tenant, user, address };
    Kind kind = Kind::tenant;
    std::string owner; ///< the tenant's id, or the address
    std::string user;  ///< of that tenant
};

Whose parse_key(const std::string& key) {
    const auto starts = [&key](std::string_view head) {
        return key.starts_with(head) && key.size() > head.size();
    };
    const std::string rest = key.substr(std::min(key.find('/'), key.size() - 1) + 1);
    if (starts("address/")) return {Whose::Kind::address, rest, {}};
    if (starts("tenant/") && rest.find('/') == std::string::npos)
        return {Whose::Kind::tenant, rest, {}};
    const auto slash = rest.find('/');
    if (starts("user/") && slash != std::string::npos && slash > 0 && slash + 1 < rest.size())
        return {Whose::Kind::user, rest.substr(0, slash), rest.substr(slash + 1)};
    throw StartFailure("KEY: must be tenant/ID, user/TENANT/ID or address/ADDRESS");
}

/// A limit, and where what it has counted is.
struct Quota {
    RatePolicy policy;
    QuotaPlace place;
};

struct Counted {
    RatePolicy policy;
    LimitStore::Arrival arrival;
};

/// The quotas that are kept by themselves, as `service/quotas` names them.
std::vector<Quota> quotas_of(
    const Whose& whose, const domain::Tenant* tenant, const service::QuotaOptions& options) {
    std::vector<Quota> quotas;
    switch (whose.kind) {
    case Whose::Kind::tenant:
        for (const auto& [dialect, configured] : options.policies) {
            const RatePolicy& policy = service::quota_policy(options, *tenant, dialect);
            quotas.push_back({policy, {whose.owner, policy.name}});
        }
        break;
    case Whose::Kind::user:
        quotas.push_back(
            {options.second_steps, service::second_step_place(options, whose.owner, whose.user)});
        break;
    case Whose::Kind::address:
        quotas.push_back({options.addresses, service::address_place(options, whose.owner)});
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
    out << column(policy.name, 14)
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
    if (whose.kind == Whose::Kind::tenant) {
        service::Vault vault(installation.keys());
        const service::TenantRepository tenants(store, vault);
        tenant = co_await tenants.find(whose.owner);
        if (!tenant) why = "there is no tenant " + whose.owner;
    } else if (whose.kind == Whose::Kind::user) {
        const domain::UserRef user{whose.owner, whose.user};
        const auto found = co_await limits.of_user(user);
        if (found) counted = counted_of(*found, config);
        if (!found) why = "there is no user " + whose.user + " of tenant " + whose.owner;
        if (found && task == Task::reset) co_await limits.reset_user(user);
    }
    if (!why.empty()) co_return;

    const std::vector<Quota> quotas =
        quotas_of(whose, tenant.get(), quota_options(config, config.limits));
    if (task == Task::reset) {
        for (const Quota& quota : quotas)
            co_await limits.reset_quota(quota.place);
        co_return;
    }
    for (const Quota& quota : quotas) {
        const LimitStore::Arrival arrival = co_await limits.quota(quota.place);
        counted.push_back({quota.policy, arrival});
    }
    const std::int64_t now = co_await limits.now();
    out << "LIMIT         RATE          LEFT      FULL AGAIN IN\n";
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
