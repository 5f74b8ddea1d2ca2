#include "mfad/store/user_store.hpp"

#include "store_scene.hpp"

#include "mfad/store/credential_store.hpp"
#include "mfad/store/quota_store.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::Context;
using store::UserRecord;
using store::UserStore;
using Put = UserStore::Put;
using test::StoreScene;

namespace {

constexpr FactorSet email = FactorType::email;
constexpr FactorSet totp = FactorType::totp;
const UserRef ada{"acme", "ada"};

UserRecord record_of(const UserRef& user, const std::string& digest) {
    UserRecord record;
    record.user = user;
    record.address = store::StoredAddress{"sealed:" + digest, digest};
    return record;
}

Awaitable<store::QuotaTaken> take(
    const store::QuotaStore& quotas, std::string tenant, RatePolicy policy,
    std::optional<store::KeyPlace> place, std::uint32_t wanted = 1) {
    const redis::Command command = quotas.command(tenant, policy, wanted, place);
    const redis::Reply reply = co_await quotas.take(command);
    co_return store::QuotaStore::taken(reply);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_users_tests, StoreScene)

BOOST_AUTO_TEST_CASE(a_user_is_put_any_number_of_times_with_one_end) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        UserRecord record = record_of(ada, "ada-digest--");
        record.locale = "de";
        record.enabled = email;
        Put put = co_await users.put(record);
        BOOST_CHECK(put == Put::no_such_tenant);
        co_await test::define_tenant(store, "acme", email | totp);
        put = co_await users.put(record);
        BOOST_CHECK(put == Put::created);
        put = co_await users.put(record);
        BOOST_CHECK(put == Put::unchanged);

        const auto contact = co_await users.contact(ada);
        BOOST_TEST(contact->address.sealed == "sealed:ada-digest--");
        BOOST_TEST(contact->locale == "de");

        // Without `mfa` nothing of the settings is touched, and what is not said stays.
        UserRecord bare;
        bare.user = ada;
        bare.address = record.address;
        bare.locale = "en";
        put = co_await users.put(bare);
        BOOST_CHECK(put == Put::changed);
        const store::SettingsStore settings(store);
        const auto state = co_await settings.read(ada);
        BOOST_CHECK(state->required() == email);

        UserRecord silent;
        silent.user = ada;
        put = co_await users.put(silent);
        BOOST_CHECK(put == Put::unchanged);
        silent.address = store::StoredAddress{};
        silent.locale = "";
        put = co_await users.put(silent);
        BOOST_CHECK(put == Put::changed);
        const auto gone = co_await users.contact(ada);
        BOOST_TEST(gone->address.sealed.empty());
        BOOST_TEST(gone->locale.empty());
        put = co_await users.put(silent);
        BOOST_CHECK(put == Put::unchanged);
    });
}

BOOST_AUTO_TEST_CASE(a_new_user_starts_with_the_tenants_default) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        const store::SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email | totp, 0, DefaultSetting::disallowed);
        co_await users.put(record_of(ada, "ada-digest--"));
        auto state = co_await settings.read(ada);
        BOOST_TEST(state->allowed.empty());

        co_await test::define_tenant(store, "acme", email | totp, 0, DefaultSetting::allowed_email);
        const UserRef ben{"acme", "ben"};
        co_await users.put(record_of(ben, "ben-digest--"));
        state = co_await settings.read(ben);
        BOOST_CHECK(state->required() == email);
        state = co_await settings.read(ada); // the default is for new users
        BOOST_TEST(state->allowed.empty());
    });
}

BOOST_AUTO_TEST_CASE(a_default_for_users_without_a_setting_moves_with_it) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        const store::SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email | totp, 1, DefaultSetting::disallowed);
        co_await users.put(record_of(ada, "ada-digest--"));
        auto state = co_await settings.read(ada);
        BOOST_TEST(state->allowed.empty());
        co_await test::define_tenant(store, "acme", email | totp, 1, DefaultSetting::allowed_email);
        state = co_await settings.read(ada);
        BOOST_CHECK(state->required() == email);
    });
}

BOOST_AUTO_TEST_CASE(users_are_found_by_their_address_and_by_no_older_one) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        co_await test::define_tenant(store, "acme", email);
        const UserRef ben{"acme", "ben"};
        co_await users.put(record_of(ada, "shared------"));
        co_await users.put(record_of(ben, "shared------"));
        auto found = co_await users.find_by_address("acme", "shared------");
        BOOST_TEST((found == std::vector<std::string>{"ada", "ben"}));
        co_await users.put(record_of(ben, "bens-own----"));
        found = co_await users.find_by_address("acme", "shared------");
        BOOST_TEST((found == std::vector<std::string>{"ada"}));
        found = co_await users.find_by_address("acme", "bens-own----");
        BOOST_TEST((found == std::vector<std::string>{"ben"}));
        found = co_await users.find_by_address("emca", "shared------");
        BOOST_TEST(found.empty());
    });
}

BOOST_AUTO_TEST_CASE(another_address_is_not_verified) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        const store::SettingsStore settings(store);
        co_await test::define_tenant(store, "acme", email, 2);
        co_await users.put(record_of(ada, "ada-digest--"));
        Settings verified;
        verified.enabled = verified.enrolled = email;
        verified.has_address = true;
        co_await test::set_hash(store, store.keys().user(ada), "s", verified.pack());
        auto state = co_await settings.read(ada);
        BOOST_TEST(state->active());
        co_await users.put(record_of(ada, "new-digest--"));
        state = co_await settings.read(ada);
        BOOST_TEST(!state->active());
        BOOST_CHECK(state->required() == email);
    });
}

BOOST_AUTO_TEST_CASE(only_if_new_leaves_who_is_there_alone) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        co_await test::define_tenant(store, "acme", email);
        co_await users.put(record_of(ada, "ada-digest--"));
        UserRecord record = record_of(ada, "other-------");
        record.only_if_new = true;
        const Put put = co_await users.put(record);
        BOOST_CHECK(put == Put::unchanged);
        const auto contact = co_await users.contact(ada);
        BOOST_TEST(contact->address.digest == "ada-digest--");
    });
}

BOOST_AUTO_TEST_CASE(credentials_are_found_by_digest_listed_and_revoked) {
    run([](const Context& store) -> Awaitable<void> {
        const store::CredentialStore credentials(store);
        Credential credential;
        credential.kind = CredentialKind::server;
        credential.tenant = "acme";
        credential.permissions_json = R"({"users":["read"],"reports":["print"]})";
        credential.expires_at = platform::wall_now() + 1h;
        const std::string digest = store::credential_digest("a-secret-of-16-and-more");
        co_await credentials.put(digest, credential);
        const auto found = co_await credentials.find(digest);
        BOOST_TEST(found->id == digest.substr(0, 16));
        BOOST_TEST(found->permissions.has(Permission::users_read));
        BOOST_TEST(!found->permissions.has(Permission::users_update));
        BOOST_TEST(found->permissions_json == credential.permissions_json);

        auto listed = co_await credentials.list("acme");
        BOOST_TEST(listed.size() == 1U);
        listed = co_await credentials.list("emca");
        BOOST_TEST(listed.empty());
        const auto digests = co_await credentials.digests_of(digest.substr(0, 16));
        BOOST_TEST(digests.size() == 1U);
        const bool removed = co_await credentials.remove(digest);
        BOOST_TEST(removed);
        const auto gone = co_await credentials.find(digest);
        BOOST_TEST(!gone.has_value());

        credential.expires_at = platform::wall_now() - 1s;
        co_await credentials.put(digest, credential);
        const auto expired = co_await credentials.find(digest);
        BOOST_TEST(!expired.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_user_is_not_burdened_with_credentials_that_are_long_over) {
    run([](const Context& store) -> Awaitable<void> {
        const store::CredentialStore credentials(store);
        Credential session;
        session.kind = CredentialKind::session;
        session.tenant = ada.tenant;
        session.user = ada.user;
        session.permissions_json = "{}";
        const auto now = platform::wall_now();
        const std::map<std::string, std::optional<platform::UnixMillis>> ends{
            {"long-over-and-gone-1", now - 2h},
            {"lives-for-an-hour-22", now + 1h},
            {"lives-without-end-33", std::nullopt}};
        for (const auto& [secret, end] : ends) {
            session.expires_at = end;
            const std::string digest = store::credential_digest(secret);
            co_await credentials.put(digest, session);
        }
        redis::Command count("ZCARD");
        count.arg(store.keys().credentials(ada));
        const redis::Reply kept = co_await store.exec(count);
        BOOST_TEST(kept.integer() == 2);
    });
}

BOOST_AUTO_TEST_CASE(failed_sign_ins_are_counted_in_any_stretch_of_the_period) {
    run([](const Context& store) -> Awaitable<void> {
        const store::CredentialStore credentials(store);
        store::AttemptTaken taken;
        for (int i = 0; i < 5; ++i) {
            taken = co_await credentials.take_attempt("demo", 5, 15min);
            BOOST_TEST((taken.wait == 0ms));
        }
        const std::string last = taken.name;
        taken = co_await credentials.take_attempt("demo", 5, 15min);
        BOOST_TEST((taken.wait > 14min && taken.wait <= 15min));
        taken = co_await credentials.take_attempt("other", 5, 15min);
        BOOST_TEST((taken.wait == 0ms));
        co_await credentials.forget_attempt("demo", last);
        taken = co_await credentials.take_attempt("demo", 5, 15min);
        BOOST_TEST((taken.wait == 0ms));
        taken = co_await credentials.take_attempt("demo", 5, 15min);
        BOOST_TEST((taken.wait > 14min));
        co_await credentials.clear_attempts("demo");
        taken = co_await credentials.take_attempt("demo", 5, 15min);
        BOOST_TEST((taken.wait == 0ms));
    });
}

BOOST_AUTO_TEST_CASE(a_tenants_quota_is_his_own_and_a_credential_has_only_so_many_keys) {
    run([](const Context& store) -> Awaitable<void> {
        const store::QuotaStore quotas(store);
        const RatePolicy policy{"xsolla", 3, 1h};
        for (std::uint32_t left = 3; left-- > 0;) {
            const auto taken = co_await take(quotas, "acme", policy, std::nullopt);
            BOOST_TEST(taken.verdict.allowed);
            BOOST_TEST(taken.verdict.remaining == left);
        }
        auto taken = co_await take(quotas, "acme", policy, std::nullopt);
        BOOST_TEST(!taken.verdict.allowed);
        BOOST_TEST((taken.verdict.retry_after > 19min && taken.verdict.retry_after <= 20min));
        taken = co_await take(quotas, "emca", policy, std::nullopt, 2);
        BOOST_TEST(taken.verdict.allowed);
        BOOST_TEST(taken.count == 2);
        BOOST_TEST(taken.verdict.remaining == 1);
        taken = co_await take(quotas, "emca", policy, std::nullopt, 2); // as many as are left
        BOOST_TEST(taken.verdict.allowed);
        BOOST_TEST(taken.count == 1);
        BOOST_TEST(taken.verdict.remaining == 0);
        taken = co_await take(quotas, "emca", policy, std::nullopt, 2);
        BOOST_TEST(!taken.verdict.allowed); // as for one: it is not told to wait for two
        BOOST_TEST((taken.verdict.retry_after > 19min && taken.verdict.retry_after <= 20min));

        const RatePolicy off{"xsolla", 0, 1h};
        store::KeyPlace place{"credential", "key-1", 1h, 2};
        for (const char* name : {"key-1", "key-2", "key-1"}) {
            place.hash = name;
            taken = co_await take(quotas, "acme", off, place);
            BOOST_TEST(taken.place);
        }
        place.hash = "key-3";
        taken = co_await take(quotas, "acme", off, place);
        BOOST_TEST(!taken.place);
        BOOST_TEST((taken.verdict.retry_after > 59min));
    });
}

BOOST_AUTO_TEST_CASE(who_may_only_create_or_only_change_does_no_more) {
    run([](const Context& store) -> Awaitable<void> {
        co_await test::define_tenant(store, "acme", email);
        const UserStore users(store);
        UserRecord record = record_of(ada, "ada-digest--");
        record.may_be_created = false;
        Put put = co_await users.put(record);
        BOOST_CHECK(put == Put::not_permitted);
        bool exists = co_await users.exists(ada);
        BOOST_TEST(!exists);
        record.may_be_created = true;
        record.may_be_changed = false;
        put = co_await users.put(record);
        BOOST_CHECK(put == Put::created);
        put = co_await users.put(record); // the same again would change nothing, and is refused
        BOOST_CHECK(put == Put::not_permitted);
    });
}

BOOST_AUTO_TEST_CASE(a_removed_user_leaves_nothing_behind) {
    run([](const Context& store) -> Awaitable<void> {
        co_await test::define_tenant(store, "acme", email);
        const UserStore users(store);
        const UserRef eve{"acme", "eve"};
        co_await users.put(record_of(ada, "same-digest-"));
        co_await users.put(record_of(eve, "same-digest-"));
        const store::CredentialStore credentials(store);
        const std::string digest = store::credential_digest("a-secret-of-ada-s");
        domain::Credential credential;
        credential.tenant = "acme";
        credential.user = "ada";
        credential.permissions_json = "{}";
        co_await credentials.put(digest, credential);

        store::Removal removal = co_await users.remove(ada, nullptr);
        BOOST_CHECK(removal.status == ChangeStatus::done);
        const bool exists = co_await users.exists(ada);
        BOOST_TEST(!exists);
        const auto found = co_await credentials.find(digest);
        BOOST_TEST(!found.has_value());
        auto same = co_await users.find_by_address("acme", "same-digest-");
        BOOST_TEST(same == std::vector<std::string>{"eve"});
        const std::string bucket = store.keys().addresses("acme", "same-digest-");
        redis::Command look("HGET");
        look.arg(bucket).arg("same-digest-");
        const redis::Reply entry = co_await store.exec(look);
        BOOST_TEST(entry.text() == "eve");

        removal = co_await users.remove(ada, nullptr);
        BOOST_CHECK(removal.status == ChangeStatus::no_such_user);
        removal = co_await users.remove(eve, nullptr);
        BOOST_CHECK(removal.status == ChangeStatus::done);
        const redis::Reply none = co_await store.exec(look);
        BOOST_TEST(none.is_nil());
    });
}

BOOST_AUTO_TEST_CASE(a_repeated_removal_removes_nobody_who_came_since) {
    run([](const Context& store) -> Awaitable<void> {
        co_await test::define_tenant(store, "acme", email);
        const UserStore users(store);
        store::Idempotency key;
        key.record = store.keys().idempotency(store.keys().partition(ada), "key");
        key.fingerprint = std::string(32, 'f');
        key.lifetime = 1h;
        key.storable = store::storable_bit(ChangeStatus::done);
        co_await users.put(record_of(ada, "ada-digest--"));
        store::Removal removal = co_await users.remove(ada, &key);
        BOOST_CHECK(removal.replay == store::Replay::fresh);
        co_await users.put(record_of(ada, "ada-digest--"));
        removal = co_await users.remove(ada, &key);
        BOOST_CHECK(removal.replay == store::Replay::replayed);
        BOOST_CHECK(removal.status == ChangeStatus::done);
        const auto found = co_await users.find_by_address("acme", "ada-digest--");
        BOOST_TEST(found == std::vector<std::string>{"ada"});
        key.fingerprint = std::string(32, 'g');
        removal = co_await users.remove(ada, &key);
        BOOST_CHECK(removal.replay == store::Replay::key_reused);
    });
}

BOOST_AUTO_TEST_CASE(a_listing_comes_to_each_user_of_the_tenant) {
    run([](const Context& store) -> Awaitable<void> {
        const UserStore users(store);
        co_await test::define_tenant(store, "acme", email);
        co_await test::define_tenant(store, "acme2", email);
        std::set<std::string> made;
        for (int i = 0; i < 250; ++i) {
            const std::string user = "user-" + std::to_string(i);
            const UserRef ours{"acme", user};
            const UserRef theirs{"acme2", user + "x"};
            co_await users.put(record_of(ours, "digest-of-12"));
            co_await users.put(record_of(theirs, "digest-of-12"));
            made.insert(user);
        }
        std::set<std::string> seen;
        std::string cursor;
        do {
            const store::UserBatch batch = co_await users.list("acme", cursor);
            seen.insert(batch.users.begin(), batch.users.end());
            cursor = batch.cursor;
        } while (!cursor.empty());
        BOOST_TEST(seen == made);
        const std::vector<std::string> wanted{"user-7", "nobody", "user-9"};
        const auto contacts = co_await users.contacts("acme", wanted);
        BOOST_TEST(contacts.at(0)->address.digest == "digest-of-12");
        BOOST_TEST(!contacts.at(1).has_value());
        BOOST_TEST(contacts.at(2).has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
