#include "mfad/store/link_store.hpp"

#include "store_scene.hpp"

#include "mfad/platform/packed.hpp"
#include "mfad/store/job_store.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad;
using namespace mfad::domain;
using namespace std::chrono_literals;
using runtime::Awaitable;
using store::CodeAsker;
using store::Context;
using store::LinkKind;
using store::LinkOutcome;
using store::LinkState;
using test::StoreScene;

namespace {

constexpr FactorSet email = FactorType::email;
constexpr unsigned tries = 5;
const UserRef ada{"acme", "ada"};

/// Everything that a link's life takes.
class Links {
public:
    explicit Links(const Context& store) : store_(store), settings_(store), links_(store) {}

    /// A link as Rebilly's POST makes it.
    Awaitable<store::ChangeOutcome> make(std::string id, bool by_server = false) {
        SettingsChange change;
        change.link = SettingsChange::Link::always;
        change.by_server = by_server;
        return make_by(std::move(id), change);
    }

    Awaitable<store::ChangeOutcome> make_by(std::string id, SettingsChange change) {
        co_return co_await test::make_link(store_, ada, change, std::move(id));
    }

    store::LinkRef ref(std::string id) const {
        return {store_.keys().partition(ada), std::move(id)};
    }

    Awaitable<LinkState> state(std::string id) {
        const store::Link link = co_await links_.read(ref(std::move(id)), ada, tries);
        co_return link.state;
    }

    Awaitable<store::CodeSent> send(std::string id, std::string digest) {
        const store::CodeOrder order{
            std::move(digest), "1code-job",      5min, tries, CodeAsker::link,
            {"gap", 10, 1min}, {"codes", 20, 1h}};
        const store::LinkRef link = ref(std::move(id));
        co_return co_await links_.send_code(link, ada, order);
    }

    Awaitable<store::CodeChecked> verify(std::string id, std::string digest) {
        const store::LinkRef link = ref(std::move(id));
        store::CodeCheck check;
        check.digests = {&digest, 1};
        check.tries = tries;
        check.notice = "3notice";
        co_return co_await links_.verify_code(link, ada, check);
    }

    Awaitable<std::int64_t> due(store::MailClass mail) {
        redis::Command command("ZCARD");
        command.arg(store_.keys().due(store_.keys().partition(ada), mail));
        const redis::Reply reply = co_await store_.exec(command);
        co_return reply.integer();
    }

    /// Ends a code, by its place among the last three.
    Awaitable<void> end_code(std::string id, unsigned place) {
        const store::LinkRef link = ref(std::move(id));
        const std::string key = store_.keys().link_events(link.partition, link.id);
        const std::string field = "e" + std::to_string(place);
        co_await test::set_hash(store_, key, field, 1);
    }

    /// Ends a link: its record has the time at its fourth byte (scripts/lib/link_record.lua).
    Awaitable<void> end(std::string id) {
        const store::LinkRef link = ref(std::move(id));
        redis::Command command("SETRANGE");
        command.arg(store_.keys().link(link.partition, link.id)).arg(3);
        command.arg(platform::PackedWriter().number(1).bytes());
        co_await store_.exec(command);
    }

    Awaitable<MfaState> mfa() {
        const auto state = co_await settings_.read(ada);
        co_return state.value();
    }

private:
    const Context& store_;
    store::SettingsStore settings_;
    store::LinkStore links_;
};

/// A tenant that wants addresses verified, and a user of his.
Awaitable<void> set_scene(const Context& store) {
    co_await test::define_tenant(store, "acme", email, 2);
    co_await test::make_user(store, ada);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_links_tests, StoreScene)

BOOST_AUTO_TEST_CASE(the_right_code_verifies_the_address_and_spends_the_link) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        const auto made = co_await links.make("one");
        BOOST_CHECK(made.link == LinkOutcome::mailed);
        BOOST_CHECK(made.kind == LinkKind::enroll);
        const auto mails = co_await links.due(store::MailClass::link);
        BOOST_TEST(mails == 1);
        LinkState state = co_await links.state("one");
        BOOST_CHECK(state == LinkState::open);

        const auto sent = co_await links.send("one", "right");
        BOOST_CHECK(sent.state == LinkState::open);
        const auto codes = co_await links.due(store::MailClass::code);
        BOOST_TEST(codes == 1);
        const auto wrong = co_await links.verify("one", "wrong");
        BOOST_CHECK(wrong.state == LinkState::wrong_code);
        BOOST_TEST(wrong.tries_left == 4U);
        MfaState mfa = co_await links.mfa();
        BOOST_TEST(!mfa.active());

        const auto right = co_await links.verify("one", "right");
        BOOST_CHECK(right.state == LinkState::open);
        BOOST_TEST(right.after.active());
        mfa = co_await links.mfa();
        BOOST_CHECK(mfa.required() == email);
        BOOST_TEST(mfa.active());
        BOOST_TEST(mfa.last_auth_time.has_value());

        state = co_await links.state("one");
        BOOST_CHECK(state == LinkState::used);
        const auto again = co_await links.verify("one", "right");
        BOOST_CHECK(again.state == LinkState::used);
    });
}

BOOST_AUTO_TEST_CASE(a_newer_link_or_another_address_voids_it) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        co_await links.make("one");
        co_await links.make("two");
        LinkState state = co_await links.state("one");
        BOOST_CHECK(state == LinkState::superseded);
        const auto sent = co_await links.send("one", "right");
        BOOST_CHECK(sent.state == LinkState::superseded);

        const store::UserStore users(store);
        store::UserRecord record;
        record.user = ada;
        record.address = store::StoredAddress{"other", "other-digest"};
        co_await users.put(record);
        state = co_await links.state("two");
        BOOST_CHECK(state == LinkState::superseded);
    });
}

BOOST_AUTO_TEST_CASE(time_ends_links_and_codes) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        co_await links.make("one");
        co_await links.send("one", "right");
        co_await links.end_code("one", 1);
        const auto late = co_await links.verify("one", "right");
        BOOST_CHECK(late.state == LinkState::wrong_code);
        co_await links.end("one");
        const LinkState state = co_await links.state("one");
        BOOST_CHECK(state == LinkState::expired);
        const LinkState unknown = co_await links.state("none");
        BOOST_CHECK(unknown == LinkState::unknown);
    });
}

BOOST_AUTO_TEST_CASE(three_codes_live_and_the_oldest_goes_first) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        co_await links.make("one");
        for (const std::string code : {"a", "b", "c", "d"})
            co_await links.send("one", code);
        const auto first = co_await links.verify("one", "a");
        BOOST_CHECK(first.state == LinkState::wrong_code);
        const auto second = co_await links.verify("one", "b");
        BOOST_CHECK(second.state == LinkState::open);
    });
}

BOOST_AUTO_TEST_CASE(wrong_codes_end_a_link_and_a_resend_does_not_help) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        co_await links.make("one");
        co_await links.send("one", "right");
        for (unsigned left = tries; left-- > 0;) {
            const auto wrong = co_await links.verify("one", "wrong");
            BOOST_TEST(wrong.tries_left == left);
        }
        const auto right = co_await links.verify("one", "right");
        BOOST_CHECK(right.state == LinkState::exhausted);
        const auto sent = co_await links.send("one", "more");
        BOOST_CHECK(sent.state == LinkState::exhausted);
        const MfaState mfa = co_await links.mfa();
        BOOST_TEST(!mfa.active());
    });
}

BOOST_AUTO_TEST_CASE(a_restricted_user_follows_a_servers_link_only) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        SettingsChange restrict;
        restrict.change_restricted = SettingsChange::Restriction::set;
        restrict.link = SettingsChange::Link::always;
        co_await links.make_by("own", restrict);
        LinkState state = co_await links.state("own");
        BOOST_CHECK(state == LinkState::restricted);
        restrict.by_server = true;
        co_await links.make_by("servers", restrict);
        state = co_await links.state("servers");
        BOOST_CHECK(state == LinkState::open);
    });
}

BOOST_AUTO_TEST_CASE(while_email_is_active_a_code_of_the_link_takes_a_proof_first) {
    run([](const Context& store) -> Awaitable<void> {
        co_await test::define_tenant(store, "acme", email); // vouches for addresses
        co_await test::make_user(store, ada);
        Links links(store);
        SettingsChange enable;
        enable.enable = email;
        enable.link = SettingsChange::Link::always;
        co_await links.make_by("one", enable);
        const auto made = co_await links.make("two");
        BOOST_CHECK(made.kind == LinkKind::verify);
        const MfaState before = co_await links.mfa();
        const auto sent = co_await links.send("two", "right");
        BOOST_CHECK(sent.state == LinkState::proof_needed);
        const auto right = co_await links.verify("two", "right");
        BOOST_CHECK(right.state == LinkState::proof_needed);
        const MfaState after = co_await links.mfa();
        BOOST_CHECK(after == before);
        BOOST_TEST(!after.last_auth_time.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_code_by_mail_proves_nothing_where_other_factors_are_active) {
    run([](const Context& store) -> Awaitable<void> {
        co_await test::define_tenant(store, "acme", email | FactorType::totp);
        co_await test::make_user(store, ada);
        Settings with_totp;
        with_totp.enabled = with_totp.enrolled = FactorType::totp;
        with_totp.has_address = true;
        co_await test::set_hash(store, store.keys().user(ada), "s", with_totp.pack());
        Links links(store);
        co_await links.make("one");
        co_await links.send("one", "right");
        const auto right = co_await links.verify("one", "right");
        BOOST_CHECK(right.state == LinkState::proof_needed);
        const MfaState mfa = co_await links.mfa();
        BOOST_TEST(!mfa.last_auth_time.has_value());
    });
}

BOOST_AUTO_TEST_CASE(mails_have_a_budget_and_links_in_answers_go_on) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        for (const std::string id : {"1", "2", "3"}) {
            const auto made = co_await links.make(id);
            BOOST_CHECK(made.link == LinkOutcome::mailed);
        }
        const auto fourth = co_await links.make("4");
        BOOST_CHECK(fourth.link == LinkOutcome::made);
        const auto mails = co_await links.due(store::MailClass::link);
        BOOST_TEST(mails == 3);
        LinkState state = co_await links.state("4");
        BOOST_CHECK(state == LinkState::open);

        // A link that no answer shows is not made for nothing: it would void the one before.
        SettingsChange enable;
        enable.enable = email;
        enable.link = SettingsChange::Link::if_unenrolled;
        const auto fifth = co_await links.make_by("5", enable);
        BOOST_CHECK(fifth.link == LinkOutcome::over_budget);
        BOOST_CHECK(fifth.status == ChangeStatus::done);
        state = co_await links.state("4");
        BOOST_CHECK(state == LinkState::open);
    });
}

BOOST_AUTO_TEST_CASE(codes_have_a_gap_and_a_budget_that_no_new_link_resets) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        const store::LinkStore link_store(store);
        const auto send = [&](std::string id) -> Awaitable<store::CodeSent> {
            const store::CodeOrder order{
                "d", "1job", 5min, tries, CodeAsker::link, {"gap", 1, 30s}, {"codes", 2, 1h}};
            const store::LinkRef ref = links.ref(std::move(id));
            co_return co_await link_store.send_code(ref, ada, order);
        };
        co_await links.make("one");
        auto sent = co_await send("one");
        BOOST_CHECK(sent.state == LinkState::open);
        sent = co_await send("one");
        BOOST_CHECK(sent.state == LinkState::over_budget);
        BOOST_TEST((sent.retry_after > 25s && sent.retry_after <= 30s));
        co_await links.make("two");
        sent = co_await send("two");
        BOOST_CHECK(sent.state == LinkState::over_budget);
    });
}

BOOST_AUTO_TEST_CASE(a_gap_that_became_shorter_passes_when_it_says) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        const store::LinkStore link_store(store);
        const auto send = [&](std::chrono::milliseconds gap) -> Awaitable<store::CodeSent> {
            const store::CodeOrder order{
                "d", "1job", 5min, tries, CodeAsker::link, {"gap", 1, gap}, {"codes", 9, 1h}};
            const store::LinkRef ref = links.ref("one");
            co_return co_await link_store.send_code(ref, ada, order);
        };
        co_await links.make("one");
        auto sent = co_await send(1h);
        BOOST_CHECK(sent.state == LinkState::open);
        sent = co_await send(50ms);
        BOOST_CHECK(sent.state == LinkState::over_budget);
        BOOST_REQUIRE((sent.retry_after <= 50ms));
        runtime::Timer timer(co_await runtime::asio::this_coro::executor, 50ms);
        co_await timer.async_wait(runtime::tuple_token);
        sent = co_await send(50ms);
        BOOST_CHECK(sent.state == LinkState::open);
    });
}

BOOST_AUTO_TEST_CASE(who_has_no_address_gets_no_mail) {
    run([](const Context& store) -> Awaitable<void> {
        co_await test::define_tenant(store, "acme", email, 2);
        const store::UserStore users(store);
        store::UserRecord record;
        record.user = ada;
        co_await users.put(record);
        Links links(store);
        const auto made = co_await links.make("one");
        BOOST_CHECK(made.link == LinkOutcome::made);
        const auto sent = co_await links.send("one", "right");
        BOOST_CHECK(sent.state == LinkState::no_address);
        const auto mails = co_await links.due(store::MailClass::link);
        BOOST_TEST(mails == 0);
    });
}

BOOST_AUTO_TEST_CASE(a_link_that_is_not_mailed_takes_nothing_from_the_budget) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        SettingsChange silent;
        silent.link = SettingsChange::Link::always;
        silent.mails_link = false;
        silent.link_factors = email;
        for (int i = 0; i < 5; ++i) {
            const auto made = co_await links.make_by("silent", silent);
            BOOST_CHECK(made.link == LinkOutcome::made);
        }
        const auto made = co_await links.make("mailed");
        BOOST_CHECK(made.link == LinkOutcome::mailed);
        const auto mails = co_await links.due(store::MailClass::link);
        BOOST_TEST(mails == 1);
    });
}

BOOST_AUTO_TEST_CASE(what_becomes_of_its_mail_is_noted_with_a_link_that_is_there) {
    run([](const Context& store) -> Awaitable<void> {
        co_await set_scene(store);
        Links links(store);
        const store::LinkStore link_store(store);
        const auto made = co_await links.make("one");
        const store::LinkRef ref = links.ref("one");
        store::Link link = co_await link_store.read(ref, ada, tries);
        BOOST_CHECK(link.mail == store::LinkMail::owed);
        BOOST_TEST((link.ends == made.link_ends));
        BOOST_TEST(link.factors.empty());

        const store::JobStore jobs(store);
        const store::Claimed claimed = co_await jobs.claim(1, 1min, false, 0);
        const store::MailNote note{"one", store::LinkMail::sent};
        co_await jobs.finish(claimed.jobs.at(0), &note);
        link = co_await link_store.read(ref, ada, tries);
        BOOST_CHECK(link.mail == store::LinkMail::sent);

        const store::MailNote late{"one", store::LinkMail::dead};
        const bool settled = co_await jobs.bury(claimed.jobs.at(0), "2job", claimed.now, &late);
        BOOST_TEST(!settled);
        link = co_await link_store.read(ref, ada, tries);
        BOOST_CHECK(link.mail == store::LinkMail::sent);

        co_await links.make("two");
        const store::Claimed second = co_await jobs.claim(1, 1min, false, 0);
        const store::MailNote gone{"nobodys", store::LinkMail::dead};
        co_await jobs.bury(second.jobs.at(0), "2job", second.now, &gone);
        const auto owner = co_await link_store.owner(links.ref("nobodys"));
        BOOST_TEST(!owner.has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
