#include "mfad/store/visit_store.hpp"

#include "store_scene.hpp"

#include "mfad/store/reset_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::Context;
using store::MailClass;
using store::ResetScheduled;
using test::StoreScene;
using Status = store::ResetScheduled::Status;

namespace {

constexpr FactorSet totp = FactorType::totp;
const UserRef ada{"acme", "ada"};

/// Visits of one user, and resets that are asked for in them.
class Visits {
public:
    explicit Visits(const Context& store) : store_(store), visits_(store), resets_(store) {}

    /// A link, whose following begins a visit.
    Awaitable<void> make_link(std::string id, bool restricts = false) {
        SettingsChange change;
        change.link = SettingsChange::Link::always;
        if (restricts) change.change_restricted = SettingsChange::Restriction::set;
        co_await test::make_link(store_, ada, change, std::move(id));
    }

    Awaitable<store::VisitRecord> read(std::string id) {
        const store::LinkRef link = ref(std::move(id));
        co_return co_await visits_.read(link, ada);
    }

    Awaitable<bool> holds(std::string id) {
        const store::VisitRecord visit = co_await read(std::move(id));
        co_return visit.holds;
    }

    Awaitable<void> spend(std::string id, bool bound) {
        const store::LinkRef link = ref(std::move(id));
        co_await visits_.spend(link, ada, bound);
    }

    Awaitable<ResetScheduled> schedule(
        std::string link, std::string reset, std::chrono::milliseconds delay) {
        const store::ResetSchedule order{std::move(link), std::move(reset), delay, "3job", "3told"};
        co_return co_await resets_.schedule(ada, order);
    }

    Awaitable<bool> cancel(std::string reset, std::string link) {
        co_return co_await resets_.cancel(ada, reset, link);
    }

    Awaitable<bool> execute(std::string reset) {
        store::ResetExecution order;
        order.reset_id = std::move(reset);
        order.factors = totp;
        order.notice = "3done";
        order.link = {"anew", "2anew"};
        order.link_lifetime = 1h;
        order.fields = {"T", "S"};
        co_return co_await resets_.execute(ada, order);
    }

    /// How many mails and other jobs are due at a time.
    Awaitable<std::int64_t> due(MailClass mail, platform::UnixMillis until) {
        redis::Command command("ZCOUNT");
        command.arg(store_.keys().due(store_.keys().partition(ada), mail)).arg("-inf");
        command.arg(until.time_since_epoch().count());
        const redis::Reply reply = co_await store_.exec(command);
        co_return reply.integer();
    }

    Awaitable<bool> has_field(std::string_view field) {
        redis::Command command("HEXISTS");
        command.arg(store_.keys().user(ada)).arg(field);
        const redis::Reply reply = co_await store_.exec(command);
        co_return reply.integer() == 1;
    }

    Awaitable<void> move_to(std::string digest) {
        const store::UserStore users(store_);
        store::UserRecord record;
        record.user = ada;
        record.address = store::StoredAddress{"other", std::move(digest)};
        co_await users.put(record);
    }

private:
    store::LinkRef ref(std::string id) const {
        return {store_.keys().partition(ada), std::move(id)};
    }

    const Context& store_;
    store::VisitStore visits_;
    store::ResetStore resets_;
};

/// A user who has an app, whose key is lost.
Awaitable<void> set_scene(const Context& store, bool has_address = true) {
    co_await test::define_tenant(store, "acme", FactorType::email | totp);
    co_await test::make_user(store, ada);
    Settings settings;
    settings.enabled = settings.enrolled = totp;
    settings.has_address = has_address;
    const std::string key = store.keys().user(ada);
    co_await test::set_hash(store, key, "s", settings.pack());
    co_await test::set_hash(store, key, "T", 1);
    co_await test::set_hash(store, key, "S", 2);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_visits_tests, StoreScene)

BOOST_AUTO_TEST_CASE(a_visit_goes_on_when_what_its_link_was_for_is_done) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        const auto before = co_await test::store_now(store);
        const store::VisitRecord begun = co_await visits.read("one");
        BOOST_TEST(begun.holds);
        BOOST_TEST(!begun.link_used);
        BOOST_TEST(begun.mfa.active());
        BOOST_TEST(!begun.mfa.last_auth_time.has_value());
        BOOST_TEST(!begun.reset_due.has_value());
        BOOST_TEST((begun.now >= before));

        co_await visits.spend("one", false);
        const store::VisitRecord after = co_await visits.read("one");
        BOOST_TEST(after.holds);
        BOOST_TEST(after.link_used);
        BOOST_TEST(!after.mfa.last_auth_time.has_value());
    });
}

BOOST_AUTO_TEST_CASE(who_binds_a_factor_has_just_used_it) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        const auto before = co_await test::store_now(store);
        co_await visits.spend("one", true);
        const store::VisitRecord first = co_await visits.read("one");
        BOOST_TEST((first.mfa.last_auth_time >= before));

        // Also with a further one, in the visit whose link is used.
        co_await test::set_hash(store, store.keys().user(ada), "t", 1);
        co_await visits.spend("one", true);
        const store::VisitRecord second = co_await visits.read("one");
        BOOST_TEST((second.mfa.last_auth_time >= before));
    });
}

BOOST_AUTO_TEST_CASE(a_newer_link_or_another_address_ends_a_visit) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        co_await visits.make_link("two");
        bool holds = co_await visits.holds("one");
        BOOST_TEST(!holds);
        co_await visits.spend("one", true);
        const bool has_time = co_await visits.has_field("t");
        BOOST_TEST(!has_time);

        const store::VisitRecord second = co_await visits.read("two");
        BOOST_TEST(second.holds);
        BOOST_TEST(!second.link_used);
        co_await visits.move_to("other-digest");
        holds = co_await visits.holds("two");
        BOOST_TEST(!holds);
        holds = co_await visits.holds("nobodys");
        BOOST_TEST(!holds);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_is_scheduled_once_and_told_at_once) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        const auto before = co_await test::store_now(store);
        const ResetScheduled scheduled = co_await visits.schedule("one", "r1", 24h);
        const auto after = co_await test::store_now(store);
        BOOST_CHECK(scheduled.status == Status::scheduled);
        BOOST_TEST((scheduled.due >= before + 24h && scheduled.due <= after + 24h));
        const auto told = co_await visits.due(MailClass::notice, after);
        BOOST_TEST(told == 1);
        const auto all = co_await visits.due(MailClass::notice, scheduled.due);
        BOOST_TEST(all == 2);
        const store::VisitRecord visit = co_await visits.read("one");
        BOOST_TEST((visit.reset_due == scheduled.due));

        const ResetScheduled again = co_await visits.schedule("one", "r2", 1h);
        BOOST_CHECK(again.status == Status::pending);
        BOOST_TEST((again.due == scheduled.due));
        const auto still = co_await visits.due(MailClass::notice, scheduled.due);
        BOOST_TEST(still == 2);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_that_cannot_be_is_refused_and_leaves_nothing) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store, false);
        Visits visits(store);
        co_await visits.make_link("one");
        ResetScheduled scheduled = co_await visits.schedule("one", "r1", 0ms);
        BOOST_CHECK(scheduled.status == Status::no_address);

        co_await set_scene(store);
        scheduled = co_await visits.schedule("nobodys", "r1", 0ms);
        BOOST_CHECK(scheduled.status == Status::visit_over);

        Settings bare;
        bare.enabled = bare.enrolled = FactorType::email; // which a mail can always bind anew
        bare.has_address = true;
        co_await test::set_hash(store, store.keys().user(ada), "s", bare.pack());
        scheduled = co_await visits.schedule("one", "r1", 0ms);
        BOOST_CHECK(scheduled.status == Status::nothing_to_reset);

        co_await set_scene(store);
        co_await visits.make_link("two", true);
        scheduled = co_await visits.schedule("two", "r1", 0ms);
        BOOST_CHECK(scheduled.status == Status::restricted);

        const bool pending = co_await visits.has_field("Z");
        BOOST_TEST(!pending);
        const auto now = co_await test::store_now(store);
        const auto told = co_await visits.due(MailClass::notice, now);
        BOOST_TEST(told == 0);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_is_cancelled_by_its_id_or_in_a_visit) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        co_await visits.schedule("one", "r1", 0ms);
        bool cancelled = co_await visits.cancel("r2", "");
        BOOST_TEST(!cancelled);
        cancelled = co_await visits.cancel("r1", "");
        BOOST_TEST(cancelled);
        cancelled = co_await visits.cancel("r1", "");
        BOOST_TEST(!cancelled);
        bool done = co_await visits.execute("r1");
        BOOST_TEST(!done);

        co_await visits.schedule("one", "r3", 0ms);
        cancelled = co_await visits.cancel("", "another");
        BOOST_TEST(!cancelled);
        cancelled = co_await visits.cancel("", "one");
        BOOST_TEST(cancelled);
        done = co_await visits.execute("r3");
        BOOST_TEST(!done);
        const store::VisitRecord visit = co_await visits.read("one");
        BOOST_TEST(visit.mfa.enrolled.contains(FactorType::totp));
        BOOST_TEST(!visit.reset_due.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_reset_that_is_due_unbinds_what_was_lost_and_leads_on) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        co_await visits.spend("one", true);
        co_await test::set_hash(store, store.keys().devices(ada), "device", 1);
        co_await visits.schedule("one", "r1", 0ms);
        bool done = co_await visits.execute("another");
        BOOST_TEST(!done);
        done = co_await visits.execute("r1");
        BOOST_TEST(done);

        for (const std::string_view gone : {"T", "S", "Z", "t", "q"}) {
            const bool there = co_await visits.has_field(gone);
            BOOST_TEST(!there, gone << " is there");
        }
        const auto device = co_await test::hash_number(store, store.keys().devices(ada), "device");
        BOOST_TEST(device == 0);
        const bool holds = co_await visits.holds("one");
        BOOST_TEST(!holds);
        const store::VisitRecord anew = co_await visits.read("anew");
        BOOST_TEST(anew.holds);
        BOOST_TEST(!anew.mfa.enrolled.contains(FactorType::totp));
        BOOST_TEST(!anew.mfa.active());

        const auto now = co_await test::store_now(store);
        const auto notices = co_await visits.due(MailClass::notice, now);
        BOOST_TEST(notices == 3); // the job itself, that it was asked for, that it is done
        const auto links = co_await visits.due(MailClass::link, now);
        BOOST_TEST(links == 2);
        done = co_await visits.execute("r1");
        BOOST_TEST(!done);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_waits_for_its_time_and_for_leave) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Visits visits(store);
        co_await visits.make_link("one");
        co_await visits.schedule("one", "r1", 24h);
        bool done = co_await visits.execute("r1");
        BOOST_TEST(!done);
        bool pending = co_await visits.has_field("Z");
        BOOST_TEST(pending);

        co_await visits.cancel("r1", "");
        co_await visits.schedule("one", "r2", 0ms);
        co_await visits.make_link("two", true); // since then changes are not his any more
        done = co_await visits.execute("r2");
        BOOST_TEST(!done);
        pending = co_await visits.has_field("Z");
        BOOST_TEST(!pending);
        const bool has_key = co_await visits.has_field("T");
        BOOST_TEST(has_key);
    });
}

BOOST_AUTO_TEST_SUITE_END()
