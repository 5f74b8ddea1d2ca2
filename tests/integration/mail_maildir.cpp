#include "mail_sending.hpp"
#include "temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <set>

using namespace mfad::mail;
using namespace mfad::test;
namespace fs = std::filesystem;
using Outcome = Delivery::Outcome;

namespace {

std::unique_ptr<Transport> maildir(const fs::path& path) {
    return make_transport(MaildirTarget{path.string()});
}

} // namespace

BOOST_AUTO_TEST_SUITE(mail_maildir_tests)

BOOST_AUTO_TEST_CASE(a_mail_is_one_file_that_only_its_owner_reads) {
    const TempDir folder;
    const auto path = folder / "not" / "there" / "yet";
    const auto transport = maildir(path);
    const auto mail = envelope_to("user@example.org");
    BOOST_TEST(sent(*transport, mail).outcome == Outcome::delivered);
    const auto files = names_in(path / "new");
    BOOST_REQUIRE(files.size() == 1U);
    BOOST_TEST(read_file(path / "new" / files.front()) == mail.data);
    BOOST_TEST(names_in(path / "tmp").empty());
    BOOST_TEST(fs::is_directory(path / "cur"));
    struct stat status {};
    BOOST_REQUIRE(::stat((path / "new" / files.front()).c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0600U);
}

BOOST_AUTO_TEST_CASE(two_transports_on_one_maildir_lose_and_mix_nothing) {
    const TempDir folder;
    const auto first = maildir(folder.path());
    const auto second = maildir(folder.path());
    std::vector<std::future<Delivery>> pending;
    std::set<std::string> expected;
    for (int i = 0; i < 200; ++i)
        for (auto* transport : {first.get(), second.get()}) {
            const auto mail =
                envelope_to("user@example.org", std::to_string(pending.size()) + "\r\n");
            expected.insert(mail.data);
            pending.push_back(send(*transport, mail));
        }
    for (auto& delivery : pending)
        BOOST_TEST(result_of(delivery).outcome == Outcome::delivered);
    std::set<std::string> found;
    for (const auto& name : names_in(folder / "new"))
        found.insert(read_file(folder / "new" / name));
    BOOST_TEST(names_in(folder / "new").size() == 400U);
    BOOST_CHECK(found == expected);
    BOOST_TEST(names_in(folder / "tmp").empty());
}

BOOST_AUTO_TEST_CASE(a_maildir_that_cannot_be_written_says_why_and_recovers) {
    const TempDir folder;
    const auto path = folder / "mail";
    write_file(path, "a file where the folder should be");
    const auto transport = maildir(path);
    const auto delivery = sent(*transport, envelope_to("user@example.org"));
    BOOST_TEST(delivery.outcome == Outcome::unreachable);
    BOOST_TEST(delivery.reply == "maildir " + path.string() + ": Not a directory");

    fs::remove(path);
    BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);
    fs::remove_all(path);
    BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::delivered);

    fs::remove_all(path / "new");
    write_file(path / "new", "in the way");
    BOOST_TEST(sent(*transport, envelope_to("user@example.org")).outcome == Outcome::unreachable);
    BOOST_TEST(names_in(path / "tmp").empty());
}

BOOST_AUTO_TEST_CASE(a_maildir_refuses_what_a_server_would_not_be_sent) {
    const TempDir folder;
    const auto transport = maildir(folder.path());
    BOOST_TEST(sent(*transport, envelope_to("user@example.org\r\n")).outcome == Outcome::permanent);
    BOOST_TEST(
        sent(*transport, envelope_to("user@example.org", "bare\nline")).outcome ==
        Outcome::permanent);
    BOOST_TEST(names_in(folder.path()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
