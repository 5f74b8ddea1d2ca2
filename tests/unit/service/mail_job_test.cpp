#include "mfad/service/mail_job.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::service;
using mfad::platform::KeyRing;
using mfad::platform::UnixMillis;
using std::chrono::milliseconds;

namespace {

MailJob sample() {
    MailJob job;
    job.id = "0123456789abcdef";
    job.kind = MailJob::Kind::enrollment_code;
    job.user = {"acme", "user-1"};
    job.link_id = std::string("\0link", 5);
    job.secret = "804213";
    job.created = UnixMillis{milliseconds{1'700'000'000'123}};
    job.not_after = job.created + std::chrono::minutes(5);
    job.attempts = 3;
    job.last_error = "452 4.2.2 mailbox full";
    return job;
}

struct Installation {
    Vault vault{KeyRing::generate(UnixMillis{milliseconds{1'700'000'000'000}})};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(mail_job_tests, Installation)

BOOST_AUTO_TEST_CASE(a_job_is_opened_as_it_was_sealed) {
    const MailJob job = sample();
    const auto opened = open_job(seal_job(job, vault), vault);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->id == job.id);
    BOOST_TEST((opened->kind == job.kind));
    BOOST_TEST(opened->user.tenant == job.user.tenant);
    BOOST_TEST(opened->user.user == job.user.user);
    BOOST_TEST(opened->link_id == job.link_id);
    BOOST_TEST(opened->secret == job.secret);
    BOOST_TEST((opened->created == job.created));
    BOOST_TEST((opened->not_after == job.not_after));
    BOOST_TEST(opened->attempts == job.attempts);
    BOOST_TEST(opened->last_error == job.last_error);
}

BOOST_AUTO_TEST_CASE(the_queue_can_tell_class_and_id_and_nothing_else) {
    const std::string code = seal_job(sample(), vault);
    MailJob link = sample();
    link.kind = MailJob::Kind::enrollment_link;
    BOOST_TEST(code.front() != seal_job(link, vault).front());
    BOOST_TEST(code.substr(1, 16) == sample().id);
    BOOST_TEST(public_job_id(code) == "30313233343536373839616263646566");
    for (const char* inner : {"acme", "user-1", "link", "804213", "mailbox"})
        BOOST_TEST(code.find(inner) == std::string::npos, inner);
}

BOOST_AUTO_TEST_CASE(no_byte_of_a_job_can_be_changed_or_left_out) {
    const std::string sealed = seal_job(sample(), vault);
    for (std::size_t i = 1; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!open_job(changed, vault).has_value(), i);
        BOOST_TEST(!open_job(std::string_view(sealed).substr(0, i), vault).has_value(), i);
    }
    BOOST_TEST(!open_job("", vault).has_value());
}

BOOST_AUTO_TEST_CASE(another_installation_cannot_open_it) {
    Installation other;
    BOOST_TEST(!open_job(seal_job(sample(), vault), other.vault).has_value());
}

BOOST_AUTO_TEST_CASE(any_bytes_have_an_id_that_can_be_shown) {
    BOOST_TEST(public_job_id("") == "");
    BOOST_TEST(public_job_id("0") == "");
    BOOST_TEST(public_job_id("0\xFF") == "ff");
}

BOOST_AUTO_TEST_SUITE_END()
