#include "mfad/store/challenge_store.hpp"

#include "store_scene.hpp"
#include "vectors.hpp"

#include "mfad/domain/challenge.hpp"
#include "mfad/store/audit_store.hpp"
#include "mfad/store/device_store.hpp"
#include "mfad/store/factor_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::Attempt;
using store::ChallengeOpened;
using store::ChallengeRef;
using store::ChallengeStore;
using store::Context;
using store::FactorStatus;
using store::FactorStore;
using test::StoreScene;
using Found = ChallengeStore::Found;

namespace {

const UserRef ada{"acme", "ada"};

/// A user with an address and a passkey, and a challenge of his.
struct Scene {
    explicit Scene(const Context& context)
        : store(context), challenges(context, 5), factors(context) {
        challenge.user = ada;
        challenge.id = "c1";
    }

    Awaitable<void> set() {
        co_await test::define_tenant(store, "acme", FactorSet::all());
        co_await test::make_user(store, ada);
        co_await bind(FactorType::passkey, passkey);
    }

    /// With an app as well, and his challenge open.
    Awaitable<void> set_app() {
        co_await set();
        co_await bind(FactorType::totp, FactorStore::totp);
        co_await open();
    }

    Awaitable<void> bind(FactorType factor, std::string field) {
        store::FactorOrder order;
        order.factor = factor;
        order.enable = true;
        order.values.emplace_back(field, "sealed");
        const store::FactorOutcome bound = co_await factors.put(ada, order);
        BOOST_REQUIRE(bound.status == FactorStatus::done);
    }

    Awaitable<ChallengeOpened> open() {
        store::ChallengeOrder order;
        order.lifetime = 10min;
        co_return co_await challenges.open(challenge, order);
    }

    Awaitable<store::AttemptBegun> begin(std::string id, std::chrono::milliseconds mark = 2s) {
        const std::vector<std::string> fields{passkey, FactorStore::passkeys.at(1)};
        co_return co_await challenges.begin(challenge, FactorType::passkey, id, mark, fields, owed);
    }

    Awaitable<Attempt> finish(std::string id, Found found) {
        const ChallengeStore::FieldValues values{{passkey, "7"}};
        co_return co_await challenges.finish(
            challenge, FactorType::passkey, id, found, values, owed);
    }

    Awaitable<store::SealedFields> read_app() {
        const std::vector<std::string> fields{FactorStore::totp, FactorStore::totp_step};
        co_return co_await challenges.read_sealed(ada, fields);
    }

    /// Settles an attempt with an app, on what is there now.
    Awaitable<Attempt> compare(store::Compared::Found found, std::int64_t step = 0) {
        const store::SealedFields read = co_await read_app();
        const store::Compared compared{found, step, read.fields.at(0)};
        co_return co_await challenges.verify(challenge, compared, owed);
    }

    const std::string passkey{FactorStore::passkeys.at(0)};

    const Context& store;
    ChallengeStore challenges;
    FactorStore factors;
    ChallengeRef challenge;
    store::AttemptNotices owed;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_challenges_tests, StoreScene)

BOOST_AUTO_TEST_CASE(the_waits_of_the_scripts_are_those_of_the_domain) {
    run([](const Context& store) -> Awaitable<void> {
        const std::string script =
            test::read_file(MFAD_SOURCE_DIR "/src/store/scripts/lib/budget.lua") +
            "return wait_of(tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))";
        constexpr std::int64_t last = 1'800'000'000'000;
        for (unsigned failures = 0; failures <= 12; ++failures)
            for (const std::int64_t later :
                 {0, 1, 29'999, 30'000, 119'999, 3'600'000, 90'000'000}) {
                redis::Command command("EVAL");
                command.arg(script).arg(0).arg(failures).arg(last).arg(last + later);
                const redis::Reply reply = co_await store.exec(command);
                const AttemptBudget budget{
                    failures, platform::UnixMillis{std::chrono::milliseconds{last}}};
                const auto now = platform::UnixMillis{std::chrono::milliseconds{last + later}};
                const std::int64_t expected = budget.is_disabled() ? -1 : budget.wait(now).count();
                BOOST_TEST(reply.integer() == expected);
            }
    });
}

BOOST_AUTO_TEST_CASE(one_attempt_with_a_factor_is_in_flight) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        const ChallengeOpened opened = co_await scene.open();
        BOOST_CHECK(opened.outcome == ChallengeOpened::Outcome::opened);
        BOOST_CHECK(opened.factors == FactorSet(FactorType::passkey));

        const auto first = co_await scene.begin("attempt1");
        BOOST_CHECK(first.attempt.state == ChallengeState::open);
        BOOST_TEST(first.fields.at(0) == "sealed");
        BOOST_TEST(first.fields.at(1) == "");
        const auto second = co_await scene.begin("attempt2");
        BOOST_CHECK(second.attempt.state == ChallengeState::busy);
        BOOST_TEST((second.attempt.wait > 1s && second.attempt.wait <= 2s));
        const Attempt foreign = co_await scene.finish("attempt2", Found::right);
        BOOST_CHECK(foreign.state == ChallengeState::busy);
        const Attempt passed = co_await scene.finish("attempt1", Found::right);
        BOOST_CHECK(passed.state == ChallengeState::open);
        const std::string key = store.keys().user(ada);
        const auto written = co_await test::hash_number(store, key, scene.passkey);
        BOOST_TEST(written == 7);
        const auto late = co_await scene.begin("attempt3");
        BOOST_CHECK(late.attempt.state == ChallengeState::used);
    });
}

BOOST_AUTO_TEST_CASE(a_mark_that_ran_out_counts_and_its_attempt_passes_nothing) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        co_await scene.begin("attempt1", 0ms);
        const Attempt slow = co_await scene.finish("attempt1", Found::right);
        BOOST_CHECK(slow.state == ChallengeState::busy);
        for (const std::string id : {"attempt2", "attempt3", "attempt4", "attempt5"}) {
            const auto begun = co_await scene.begin(id, 0ms);
            BOOST_CHECK(begun.attempt.state == ChallengeState::open);
        }
        const auto sixth = co_await scene.begin("attempt6", 0ms);
        BOOST_CHECK(sixth.attempt.state == ChallengeState::waiting);
    });
}

BOOST_AUTO_TEST_CASE(what_was_passed_by_another_factor_is_not_passed_twice_nor_counted) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        co_await scene.begin("attempt1");
        const std::string key =
            store.keys().challenge(store.keys().partition(ada), scene.challenge.id);
        co_await test::set_hash(store, key, "d", 1);
        const Attempt second = co_await scene.finish("attempt1", Found::right);
        BOOST_CHECK(second.state == ChallengeState::used);
    });
}

BOOST_AUTO_TEST_CASE(what_was_pending_is_bound_once) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        const bool kept = co_await scene.factors.put_pending(ada, FactorStore::totp_pending, "new");
        BOOST_TEST(kept);
        store::FactorOrder order;
        order.factor = FactorType::totp;
        order.pending_field = FactorStore::totp_pending;
        order.pending_value = "other";
        order.values.emplace_back(FactorStore::totp, "sealed-new");
        store::FactorOutcome outcome = co_await scene.factors.put(ada, order);
        BOOST_CHECK(outcome.status == FactorStatus::pending_gone);
        order.pending_value = "new";
        outcome = co_await scene.factors.put(ada, order);
        BOOST_CHECK(outcome.status == FactorStatus::done);
        outcome = co_await scene.factors.put(ada, order);
        BOOST_CHECK(outcome.status == FactorStatus::pending_gone);
    });
}

BOOST_AUTO_TEST_CASE(his_own_credential_needs_a_fresh_proof_to_change_factors_and_no_restriction) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        store::FactorOrder more;
        more.factor = FactorType::recovery_code;
        more.by_himself = true;
        more.values.emplace_back(FactorStore::recovery_codes, "digests");
        store::RemovalOrder removal;
        removal.factors = removal.disable = FactorType::passkey;
        removal.by_himself = removal.must_be_bound = true;
        removal.fields.emplace_back(scene.passkey);
        store::FactorOutcome outcome = co_await scene.factors.put(ada, more);
        BOOST_CHECK(outcome.status == FactorStatus::proof_too_old);
        outcome = co_await scene.factors.remove(ada, removal);
        BOOST_CHECK(outcome.status == FactorStatus::proof_too_old);

        co_await scene.open();
        co_await scene.begin("attempt1");
        co_await scene.finish("attempt1", Found::right);
        outcome = co_await scene.factors.put(ada, more);
        BOOST_CHECK(outcome.status == FactorStatus::done);
        outcome = co_await scene.factors.remove(ada, removal);
        BOOST_CHECK(outcome.status == FactorStatus::done);
        BOOST_TEST(!outcome.after.active());
        outcome = co_await scene.factors.remove(ada, removal);
        BOOST_CHECK(outcome.status == FactorStatus::none_bound);
    });
}

// ---- codes of an app ----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_step_passes_once_and_only_forward) {
    run([](const Context& store) -> Awaitable<void> {
        using Found = store::Compared::Found;
        Scene scene(store);
        co_await scene.set_app();
        const store::SealedFields read = co_await scene.read_app();
        BOOST_TEST(read.fields.at(0) == "sealed");
        BOOST_TEST(read.fields.at(1) == "");
        const platform::UnixMillis now = co_await test::store_now(store);
        BOOST_TEST((read.now <= now && now - read.now < 1min));
        const Attempt passed = co_await scene.compare(Found::right, 7);
        BOOST_CHECK(passed.state == ChallengeState::open);
        const Attempt again = co_await scene.compare(Found::right, 8);
        BOOST_CHECK(again.state == ChallengeState::used);

        scene.challenge.id = "c2";
        co_await scene.open();
        for (const std::int64_t step : {7, 6}) { // as of who has read before it was spent
            const Attempt spent = co_await scene.compare(Found::right, step);
            BOOST_CHECK(spent.state == ChallengeState::spent);
        }
        const Attempt next = co_await scene.compare(Found::right, 8);
        BOOST_CHECK(next.state == ChallengeState::open);
        const store::SealedFields after = co_await scene.read_app();
        BOOST_TEST(after.fields.at(1) == "8");
    });
}

BOOST_AUTO_TEST_CASE(a_right_code_during_a_wait_is_not_told_from_a_wrong_one) {
    run([](const Context& store) -> Awaitable<void> {
        using Found = store::Compared::Found;
        Scene scene(store);
        co_await scene.set_app();
        for (unsigned left = 5; left-- > 0;) {
            const Attempt wrong = co_await scene.compare(Found::wrong);
            BOOST_CHECK(wrong.state == ChallengeState::wrong);
            BOOST_TEST(wrong.tries_left == left);
        }
        scene.challenge.id = "c2";
        co_await scene.open();
        for (const Found found : {Found::right, Found::wrong, Found::spent, Found::malformed}) {
            const Attempt waiting = co_await scene.compare(found, 9);
            BOOST_CHECK(waiting.state == ChallengeState::waiting);
            BOOST_TEST((waiting.wait > 25s && waiting.wait <= 30s));
        }
    });
}

BOOST_AUTO_TEST_CASE(what_says_nothing_of_the_code_counts_as_nothing) {
    run([](const Context& store) -> Awaitable<void> {
        using Found = store::Compared::Found;
        Scene scene(store);
        co_await scene.set_app();
        const std::string key = store.keys().user(ada);
        co_await test::set_hash(store, key, FactorStore::totp, 1);
        for (const auto& [found, sealed] :
             {std::pair(Found::right, "sealed"), {Found::wrong, "sealed"}, {Found::wrong, ""}}) {
            const store::Compared old{found, 7, sealed};
            const Attempt late = co_await scene.challenges.verify(scene.challenge, old, scene.owed);
            BOOST_CHECK(late.state == ChallengeState::busy);
        }
        Attempt attempt = co_await scene.compare(Found::malformed);
        BOOST_CHECK(attempt.state == ChallengeState::not_a_code);
        attempt = co_await scene.compare(Found::too_weak);
        BOOST_CHECK(attempt.state == ChallengeState::not_offered);
        attempt = co_await scene.compare(Found::spent);
        BOOST_CHECK(attempt.state == ChallengeState::spent);
        redis::Command failures("HEXISTS");
        failures.arg(key).arg("F2");
        const redis::Reply counted = co_await store.exec(failures);
        BOOST_TEST(counted.integer() == 0);
        attempt = co_await scene.compare(Found::wrong);
        BOOST_CHECK(attempt.state == ChallengeState::wrong);
        BOOST_TEST(attempt.tries_left == 4U);
    });
}

BOOST_AUTO_TEST_CASE(a_change_that_is_not_about_his_app_is_not_in_the_way_of_its_code) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set_app();
        const store::SealedFields read = co_await scene.read_app();
        const store::SettingsStore settings(store);
        SettingsChange change;
        change.enable = FactorType::email;
        const store::ChangeOrder order{change, {}, {}, 0ms, {}, nullptr};
        const store::ChangeOutcome changed = co_await settings.change(ada, order);
        BOOST_CHECK(changed.status == ChangeStatus::done);
        const store::Compared compared{store::Compared::Found::right, 7, read.fields.at(0)};
        const Attempt passed =
            co_await scene.challenges.verify(scene.challenge, compared, scene.owed);
        BOOST_CHECK(passed.state == ChallengeState::open);
    });
}

// ---- remembered devices -------------------------------------------------------------------------

/// Passes the challenge of a scene, and remembers the device.
Awaitable<store::DeviceToken> remember(Scene& scene, std::string id) {
    co_await scene.open();
    co_await scene.begin("attempt1");
    const Attempt passed = co_await scene.finish("attempt1", Found::right);
    BOOST_REQUIRE(passed.state == ChallengeState::open);
    const store::DeviceStore devices(scene.store);
    store::DeviceOrder order;
    order.id = std::move(id);
    order.lifetime = 1h;
    order.most = 2;
    const store::AuditNote note;
    const auto token = co_await devices.remember(scene.challenge, order, note);
    BOOST_REQUIRE(token.has_value());
    co_return *token;
}

BOOST_AUTO_TEST_CASE(a_device_is_remembered_only_where_a_challenge_was_passed_and_still_counts) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        const store::DeviceStore devices(store);
        store::DeviceOrder order;
        order.id = "aaaaaaaaaaa";
        order.lifetime = 1h;
        order.most = 2;
        const store::AuditNote note;
        const auto early = co_await devices.remember(scene.challenge, order, note);
        BOOST_TEST(!early.has_value());
        co_await scene.begin("attempt1");
        co_await scene.finish("attempt1", Found::right);
        // As a reset leaves it.
        const std::string key = store.keys().user(ada);
        const auto proof = co_await test::hash_number(store, key, "t");
        co_await test::set_hash(store, key, "t", 0);
        const auto voided = co_await devices.remember(scene.challenge, order, note);
        BOOST_TEST(!voided.has_value());
        co_await test::set_hash(store, key, "t", proof);
        const auto token = co_await devices.remember(scene.challenge, order, note);
        BOOST_REQUIRE(token.has_value());
        BOOST_TEST(token->id == "aaaaaaaaaaa");
        BOOST_TEST(token->generation == 0U);
        order.id = "bbbbbbbbbbb";
        const auto again = co_await devices.remember(scene.challenge, order, note);
        BOOST_TEST(again.value().id == "aaaaaaaaaaa");
    });
}

BOOST_AUTO_TEST_CASE(a_token_that_the_store_has_forgotten_to_have_handed_out_is_good) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        const store::DeviceToken token = co_await remember(scene, "aaaaaaaaaaa");
        scene.challenge.id = "c2";
        store::ChallengeOrder order;
        order.lifetime = 10min;
        order.device = token;
        order.device->generation = 7;
        const ChallengeOpened opened = co_await scene.challenges.open(scene.challenge, order);
        BOOST_CHECK(opened.device == store::DeviceState::known);
        BOOST_TEST(opened.device_generation == 8U);
        order.device->generation = 6;
        const ChallengeOpened old = co_await scene.challenges.open(scene.challenge, order);
        BOOST_CHECK(old.device == store::DeviceState::stolen);
    });
}

// ---- the fence ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_older_than_the_fence_is_over) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        const unsigned partition = store.keys().partition(ada);
        const platform::UnixMillis now = co_await test::store_now(store);
        redis::Command fence("SET");
        fence.arg(store.keys().fence(partition)).arg((now + 1s).time_since_epoch().count());
        co_await store.exec(fence);
        const auto begun = co_await scene.begin("attempt1");
        BOOST_CHECK(begun.attempt.state == ChallengeState::expired);
        const auto record = co_await scene.challenges.read(partition, scene.challenge.id);
        BOOST_TEST(record.value().fenced);
        fence = redis::Command("SET");
        fence.arg(store.keys().fence(partition)).arg((now - 1s).time_since_epoch().count());
        co_await store.exec(fence);
        const auto later = co_await scene.begin("attempt2");
        BOOST_CHECK(later.attempt.state == ChallengeState::open);
        BOOST_CHECK(later.fence == now - 1s);
    });
}

BOOST_AUTO_TEST_CASE(a_factor_that_is_forbidden_meanwhile_passes_nothing) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        const store::SettingsStore settings(store);
        SettingsChange change;
        change.disable = FactorType::passkey;
        const store::ChangeOrder order{change, {}, {}, 0ms, {}, nullptr};
        co_await settings.change(ada, order);
        const auto begun = co_await scene.begin("attempt1");
        BOOST_CHECK(begun.attempt.state == ChallengeState::not_offered);
    });
}

BOOST_AUTO_TEST_CASE(an_attempt_ends_when_the_settings_change_meanwhile_and_counts_as_nothing) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        co_await scene.begin("attempt1");
        const store::SettingsStore settings(store);
        SettingsChange change;
        change.enable = FactorType::email;
        const store::ChangeOrder order{change, {}, {}, 0ms, {}, nullptr};
        co_await settings.change(ada, order);
        const Attempt late = co_await scene.finish("attempt1", Found::right);
        BOOST_CHECK(late.state == ChallengeState::busy);
        co_await scene.begin("attempt2");
        const Attempt passed = co_await scene.finish("attempt2", Found::right);
        BOOST_CHECK(passed.state == ChallengeState::open);
    });
}

// ---- the audit ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_happened_is_told_newest_first_a_page_at_a_time) {
    run([](const Context& store) -> Awaitable<void> {
        Scene scene(store);
        co_await scene.set();
        co_await scene.open();
        co_await scene.begin("attempt1");
        co_await scene.finish("attempt1", Found::wrong);
        co_await scene.begin("attempt2");
        co_await scene.finish("attempt2", Found::right);
        const store::AuditStore events(store);
        const unsigned partition = store.keys().partition(ada);
        const auto newest = co_await events.page(partition, "", 2);
        BOOST_REQUIRE_EQUAL(newest.size(), 2U);
        BOOST_TEST(newest[0].outcome == "passed");
        BOOST_TEST(newest[1].outcome == "wrong");
        BOOST_TEST(newest[0].subject == "c1");
        BOOST_TEST(newest[0].factor == "passkey");
        BOOST_TEST(newest[0].by == "user");
        const auto older = co_await events.page(partition, newest[1].id, 2);
        BOOST_REQUIRE_EQUAL(older.size(), 1U);
        BOOST_TEST(older[0].event == "factor_added");
        BOOST_TEST(older[0].by == "host");
        const auto dropped = co_await events.dropped();
        BOOST_TEST(dropped == 0U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
