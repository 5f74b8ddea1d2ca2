// Leases between instances: what one has taken, the others do not have.
#include "mfad/service/quotas.hpp"

#include "store_scene.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using namespace mfad::service;
using namespace std::chrono_literals;
using domain::DialectName;
using domain::RatePolicy;
using runtime::Awaitable;
using store::Context;
using test::StoreScene;

namespace {

constexpr std::uint32_t limit = 1280;          // ten at a time
const RatePolicy policy{"xsolla", limit, 24h}; // none comes back meanwhile

/// One thread of a server, and a tenant who speaks to it.
class Instance {
public:
    Instance(const Context& store, std::string tenant)
        : quotas_(store, options(), limits_), tenant_(std::make_shared<domain::Tenant>()) {
        tenant_->id = std::move(tenant);
    }

    /// Whether a request is admitted.
    Awaitable<bool> take(bool with_key = false) {
        Call call;
        call.tenant = tenant_;
        if (with_key) {
            call.key.emplace();
            call.key->hash = "hash";
        }
        const domain::Result<void> taken = co_await quotas_.take(call, DialectName::xsolla);
        BOOST_TEST(taken.has_value() == call.rates.front().verdict.allowed);
        co_return taken.has_value();
    }

    LeasedQuotas& quotas() { return quotas_; }

private:
    static QuotaOptions options() {
        QuotaOptions options;
        options.policies[DialectName::xsolla] = policy;
        options.second_steps = {"second-step", 60, 1min};
        options.addresses = {"address", 60, 1min};
        options.key_lifetimes = {1h, 1h};
        options.max_live_keys = 100;
        return options;
    }

    platform::Metrics metrics_;
    LimitContext limits_{metrics_};
    LeasedQuotas quotas_;
    std::shared_ptr<domain::Tenant> tenant_;
};

/// Takes all that the store has left of a tenant's quota. @return how many that were
Awaitable<std::uint32_t> take_rest(const Context& store, std::string tenant) {
    const store::QuotaStore quotas(store);
    const redis::Command command = quotas.command(tenant, policy, limit, std::nullopt);
    const redis::Reply reply = co_await quotas.take(command);
    const store::QuotaTaken taken = store::QuotaStore::taken(reply);
    co_return taken.verdict.allowed ? taken.count : 0;
}

Awaitable<void> take_many(Instance& instance, int count) {
    for (int i = 0; i < count; ++i) {
        const bool taken = co_await instance.take();
        BOOST_TEST(taken);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(service_quotas, StoreScene)

BOOST_AUTO_TEST_CASE(what_an_instance_holds_it_spends_when_others_have_used_up_the_rest) {
    run([](const Context& store) -> Awaitable<void> {
        std::uint32_t held = 0;
        int whole = 0; // runs in which nothing lapsed: a machine may be slow
        for (int count = 40; whole < 8 && count < 400; ++count) {
            const std::string tenant = "t" + std::to_string(count);
            Instance instance(store, tenant);
            const auto begun = runtime::SteadyClock::now();
            co_await take_many(instance, count);
            const std::uint32_t rest = co_await take_rest(store, tenant);
            // A place for a key is the store's to give, and there nothing is left.
            const bool keyed = co_await instance.take(true);
            BOOST_TEST(!keyed);
            std::uint32_t spent = 0;
            for (bool more = true; more; spent += more ? 1 : 0)
                more = co_await instance.take();
            if (runtime::SteadyClock::now() - begun >= domain::QuotaLease::lifetime) continue;
            ++whole;
            held += spent;
            BOOST_TEST(static_cast<std::uint32_t>(count) + spent + rest == limit);
        }
        BOOST_TEST(whole > 0);
        BOOST_TEST(held > 0);
    });
}

BOOST_AUTO_TEST_CASE(what_is_given_back_others_have) {
    run([](const Context& store) -> Awaitable<void> {
        for (int count = 40; count < 48; ++count) {
            const std::string tenant = "g" + std::to_string(count);
            Instance instance(store, tenant);
            const auto begun = runtime::SteadyClock::now();
            co_await take_many(instance, count);
            const auto taken = runtime::SteadyClock::now();
            co_await instance.quotas().give_back(begun);
            const std::uint32_t rest = co_await take_rest(store, tenant);
            if (taken - begun < domain::QuotaLease::lifetime)
                BOOST_TEST(static_cast<std::uint32_t>(count) + rest == limit);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
