#include "pipeline.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace mfad::redis;
using namespace std::chrono_literals;
using Reason = Unavailable::Reason;
using State = Pipeline::SlotState;

namespace {

const Pipeline::TimePoint start{};

// A caller that writes down what he was told; `then` is what he does about it.
struct Caller final : Pipeline::Slot {
    std::string heard;
    std::function<void()> then;

    void on_reply(Reply reply) override {
        note(reply.error() ? "error" : std::string(reply.text()));
    }
    void on_failure(Reason reason) override { note(std::string(to_string(reason))); }
    void on_dropped() noexcept override { heard += "dropped"; }

    void note(const std::string& what) {
        heard += what;
        if (then) then();
    }
};

struct Fixture {
    std::array<Caller, 10> callers; // outlive the pipeline
    Pipeline pipeline{{.max_commands = 8, .max_waiting_bytes = 100, .max_reply_bytes = 1000}};

    bool submit(std::size_t caller, std::string_view wire, std::chrono::seconds deadline = 10s) {
        return pipeline.submit(wire, callers[caller], start + deadline);
    }

    std::string write_all() {
        std::string written;
        for (;;) {
            const auto bytes = pipeline.to_write();
            if (bytes.empty()) return written;
            written += bytes;
            pipeline.wrote(bytes.size());
        }
    }

    State state(std::size_t caller) const { return pipeline.state(callers[caller]); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pipeline_tests, Fixture)

BOOST_AUTO_TEST_CASE(when_commands_come_together_then_they_leave_in_one_batch) {
    pipeline.open();
    for (std::size_t i = 0; i < 3; ++i)
        submit(i, "c" + std::to_string(i) + ";");
    BOOST_TEST(pipeline.to_write() == "c0;c1;c2;");
    BOOST_TEST(pipeline.counters().batches == 1U);
    pipeline.wrote(9);
    BOOST_TEST(pipeline.to_write().empty());
    BOOST_TEST(pipeline.feed("+a\r\n+b\r\n+c\r\n"));
    BOOST_TEST(callers[0].heard + callers[1].heard + callers[2].heard == "abc");
    BOOST_TEST(pipeline.empty());
}

BOOST_AUTO_TEST_CASE(when_enough_has_gathered_then_it_need_not_wait) {
    const std::string wire(Pipeline::batch_bytes / 4, 'c');
    Pipeline large({.max_commands = 10, .max_waiting_bytes = 1'000'000, .max_reply_bytes = 1000});
    for (std::size_t i = 0; i < 4; ++i)
        BOOST_REQUIRE(large.submit(wire, callers[i], start + 10s));
    BOOST_TEST(!large.has_batch()); // there is no connection
    large.open();
    BOOST_TEST(large.has_batch());
    large.abandon(callers[1]);
    BOOST_TEST(!large.has_batch());
    BOOST_REQUIRE(large.submit(wire, callers[4], start + 10s));
    BOOST_TEST(large.has_batch());
    BOOST_TEST(large.to_write().size() == 4 * wire.size());
    large.wrote(1);
    for (std::size_t i = 5; i < 9; ++i)
        BOOST_REQUIRE(large.submit(wire, callers[i], start + 10s));
    BOOST_TEST(!large.has_batch()); // the one before is still being written
    large.wrote(4 * wire.size() - 1);
    BOOST_TEST(large.has_batch());

    // What is asked for while the queue is being walked waits for the end of the walk.
    callers[0].then = [&] {
        BOOST_CHECK(large.submit(wire, callers[1], start + 10s));
        BOOST_TEST(!large.has_batch());
    };
    large.expire(start + 10s);
    BOOST_TEST(callers[0].heard == "timed_out");
}

BOOST_AUTO_TEST_CASE(when_a_reply_is_split_at_any_byte_then_it_is_whole_in_the_end) {
    const std::string replies = "$5\r\nh\r\nlo\r\n-ERR no\r\n+ok\r\n";
    for (std::size_t cut = 0; cut <= replies.size(); ++cut) {
        Fixture f;
        f.pipeline.open();
        for (std::size_t i = 0; i < 3; ++i)
            f.submit(i, "c");
        f.write_all();
        BOOST_TEST(f.pipeline.feed(replies.substr(0, cut)));
        BOOST_TEST(f.pipeline.feed(replies.substr(cut)));
        BOOST_TEST(f.callers[0].heard == "h\r\nlo");
        BOOST_TEST(f.callers[1].heard == "error");
        BOOST_TEST(f.callers[2].heard == "ok");
    }
}

BOOST_AUTO_TEST_CASE(when_a_write_is_short_then_the_rest_goes_before_the_next_batch) {
    pipeline.open();
    submit(0, "first");
    BOOST_TEST(pipeline.to_write() == "first");
    pipeline.wrote(2);
    submit(1, "second");
    BOOST_TEST(pipeline.to_write() == "rst");
    pipeline.wrote(3);
    BOOST_TEST(pipeline.to_write() == "second");
    BOOST_TEST(pipeline.counters().batches == 2U);
}

BOOST_AUTO_TEST_CASE(when_a_reply_precedes_the_end_of_its_write_then_it_is_taken) {
    pipeline.open();
    submit(0, "first");
    pipeline.to_write();
    BOOST_TEST((state(0) == State::written));
    BOOST_TEST(pipeline.feed("+ok\r\n"));
    BOOST_TEST(callers[0].heard == "ok");
    pipeline.wrote(5);
    submit(1, "second");
    BOOST_TEST(write_all() == "second");
}

BOOST_AUTO_TEST_CASE(when_a_waiting_command_is_abandoned_then_it_is_never_sent) {
    pipeline.open();
    for (std::size_t i = 0; i < 4; ++i)
        submit(i, "c" + std::to_string(i) + ";");
    pipeline.abandon(callers[0]);
    pipeline.abandon(callers[2]);
    BOOST_TEST((state(0) == State::idle));
    BOOST_TEST((state(3) == State::waiting));
    BOOST_TEST(write_all() == "c1;c3;");
    BOOST_TEST(pipeline.feed("+b\r\n+d\r\n"));
    BOOST_TEST(callers[1].heard == "b");
    BOOST_TEST(callers[3].heard == "d");
    BOOST_TEST(callers[0].heard + callers[2].heard == "");
}

BOOST_AUTO_TEST_CASE(when_a_written_command_is_abandoned_then_the_next_reply_still_matches) {
    pipeline.open();
    submit(0, "a");
    submit(1, "b");
    write_all();
    pipeline.abandon(callers[0]);
    BOOST_TEST(pipeline.counters().in_flight == 2U);
    BOOST_TEST(pipeline.feed("+mine\r\n+yours\r\n"));
    BOOST_TEST(callers[0].heard == "");
    BOOST_TEST(callers[1].heard == "yours");
}

BOOST_AUTO_TEST_CASE(when_a_finished_command_is_abandoned_then_nothing_happens) {
    pipeline.open();
    submit(0, "a");
    write_all();
    pipeline.feed("+ok\r\n");
    pipeline.abandon(callers[0]);
    submit(0, "b");
    write_all();
    pipeline.feed("+again\r\n");
    BOOST_TEST(callers[0].heard == "okagain");
}

BOOST_AUTO_TEST_CASE(when_nothing_can_be_written_then_what_is_given_up_frees_its_place) {
    for (int round = 0; round < 1000; ++round) {
        for (std::size_t i = 0; i < 8; ++i)
            BOOST_REQUIRE(submit(i, std::string(12, 'x'), std::chrono::seconds(round)));
        BOOST_REQUIRE(!submit(8, "x"));
        pipeline.expire(start + std::chrono::seconds(round));
    }
    BOOST_TEST(pipeline.empty());
    BOOST_TEST(pipeline.counters().timeouts == 8000U);
}

BOOST_AUTO_TEST_CASE(when_the_connection_breaks_then_each_state_has_its_failure) {
    pipeline.open();
    for (std::size_t i = 0; i < 3; ++i)
        submit(i, "w");
    pipeline.to_write();
    pipeline.wrote(1); // even what the kernel did not take yet may be on its way
    pipeline.abandon(callers[1]);
    submit(3, "waiting");
    submit(4, "given up");
    pipeline.abandon(callers[4]);
    pipeline.lose();
    BOOST_TEST(callers[0].heard == "lost");
    BOOST_TEST(callers[1].heard == "");
    BOOST_TEST(callers[2].heard == "lost");
    BOOST_TEST(callers[3].heard == "not_connected");
    BOOST_TEST(callers[4].heard == "");
    BOOST_TEST(pipeline.empty());
    BOOST_TEST(pipeline.counters().losses == 3U);
    BOOST_TEST(!pipeline.is_open());
}

BOOST_AUTO_TEST_CASE(when_a_connection_follows_a_broken_one_then_no_byte_of_the_old_is_left) {
    pipeline.open();
    submit(0, "old");
    pipeline.to_write();
    pipeline.wrote(1);
    pipeline.feed("$100\r\nhalf a re");
    pipeline.lose();
    BOOST_TEST(pipeline.to_write().empty());
    pipeline.open();
    submit(1, "new");
    BOOST_TEST(write_all() == "new");
    BOOST_TEST(pipeline.feed("+ok\r\n"));
    BOOST_TEST(callers[1].heard == "ok");
}

BOOST_AUTO_TEST_CASE(when_no_connection_comes_up_then_what_waited_is_refused) {
    submit(0, "a");
    BOOST_TEST(pipeline.to_write().empty());
    pipeline.refuse_waiting();
    BOOST_TEST(callers[0].heard == "not_connected");
    BOOST_TEST(pipeline.counters().losses == 0U);
}

BOOST_AUTO_TEST_CASE(when_a_connection_comes_up_then_what_waited_is_sent) {
    submit(0, "a");
    pipeline.open();
    BOOST_TEST(write_all() == "a");
}

BOOST_AUTO_TEST_CASE(when_a_reply_comes_that_nothing_asked_for_then_its_text_is_the_reason) {
    pipeline.open();
    submit(0, "waiting, not sent");
    BOOST_TEST(!pipeline.feed("-ERR max number of clients reached\r\n"));
    BOOST_TEST(pipeline.error() == "ERR max number of clients reached");
    pipeline.lose();
    BOOST_TEST(callers[0].heard == "not_connected");
    pipeline.open();
    BOOST_TEST(!pipeline.feed("+OK\r\n"));
    BOOST_TEST(pipeline.error() == "a reply that nothing asked for");
}

BOOST_AUTO_TEST_CASE(when_the_peer_does_not_speak_resp_then_the_connection_is_of_no_use) {
    pipeline.open();
    submit(0, "a");
    write_all();
    BOOST_TEST(!pipeline.feed("HTTP/1.1 400 Bad Request\r\n"));
    BOOST_TEST(pipeline.error().starts_with("not a Redis reply: "));
    pipeline.lose();
    BOOST_TEST(callers[0].heard == "lost");
}

BOOST_AUTO_TEST_CASE(when_there_are_too_many_commands_then_the_next_is_refused) {
    pipeline.open();
    for (std::size_t i = 0; i < 8; ++i)
        BOOST_TEST(submit(i, "x"));
    BOOST_TEST(!submit(8, "x"));
    write_all();
    BOOST_TEST(!submit(
        8, "x")); // sent ones count: a server that does not answer is what overload looks like
    BOOST_TEST((state(8) == State::idle));
    BOOST_TEST(pipeline.counters().overloads == 2U);
    pipeline.feed("+ok\r\n");
    BOOST_TEST(submit(8, "x"));
}

BOOST_AUTO_TEST_CASE(when_there_are_too_many_bytes_then_the_next_is_refused) {
    pipeline.open();
    BOOST_TEST(submit(0, std::string(60, 'x')));
    BOOST_TEST(!submit(1, std::string(41, 'x')));
    BOOST_TEST(submit(1, std::string(40, 'x')));
    write_all();
    BOOST_TEST(submit(2, std::string(100, 'x')));
    BOOST_TEST(!submit(3, std::string(101, 'x')));
}

BOOST_AUTO_TEST_CASE(when_deadlines_differ_then_each_expires_at_its_own) {
    pipeline.open();
    submit(0, "a", 5s);
    submit(1, "b", 3s);
    write_all();
    submit(2, "c", 3s);
    submit(3, "d", 4s);
    BOOST_TEST((pipeline.next_deadline() == start + 3s));
    pipeline.expire(start + 2s);
    BOOST_TEST(callers[1].heard == "");
    pipeline.expire(start + 3s);
    BOOST_TEST(callers[1].heard == "timed_out");
    BOOST_TEST(callers[2].heard == "timed_out");
    BOOST_TEST((pipeline.next_deadline() == start + 4s));
    BOOST_TEST(write_all() == "d");
    BOOST_TEST(pipeline.feed("+a\r\n+b\r\n+d\r\n"));
    BOOST_TEST(callers[0].heard == "a");
    BOOST_TEST(callers[1].heard == "timed_out");
    BOOST_TEST(callers[3].heard == "d");
}

BOOST_AUTO_TEST_CASE(when_several_expire_at_once_then_in_the_order_they_came) {
    std::string order;
    for (const std::size_t i : {0U, 1U, 2U}) {
        callers[i].then = [&order, i] { order += std::to_string(i); };
        submit(i, "x", std::chrono::seconds(9 - i));
    }
    pipeline.expire(start + 9s);
    BOOST_TEST(order == "012");
    BOOST_TEST((pipeline.next_deadline() == Pipeline::TimePoint::max()));
}

BOOST_AUTO_TEST_CASE(when_a_caller_submits_in_the_readers_turn_then_it_goes_with_the_next_batch) {
    pipeline.open();
    callers[0].then = [this] {
        callers[0].then = nullptr;
        submit(0, "next;");
        submit(2, "other;");
    };
    submit(0, "a");
    submit(1, "b");
    write_all();
    BOOST_TEST(pipeline.feed("+1\r\n+2\r\n"));
    BOOST_TEST(callers[1].heard == "2");
    BOOST_TEST(write_all() == "next;other;");
    BOOST_TEST(pipeline.feed("+3\r\n+4\r\n"));
    BOOST_TEST(callers[0].heard == "13");
    BOOST_TEST(callers[2].heard == "4");
}

BOOST_AUTO_TEST_CASE(when_a_failing_caller_gives_up_the_others_then_they_hear_nothing) {
    for (const bool by_deadline : {true, false}) {
        Fixture f;
        f.pipeline.open();
        f.callers[0].then = [&f] {
            f.pipeline.abandon(f.callers[1]);
            f.pipeline.abandon(f.callers[2]);
            f.submit(4, "new", 100s);
        };
        f.submit(0, "a");
        f.submit(1, "b");
        f.write_all();
        f.submit(2, "c");
        f.submit(3, "d");
        if (by_deadline)
            f.pipeline.expire(start + 10s);
        else
            f.pipeline.lose();
        BOOST_TEST(f.callers[0].heard == (by_deadline ? "timed_out" : "lost"));
        BOOST_TEST(f.callers[1].heard + f.callers[2].heard == "");
        BOOST_TEST(f.callers[3].heard == (by_deadline ? "timed_out" : "not_connected"));
        if (!by_deadline) f.pipeline.open();
        BOOST_TEST(f.write_all() == "new");
    }
}

BOOST_AUTO_TEST_CASE(when_the_pipeline_goes_then_every_caller_is_let_go_once) {
    std::array<Caller, 3> own;
    {
        Pipeline doomed({.max_commands = 8, .max_waiting_bytes = 100, .max_reply_bytes = 1000});
        doomed.open();
        doomed.submit("a", own[0], start);
        doomed.to_write();
        doomed.submit("b", own[1], start);
        doomed.submit("c", own[2], start);
        doomed.abandon(own[2]);
    }
    BOOST_TEST(own[0].heard == "dropped");
    BOOST_TEST(own[1].heard == "dropped");
    BOOST_TEST(own[2].heard == "");
}

BOOST_AUTO_TEST_CASE(when_a_caller_ends_it_all_in_his_turn_then_the_others_are_let_go) {
    for (const auto* way : {"reply", "deadline", "loss"}) {
        Fixture f;
        f.pipeline.open();
        f.callers[0].then = [&f] { f.pipeline.drop_all(); };
        for (std::size_t i = 0; i < 3; ++i)
            f.submit(i, "x");
        f.write_all();
        f.submit(3, "waiting");
        if (way == std::string("reply"))
            f.pipeline.feed("+ok\r\n");
        else if (way == std::string("deadline"))
            f.pipeline.expire(start + 10s);
        else
            f.pipeline.lose();
        for (std::size_t i = 1; i < 4; ++i)
            BOOST_TEST(f.callers[i].heard == "dropped", way);
        BOOST_TEST(f.pipeline.empty());
        BOOST_TEST(f.pipeline.to_write().empty());
    }
}

BOOST_AUTO_TEST_CASE(counters_tell_what_stands) {
    pipeline.open();
    submit(0, "abc");
    submit(1, "d");
    write_all();
    submit(2, "e");
    submit(3, "f");
    pipeline.abandon(callers[3]);
    pipeline.feed("+ok\r\n");
    const auto counters = pipeline.counters();
    BOOST_TEST(counters.commands == 4U);
    BOOST_TEST(counters.replies == 1U);
    BOOST_TEST(counters.in_flight == 1U);
    BOOST_TEST(counters.waiting == 1U);
    BOOST_TEST(counters.bytes_written == 4U);
    BOOST_TEST(counters.bytes_read == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
