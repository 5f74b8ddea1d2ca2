#include "mfad/store/passkey_index.hpp"

#include "store_scene.hpp"

#include "mfad/domain/challenge.hpp"
#include "mfad/store/challenge_store.hpp"
#include "mfad/store/factor_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::Context;
using store::FactorOutcome;
using store::FactorStatus;
using store::FactorStore;
using store::PasskeyIndex;
using test::StoreScene;

namespace {

const UserRef ada{"acme", "ada"};
const UserRef bob{"acme", "bob"};
const std::string tag(store::passkey_tag_bytes, 't');
const std::string none;

/// As the index reads it: version, tag, and more.
std::string stored(char name) {
    return "\1" + std::string(store::passkey_tag_bytes, name) + "the rest";
}

Awaitable<void> set(const Context& store) {
    co_await test::define_tenant(store, "acme", FactorSet::all());
    co_await test::make_user(store, ada);
    co_await test::make_user(store, bob);
}

Awaitable<FactorOutcome> bind(const Context& store, std::size_t slot, char name) {
    const FactorStore factors(store);
    store::FactorOrder order;
    order.factor = FactorType::passkey;
    order.enable = true;
    order.values.emplace_back(FactorStore::passkeys[slot], stored(name));
    co_return co_await factors.put(ada, order);
}

Awaitable<FactorOutcome> unbind(const Context& store, std::size_t slot, char name) {
    const FactorStore factors(store);
    store::RemovalOrder order;
    order.factors = order.disable = FactorType::passkey;
    order.must_be_bound = true;
    order.expected_field = FactorStore::passkeys[slot];
    order.expected_begin = stored(name).substr(0, 1 + store::passkey_tag_bytes);
    order.fields = {order.expected_field, "M4"};
    for (const char* field : FactorStore::passkeys)
        if (field != order.expected_field) order.others.emplace_back(field);
    co_return co_await factors.remove(ada, order);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_passkeys_tests, StoreScene)

BOOST_AUTO_TEST_CASE(a_passkey_is_claimed_by_one_user) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set(store);
        const PasskeyIndex index(store);
        const auto nobody = co_await index.owner(tag);
        BOOST_TEST(!nobody.has_value());
        const auto first = co_await index.claim(tag, ada, none);
        BOOST_TEST(!first.has_value());
        const auto again = co_await index.claim(tag, ada, none);
        BOOST_TEST(!again.has_value(), "one's own");
        const auto other = co_await index.claim(tag, bob, none);
        BOOST_REQUIRE(other.has_value());
        BOOST_TEST(other->user.user == "ada");
        BOOST_TEST((platform::wall_now() - other->at < 1min));
        const auto owner = co_await index.owner(tag);
        BOOST_TEST(owner->user.user == "ada");

        const auto outdated = co_await index.claim(tag, bob, "something else");
        BOOST_TEST(outdated.has_value());
        const auto taken = co_await index.claim(tag, bob, other->raw);
        BOOST_TEST(!taken.has_value(), "it was found void");
        const std::vector<std::string> tags{tag};
        co_await index.release(tags, ada);
        const auto still = co_await index.owner(tag);
        BOOST_TEST(still->user.user == "bob", "nobody takes away what is another's");
        co_await index.release(tags, bob);
        const auto gone = co_await index.owner(tag);
        BOOST_TEST(!gone.has_value());
    });
}

BOOST_AUTO_TEST_CASE(the_factor_stays_bound_while_one_passkey_is_left) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set(store);
        co_await bind(store, 0, 'a');
        co_await bind(store, 4, 'b');
        const FactorOutcome first = co_await unbind(store, 0, 'a');
        BOOST_TEST((first.status == FactorStatus::done));
        BOOST_TEST(first.after.enrolled.contains(FactorType::passkey));
        BOOST_TEST(first.after.enabled.contains(FactorType::passkey));
        const FactorOutcome twice = co_await unbind(store, 0, 'a');
        BOOST_TEST((twice.status == FactorStatus::none_bound));
        const FactorOutcome another = co_await unbind(store, 4, 'x');
        BOOST_TEST((another.status == FactorStatus::none_bound), "its place has another by now");
        const FactorOutcome last = co_await unbind(store, 4, 'b');
        BOOST_TEST((last.status == FactorStatus::done));
        BOOST_TEST(!last.after.enrolled.contains(FactorType::passkey));
        BOOST_TEST(!last.after.enabled.contains(FactorType::passkey));
    });
}

BOOST_AUTO_TEST_CASE(a_challenge_hands_out_passkeys_when_they_may_pass_it) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set(store);
        const store::ChallengeStore challenges(store, 5);
        store::ChallengeOrder order;
        order.lifetime = 1min;
        order.fields.assign(FactorStore::passkeys.begin(), FactorStore::passkeys.end());
        const store::ChallengeRef first{ada, "c1"};
        co_await bind(store, 2, 'a');
        const auto opened = co_await challenges.open(first, order);
        BOOST_TEST((opened.outcome == store::ChallengeOpened::Outcome::opened));
        BOOST_REQUIRE(opened.fields.size() == 10U);
        BOOST_TEST(opened.fields[2] == stored('a'));
        BOOST_TEST(opened.fields[0] == "");

        order.too_weak = FactorType::passkey;
        const store::ChallengeRef second{ada, "c2"};
        const auto without = co_await challenges.open(second, order);
        BOOST_TEST(without.fields.empty());
    });
}

BOOST_AUTO_TEST_CASE(a_passkey_is_replaced_when_it_is_what_was_read) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set(store);
        co_await bind(store, 0, 'a');
        const FactorStore factors(store);
        redis::Command mark("HSET");
        mark.arg(store.keys().user(ada)).arg("M4").arg("an attempt in flight");
        co_await store.exec(mark);
        const bool outdated = co_await factors.replace_passkey(ada, 0, stored('b'), stored('c'));
        BOOST_TEST(!outdated);
        const bool done = co_await factors.replace_passkey(ada, 0, stored('a'), stored('c'));
        BOOST_TEST(done);
        const std::vector<std::string> names{"P0", "M4"};
        const std::vector<std::string> fields = co_await factors.fields(ada, names);
        BOOST_TEST(fields[0] == stored('c'));
        BOOST_TEST(fields[1] == "", "it would write back what it has read");
    });
}

BOOST_AUTO_TEST_CASE(a_user_who_goes_takes_his_claims_with_him) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set(store);
        const PasskeyIndex index(store);
        const std::string of_a(store::passkey_tag_bytes, 'a');
        co_await index.claim(of_a, ada, none);
        co_await bind(store, 9, 'a');
        const std::vector<std::string> held = co_await index.tags(ada);
        BOOST_REQUIRE(held.size() == 1U);
        BOOST_TEST(held.front() == of_a);
        const store::UserStore users(store);
        co_await users.remove(ada, nullptr);
        const auto owner = co_await index.owner(of_a);
        BOOST_TEST(!owner.has_value());
    });
}

BOOST_AUTO_TEST_CASE(an_assertion_is_spent_once) {
    run([](const Context& store) -> Awaitable<void> {
        const PasskeyIndex index(store);
        const std::string digest(32, 'd');
        const bool first = co_await index.spend(digest, 1min);
        const bool second = co_await index.spend(digest, 1min);
        BOOST_TEST(first);
        BOOST_TEST(!second);
    });
}

BOOST_AUTO_TEST_SUITE_END()
