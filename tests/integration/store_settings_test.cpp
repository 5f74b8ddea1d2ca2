#include "mfad/store/settings_store.hpp"

#include "store_scene.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::ChangeOrder;
using store::ChangeOutcome;
using store::Context;
using store::SettingsStore;
using test::StoreScene;

namespace {

constexpr FactorSet email = FactorType::email;
constexpr FactorSet totp = FactorType::totp;
const UserRef ada{"acme", "ada"};

ChangeOrder plain(const SettingsChange& change) {
    return {change, {}, {"links", 5, 1h}, 1h, {}, nullptr};
}

/// Users, rules and changes as nobody would think them up.
class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}

    unsigned below(unsigned n) {
        return std::uniform_int_distribution<unsigned>(0, n - 1)(engine_);
    }
    bool coin() { return below(2) == 0; }
    bool seldom() { return below(5) == 0; }
    FactorSet factors() { return FactorSet::from_bits(below(64)); }

    User user(platform::UnixMillis now) {
        // Well away from the edge of ten minutes, which the unit tests look at.
        static constexpr std::chrono::seconds ages[] = {0s, 300s, 570s, 630s, 86'400s};
        User user;
        user.settings.allowed = factors();
        user.settings.enabled = factors();
        user.settings.enrolled = factors();
        user.settings.change_restricted = seldom();
        user.settings.own = coin();
        user.settings.has_address = coin();
        user.seen = below(4);
        user.version = below(100);
        if (!seldom()) user.last_auth_time = now - ages[below(5)];
        if (coin()) user.last_strong_auth_time = now - ages[below(5)];
        return user;
    }

    TenantRules rules() {
        TenantRules rules;
        rules.policy = seldom() ? factors() : FactorSet::all();
        rules.default_setting = static_cast<DefaultSetting>(below(3));
        rules.allowed_all = below(4);
        rules.disallowed_all = below(4);
        rules.default_applies_unset = coin();
        rules.verified_addresses_only = coin();
        return rules;
    }

    SettingsChange change() {
        SettingsChange change;
        if (coin()) change.allowed_mask = factors();
        if (coin()) change.allowed_value = change.allowed_mask & factors();
        if (coin()) change.enable = factors();
        if (coin()) change.disable = factors();
        change.change_restricted = static_cast<SettingsChange::Restriction>(below(3));
        change.remove_factors = seldom();
        if (seldom()) change.must_be_allowed = FactorSet::from_bits(1U << below(6));
        change.must_allow_any = seldom();
        change.if_unrestricted = seldom();
        change.unless_active = coin();
        change.if_different = seldom();
        change.if_enabled = seldom();
        change.if_internal = seldom();
        change.proof = static_cast<SettingsChange::Proof>(below(3));
        change.by_server = coin();
        return change;
    }

private:
    std::mt19937 engine_;
};

Awaitable<void> store_user(const Context& store, const UserRef& ref, const User& user) {
    redis::Command command("HSET");
    command.arg(store.keys().user(ref)).arg("s").arg(user.settings.pack());
    command.arg("n").arg(user.seen).arg("v").arg(user.version).arg("t");
    command.arg(user.last_auth_time ? user.last_auth_time->time_since_epoch().count() : 0);
    const auto strong = user.last_strong_auth_time;
    command.arg("q").arg(strong ? strong->time_since_epoch().count() : 0);
    co_await store.exec(command);
}

Awaitable<void> store_rules(const Context& store, const UserRef& ref, const TenantRules& rules) {
    redis::Command command("HSET");
    command.arg(store.keys().rules(store.keys().partition(ref), ref.tenant));
    command.arg("p").arg(rules.policy.bits()).arg("d");
    command.arg(static_cast<int>(rules.default_setting));
    command.arg("a").arg(rules.allowed_all).arg("z").arg(rules.disallowed_all).arg("o");
    command.arg((rules.default_applies_unset ? 1 : 0) | (rules.verified_addresses_only ? 2 : 0));
    co_await store.exec(command);
}

Awaitable<User> stored_user(const Context& store, const UserRef& ref) {
    const std::string key = store.keys().user(ref);
    const auto packed = co_await test::hash_number(store, key, "s");
    const auto seen = co_await test::hash_number(store, key, "n");
    const auto version = co_await test::hash_number(store, key, "v");
    const auto last_auth = co_await test::hash_number(store, key, "t");
    User user;
    user.settings = Settings::unpack(static_cast<std::uint32_t>(packed)).value();
    user.seen = static_cast<std::uint64_t>(seen);
    user.version = static_cast<std::uint64_t>(version);
    if (last_auth > 0)
        user.last_auth_time = platform::UnixMillis{std::chrono::milliseconds{last_auth}};
    const auto last_strong = co_await test::hash_number(store, key, "q");
    if (last_strong > 0)
        user.last_strong_auth_time = platform::UnixMillis{std::chrono::milliseconds{last_strong}};
    co_return user;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_settings_tests, StoreScene)

BOOST_AUTO_TEST_CASE(the_script_decides_as_the_domain_does) {
    const unsigned seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    run([seed](const Context& store) -> Awaitable<void> {
        Dice dice(seed);
        const SettingsStore settings(store);
        const auto now = co_await test::store_now(store);
        std::array<unsigned, 10> seen{};
        for (int round = 0; round < 3000; ++round) {
            const User before = dice.user(now);
            const TenantRules rules = dice.rules();
            const SettingsChange change = dice.change();
            co_await store_user(store, ada, before);
            co_await store_rules(store, ada, rules);

            const auto read = co_await settings.read(ada);
            BOOST_REQUIRE_MESSAGE(
                read == state_of(before, rules), "read, seed " << seed << ", round " << round);

            const ChangeDecision expected = decide(before, rules, change, now);
            const ChangeOrder order = plain(change);
            const ChangeOutcome outcome = co_await settings.change(ada, order);
            BOOST_REQUIRE_MESSAGE(
                outcome.status == expected.status, "status, seed " << seed << ", round " << round);
            ++seen[static_cast<std::size_t>(outcome.status)];
            const User after = co_await stored_user(store, ada);
            if (expected.status != ChangeStatus::done) {
                BOOST_REQUIRE_MESSAGE(
                    after == before, "refused, seed " << seed << ", round " << round);
                continue;
            }
            BOOST_REQUIRE_MESSAGE(
                after == expected.after, "stored, seed " << seed << ", round " << round);
            BOOST_REQUIRE_MESSAGE(
                outcome.after == state_of(expected.after, rules),
                "told, seed " << seed << ", round " << round);
        }
        // Each kind of refusal came up.
        for (const auto status :
             {ChangeStatus::done, ChangeStatus::restricted, ChangeStatus::nothing_enabled,
              ChangeStatus::external_factor, ChangeStatus::not_allowed, ChangeStatus::unchanged,
              ChangeStatus::proof_too_old})
            BOOST_TEST(seen[static_cast<std::size_t>(status)] > 0U, static_cast<int>(status));
    });
}

BOOST_AUTO_TEST_CASE(several_users_change_together_or_not_at_all) {
    run([](const Context& store) -> Awaitable<void> {
        const SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email | totp);
        std::vector<std::string> users;
        for (int i = 1; i <= 50; ++i) {
            users.push_back(std::to_string(i));
            const UserRef ref{"acme", users.back()};
            co_await test::make_user(store, ref);
        }
        SettingsChange change;
        change.enable = change.must_be_allowed = email;
        const ChangeOrder order = plain(change);
        const auto done = co_await settings.change_many("acme", users, order);
        BOOST_CHECK(done.status == ChangeStatus::done);

        users.insert(users.begin() + 20, "nobody");
        change.disable = email;
        change.enable = {};
        const ChangeOrder undo = plain(change);
        const auto refused = co_await settings.change_many("acme", users, undo);
        BOOST_CHECK(refused.status == ChangeStatus::no_such_user);
        BOOST_TEST(refused.at == 20U);
        for (const std::string& user : users) {
            if (user == "nobody") continue;
            const UserRef ref{"acme", user};
            const auto state = co_await settings.read(ref);
            BOOST_TEST(state->required().contains(email));
        }
        const auto elsewhere = co_await settings.change_many("emca", users, undo);
        BOOST_CHECK(elsewhere.status == ChangeStatus::no_such_tenant);
    });
}

BOOST_AUTO_TEST_CASE(an_all_reaches_every_user_there_is_and_none_that_comes_later) {
    run([](const Context& store) -> Awaitable<void> {
        const SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email | totp);
        const UserRef first{"acme", "1"};
        const UserRef second{"acme", "2"};
        co_await test::make_user(store, first);
        const auto allowed = co_await settings.set_all("acme", true, nullptr);
        BOOST_CHECK(allowed.status == ChangeStatus::done);
        co_await test::make_user(store, second);
        auto state = co_await settings.read(first);
        BOOST_CHECK(state->required() == email);
        state = co_await settings.read(second);
        BOOST_TEST(state->required().empty());

        co_await settings.set_all("acme", false, nullptr);
        state = co_await settings.read(second);
        BOOST_TEST(state->allowed.empty());
        const auto nobody = co_await settings.set_all("emca", true, nullptr);
        BOOST_CHECK(nobody.status == ChangeStatus::no_such_tenant);

        co_await test::define_tenant(store, "acme", totp);
        const auto refused = co_await settings.set_all("acme", true, nullptr);
        BOOST_CHECK(refused.status == ChangeStatus::not_allowed);
    });
}

namespace {

/// Two `all` calls at once, while others read and write single users; then everybody has to stand
/// as the later of the two says.
class AllRace {
public:
    static constexpr int users = 12;

    explicit AllRace(StoreScene& scene, runtime::asio::io_context& context) : context_(context) {
        for (int i = 0; i < 4; ++i) {
            connections_.push_back(std::make_unique<redis::Connection>(context, scene.options()));
            connections_.back()->start();
            stores_.push_back(std::make_unique<Context>(
                *connections_.back(), scene.keys, 30s, StoreScene::audit_events));
        }
    }

    Awaitable<void> run(int rounds) {
        co_await test::define_tenant(*stores_[0], "acme", email | totp);
        for (int i = 0; i < users; ++i)
            co_await test::make_user(*stores_[0], user(i));
        for (int round = 0; round < rounds; ++round) {
            pending_ = 4;
            spawn(all(*stores_[0], round % 2 == 0));
            spawn(all(*stores_[1], round % 2 != 0));
            spawn(write_some(*stores_[2], round));
            spawn(read_some(*stores_[3], round));
            co_await test::until([this] { return pending_ == 0; });
            co_await check(round);
        }
        for (const auto& connection : connections_)
            co_await connection->stop(100ms);
    }

private:
    static UserRef user(int i) { return {"acme", std::to_string(i)}; }

    void spawn(Awaitable<void> task) {
        runtime::asio::co_spawn(context_, std::move(task), [this](std::exception_ptr thrown) {
            --pending_;
            BOOST_TEST(!thrown);
        });
    }

    Awaitable<void> all(const Context& store, bool allow) {
        const SettingsStore settings(store);
        co_await settings.set_all("acme", allow, nullptr);
    }

    Awaitable<void> write_some(const Context& store, int round) {
        const SettingsStore settings(store);
        SettingsChange change;
        change.change_restricted =
            round % 3 == 0 ? SettingsChange::Restriction::set : SettingsChange::Restriction::clear;
        const ChangeOrder order = plain(change);
        for (int i = 0; i < 3; ++i) {
            const UserRef ref = user((round + i) % users);
            co_await settings.change(ref, order);
        }
    }

    /// Whatever is read was true at one moment: allowed and enabled never contradict.
    Awaitable<void> read_some(const Context& store, int round) {
        const SettingsStore settings(store);
        for (int i = 0; i < 3; ++i) {
            const UserRef ref = user((round * 5 + i) % users);
            const auto state = co_await settings.read(ref);
            BOOST_TEST(state.has_value());
        }
    }

    Awaitable<void> check(int round) {
        const SettingsStore settings(*stores_[0]);
        const auto rules = co_await settings.rules("acme");
        const bool allowed = rules->allowed_all > rules->disallowed_all;
        for (int i = 0; i < users; ++i) {
            const UserRef ref = user(i);
            const auto state = co_await settings.read(ref);
            BOOST_REQUIRE_MESSAGE(
                state->required().contains(email) == allowed, "user " << i << ", round " << round);
            BOOST_REQUIRE_MESSAGE(
                state->allowed.empty() == !allowed, "user " << i << ", round " << round);
        }
    }

    runtime::asio::io_context& context_;
    std::vector<std::unique_ptr<redis::Connection>> connections_;
    std::vector<std::unique_ptr<Context>> stores_;
    int pending_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(two_concurrent_alls_end_as_the_later_one_says) {
    test::run_coroutine([this](runtime::asio::io_context& context) -> Awaitable<void> {
        AllRace race(*this, context);
        co_await race.run(1000);
    });
}

BOOST_AUTO_TEST_CASE(writes_to_one_user_are_limited_all_policies_or_none) {
    run([](const Context& store) -> Awaitable<void> {
        const SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email);
        co_await test::make_user(store, ada);
        const std::vector<RatePolicy> policies{{"short", 3, 1h}, {"long", 2, 24h}};
        SettingsChange change;
        change.enable = change.must_be_allowed = totp; // refused, and counted all the same
        ChangeOrder order = plain(change);
        order.policies = policies;
        const ChangeOutcome first = co_await settings.change(ada, order);
        BOOST_CHECK(first.status == ChangeStatus::not_allowed);
        BOOST_TEST(first.verdicts.at(0).remaining == 2U);
        co_await settings.change(ada, order);
        const ChangeOutcome third = co_await settings.change(ada, order);
        BOOST_CHECK(third.status == ChangeStatus::too_many);
        BOOST_TEST(third.verdicts.at(0).allowed);
        BOOST_TEST(!third.verdicts.at(1).allowed);
        const ChangeOutcome fourth = co_await settings.change(ada, order);
        BOOST_TEST(fourth.verdicts.at(0).remaining == 0U); // what the other refused did not count
        BOOST_TEST((fourth.verdicts.at(1).retry_after > 11h));
    });
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_repeats_the_outcome_and_not_the_change) {
    run([](const Context& store) -> Awaitable<void> {
        const SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email);
        co_await test::make_user(store, ada);
        SettingsChange change;
        change.enable = email;
        change.if_different = true;
        store::Idempotency key;
        key.record = store.keys().idempotency(store.keys().partition(ada), "k1");
        key.fingerprint = std::string(32, 'f');
        key.lifetime = 1h;
        key.storable = 1U << 0;
        key.supplement = std::string("sealed\n\0 supplement", 19);
        ChangeOrder order = plain(change);
        order.idempotency = &key;

        const ChangeOutcome first = co_await settings.change(ada, order);
        BOOST_CHECK(first.status == ChangeStatus::done);
        BOOST_CHECK(first.replay == store::Replay::fresh);
        const ChangeOutcome again = co_await settings.change(ada, order);
        BOOST_CHECK(again.status == ChangeStatus::done); // not `unchanged`
        BOOST_CHECK(again.replay == store::Replay::replayed);
        BOOST_CHECK(again.after == first.after);
        BOOST_TEST(again.supplement == key.supplement);

        key.fingerprint = std::string(32, 'g');
        const ChangeOutcome other = co_await settings.change(ada, order);
        BOOST_CHECK(other.replay == store::Replay::key_reused);

        // A status that is not storable runs each time.
        key.record = store.keys().idempotency(store.keys().partition(ada), "k2");
        const ChangeOutcome unchanged = co_await settings.change(ada, order);
        BOOST_CHECK(unchanged.status == ChangeStatus::unchanged);
        const ChangeOutcome unchanged_again = co_await settings.change(ada, order);
        BOOST_CHECK(unchanged_again.replay == store::Replay::fresh);

        // A request refused for its content binds the key to that content.
        key.record = store.keys().idempotency(store.keys().partition(ada), "k3");
        const bool noted = co_await settings.note_refusal(key);
        BOOST_TEST(noted);
        key.fingerprint = std::string(32, 'h');
        const bool stolen = co_await settings.note_refusal(key);
        BOOST_TEST(!stolen);
        const ChangeOutcome refused = co_await settings.change(ada, order);
        BOOST_CHECK(refused.replay == store::Replay::key_reused);
    });
}

BOOST_AUTO_TEST_CASE(unknown_users_and_tenants_are_told_apart) {
    run([](const Context& store) -> Awaitable<void> {
        const SettingsStore settings(store);
        const SettingsChange change;
        const ChangeOrder order = plain(change);
        ChangeOutcome outcome = co_await settings.change(ada, order);
        BOOST_CHECK(outcome.status == ChangeStatus::no_such_tenant);
        co_await test::define_tenant(store, "acme", email);
        outcome = co_await settings.change(ada, order);
        BOOST_CHECK(outcome.status == ChangeStatus::no_such_user);
        const auto state = co_await settings.read(ada);
        BOOST_TEST(!state.has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
