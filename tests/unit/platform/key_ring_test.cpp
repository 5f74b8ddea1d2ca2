#include "mfad/platform/key_ring.hpp"

#include "key_files.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

using namespace mfad::platform;
using namespace mfad::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const UnixMillis now{1795323780000ms};

std::string refusal(const auto& call) {
    try {
        call();
    } catch (const BadKeyFile& error) {
        return error.what();
    }
    return "";
}

std::string refusal_of(const fs::path& path) {
    return refusal([&] { KeyRing::load(path); });
}

std::vector<int> ids(const KeyRing& ring, KeyUse use) {
    std::vector<int> out;
    for (const Key* key : ring.keys(use))
        out.push_back(key->id);
    return out;
}

std::size_t files_in(const PrivateDir& dir) {
    const fs::directory_iterator entries(dir.path());
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// A file that is right but for one thing.
std::string with(std::string_view old_text, std::string_view new_text) {
    std::string text = content_of(MFAD_TEST_DATA "/keys/known.json");
    const auto at = text.find(old_text);
    if (at == std::string::npos) throw std::runtime_error("not in the file");
    return text.replace(at, old_text.size(), new_text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_ring_tests)

BOOST_AUTO_TEST_CASE(new_keys_are_one_of_each_use_and_never_the_same) {
    const KeyRing ring = KeyRing::generate(now);
    const auto list = ring.list();
    BOOST_TEST_REQUIRE(list.size() == 3U);
    for (const KeyInfo& key : list) {
        BOOST_CHECK(key.state == KeyState::active);
        BOOST_TEST(key.in_use);
        BOOST_CHECK(key.created == now);
        BOOST_TEST(key.check.size() == 16U);
    }
    std::set<std::string> secrets;
    for (const KeyUse use : {KeyUse::seal, KeyUse::pepper, KeyUse::sign}) {
        BOOST_TEST_REQUIRE(ring.keys(use).size() == 1U);
        BOOST_TEST(ring.keys(use)[0]->secret.reveal().size() == 32U);
        secrets.emplace(ring.keys(use)[0]->secret.reveal());
    }
    BOOST_TEST(secrets.size() == 3U);
    BOOST_TEST(KeyRing::generate(now).list()[0].check != list[0].check);
}

BOOST_AUTO_TEST_CASE(a_key_file_comes_back_as_it_was) {
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing ring = KeyRing::generate(now);
    ring.add(KeyUse::seal, now + 7ms);
    ring.retire(1);
    ring.save_new(path);
    const KeyRing back = KeyRing::load(path);
    const auto a = ring.list();
    const auto b = back.list();
    BOOST_TEST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        BOOST_TEST(a[i].id == b[i].id);
        BOOST_CHECK(a[i].use == b[i].use && a[i].state == b[i].state);
        BOOST_CHECK(a[i].created == b[i].created);
        BOOST_TEST(a[i].in_use == b[i].in_use);
        BOOST_TEST(a[i].check == b[i].check);
    }
    BOOST_TEST(files_in(dir) == 1U);
}

BOOST_AUTO_TEST_CASE(the_known_file_gives_the_known_keys) {
    const KeyRing ring = known_keys();
    BOOST_TEST(hex(ring.keys(KeyUse::seal)[0]->secret.reveal().substr(0, 4)) == "00010203");
    BOOST_CHECK(ids(ring, KeyUse::pepper) == (std::vector<int>{8, 2}));
    // HKDF-SHA-256 with another implementation (Python's hmac).
    std::vector<std::string> checks;
    for (const KeyInfo& key : ring.list())
        checks.push_back(key.check);
    const std::vector<std::string> expected{
        "e6e0446b715ba90d", "f15a3f577e22ff8e", "95eb5c1319088d0c", "eb225731a9046f8a"};
    BOOST_TEST(checks == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_saved_file_is_for_its_owner_alone_whatever_the_umask) {
    for (const mode_t mask : {0000U, 0077U, 0777U}) {
        const PrivateDir dir;
        const auto path = dir.path() / "keys.json";
        const mode_t before = ::umask(mask);
        KeyRing::generate(now).save_new(path);
        KeyRing::generate(now).save(path);
        ::umask(before);
        BOOST_TEST(static_cast<unsigned>(fs::status(path).permissions()) == 0600U);
        BOOST_CHECK_NO_THROW(KeyRing::load(path));
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_others_can_reach_is_refused) {
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing::generate(now).save_new(path);
    for (const unsigned mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U, 0644U, 0666U}) {
        fs::permissions(path, fs::perms(mode));
        BOOST_TEST(
            refusal_of(path) == path.string() + ": can be read or written by others, "
                                                "expected mode 0600 (chmod 600 it)");
    }
    fs::permissions(path, fs::perms(0400));
    BOOST_CHECK_NO_THROW(KeyRing::load(path));
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user_is_refused) {
    if (::geteuid() != 0) {
        BOOST_TEST_MESSAGE("not run: only root can give a file away");
        return;
    }
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing::generate(now).save_new(path);
    BOOST_REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    BOOST_TEST(
        refusal_of(path) == path.string() + ": belongs to user 65534, expected the user of "
                                            "this process, or root");
    // Replaced by root, it still belongs to the user who runs the server.
    KeyRing::generate(now).save(path);
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    BOOST_TEST(status.st_uid == 65534U);
    BOOST_TEST((status.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused) {
    const PrivateDir dir;
    const auto absent = dir.path() / "absent";
    BOOST_TEST(
        refusal_of(absent) == absent.string() + ": cannot be read (No such file or "
                                                "directory), expected a key file");
    BOOST_TEST(refusal_of(dir.path()) == dir.path().string() + ": is no regular file");
    const auto fifo = dir.path() / "fifo";
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(refusal_of(fifo) == fifo.string() + ": is no regular file");
    const auto huge = write_key_file(dir, std::string(1 << 20, ' '));
    BOOST_TEST(
        refusal_of(huge) ==
        huge.string() + ": cannot be read (File too large), expected a key file");
    const auto link = dir.path() / "link"; // as mounted secrets are
    const auto file = write_key_file(dir, content_of(MFAD_TEST_DATA "/keys/known.json"));
    fs::create_symlink(file, link);
    BOOST_CHECK_NO_THROW(KeyRing::load(link));
}

BOOST_AUTO_TEST_CASE(a_wrong_content_is_refused_without_showing_any_of_it) {
    const std::string secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const std::vector<std::pair<std::string, std::string>> table{
        {"", "expected JSON (incomplete JSON)"},
        {"{", "expected JSON (incomplete JSON)"},
        {with("]}", "]} x"), "expected JSON (extra data)"},
        {"[]", "expected a JSON object"},
        {with("\"version\":1", "\"version\":2"), "version: expected 1"},
        {with("\"version\":1", "\"version\":\"1\""), "version: expected 1"},
        {"{\"version\":1}", "keys: expected an array"},
        {"{\"version\":1,\"keys\":[],\"x\":1}", "expected no other members than version and keys"},
        {"{\"version\":1,\"keys\":[1]}", "keys[0]: expected an object"},
        {"{\"version\":1,\"keys\":[]}", "keys: expected an active key for use seal"},
        {with("\"id\":7", "\"id\":0"), "keys[0].id: expected a whole number from 1 to 255"},
        {with("\"id\":7", "\"id\":256"), "keys[0].id: expected a whole number from 1 to 255"},
        {with("\"id\":7", "\"id\":1.5"), "keys[0].id: expected a whole number from 1 to 255"},
        {with("\"id\":7", "\"x\":7"), "keys[0].id: expected a whole number from 1 to 255"},
        {with("\"id\":255", "\"id\":8"), "keys[3].id: expected one that no other key has"},
        {with("\"seal\"", "\"sael\""), "keys[0].use: expected one of seal, pepper, sign"},
        {with("\"retired\"", "\"old\""), "keys[2].state: expected one of active, retired"},
        {with("2025-01-01T", "2025-01-01 "), "keys[2].created: expected an RFC 3339 time"},
        {with(secret, secret.substr(1)), "keys[0].secret: expected base64url of 32 bytes"},
        {with(secret, secret + "="), "keys[0].secret: expected base64url of 32 bytes"},
        {with(secret, "AAEC"), "keys[0].secret: expected base64url of 32 bytes"},
        {with(",\"secret\":\"" + secret + "\"", ""), "keys[0].secret: expected a text"},
        {with("EdDSA", "RS256"), "keys[3].alg: expected \"EdDSA\""},
        {with("\"alg\":\"EdDSA\",", ""), "keys[3].alg: expected a text"},
        {with("\"use\":\"seal\",", "\"use\":\"seal\",\"alg\":\"EdDSA\","),
         "keys[0]: expected no other members"},
        {with("\"seal\"", "\"pepper\""), "keys: expected an active key for use seal"},
        {with(
             ":00Z\",\"state\":\"active\",\"secret\":\"QEFC",
             ":00Z\",\"state\":\"retired\",\"secret\":\"QEFC"),
         "keys: expected an active key for use sign"},
    };
    for (const auto& [content, expected] : table) {
        const PrivateDir dir;
        const auto path = write_key_file(dir, content);
        BOOST_TEST(refusal_of(path) == path.string() + ": " + expected);
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_there_is_never_overwritten_by_a_new_one) {
    const PrivateDir dir;
    const auto path = dir.write("keys.json", "precious");
    const auto why = refusal([&] { KeyRing::generate(now).save_new(path); });
    BOOST_TEST(why == path.string() + ": cannot be written (File exists)");
    BOOST_TEST(content_of(path) == "precious");
    BOOST_TEST(files_in(dir) == 1U); // no temporary is left
    const auto dangling = dir.path() / "link";
    fs::create_symlink(dir.path() / "elsewhere", dangling);
    BOOST_TEST(refusal([&] { KeyRing::generate(now).save_new(dangling); }) != "");
    BOOST_TEST(!fs::exists(dir.path() / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(of_many_that_make_the_first_file_one_wins) {
    for (int round = 0; round < 20; ++round) {
        const PrivateDir dir;
        const auto path = dir.path() / "keys.json";
        std::atomic<int> winners = 0;
        std::string winner;
        std::vector<std::thread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&] {
                const KeyRing ring = KeyRing::generate(now);
                if (!refusal([&] { ring.save_new(path); }).empty()) return;
                ++winners;
                winner = ring.list()[0].check;
            });
        for (auto& thread : threads)
            thread.join();
        BOOST_TEST(winners == 1);
        BOOST_TEST(KeyRing::load(path).list()[0].check == winner);
        BOOST_TEST(files_in(dir) == 1U);
    }
}

BOOST_AUTO_TEST_CASE(a_reader_sees_the_old_file_or_the_new_one) {
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing ring = KeyRing::generate(now);
    ring.save_new(path);
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (int i = 0; i < 100; ++i) {
            ring.add(KeyUse::pepper, now);
            ring.save(path);
        }
        done = true;
    });
    std::size_t last = 0;
    while (!done) {
        const std::size_t size = KeyRing::load(path).list().size(); // throws for a half-written one
        BOOST_TEST(size >= last);
        last = size;
    }
    writer.join();
    BOOST_TEST(KeyRing::load(path).list().size() == 103U);
    BOOST_TEST(files_in(dir) == 1U);
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_leaves_nothing_behind) {
    const PrivateDir dir;
    const KeyRing ring = KeyRing::generate(now);
    const auto nowhere = dir.path() / "absent" / "keys.json";
    BOOST_TEST(refusal([&] {
                   ring.save_new(nowhere);
               }) == nowhere.string() + ": cannot be written (No such file or directory)");
    fs::create_directories(dir.path() / "folder" / "full");
    BOOST_TEST(refusal([&] {
                   ring.save(dir.path() / "folder");
               }) == (dir.path() / "folder").string() + ": cannot be written (Is a directory)");
    BOOST_TEST(files_in(dir) == 1U);
}

BOOST_AUTO_TEST_CASE(a_new_key_is_known_before_it_is_used) {
    KeyRing ring = KeyRing::generate(now);
    BOOST_TEST(ring.add(KeyUse::seal, now + 1h) == 4);
    BOOST_TEST(ring.add(KeyUse::seal, now - 1h) == 5); // a clock that is behind
    BOOST_CHECK(ids(ring, KeyUse::seal) == (std::vector<int>{1, 4, 5}));
    ring.retire(1);
    BOOST_CHECK(ids(ring, KeyUse::seal) == (std::vector<int>{4, 5, 1}));
    ring.retire(5);
    BOOST_CHECK(ids(ring, KeyUse::seal) == (std::vector<int>{4, 1, 5}));
    BOOST_TEST(ring.list()[3].in_use);
    BOOST_TEST(!ring.list()[0].in_use);
}

BOOST_AUTO_TEST_CASE(one_active_key_of_each_use_stays) {
    KeyRing ring = KeyRing::generate(now);
    for (std::uint8_t id = 1; id <= 3; ++id) // the last active one of its use
        BOOST_CHECK_THROW(ring.retire(id), std::invalid_argument);
    BOOST_CHECK_THROW(ring.retire(4), std::invalid_argument); // there is none
    ring.add(KeyUse::sign, now);
    ring.retire(3);
    BOOST_CHECK_THROW(ring.retire(3), std::invalid_argument); // already
    BOOST_CHECK_THROW(ring.retire(4), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(ids_run_out_at_255) {
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing ring = known_keys(); // has 2, 7, 8 and 255
    std::set<int> seen{2, 7, 8, 255};
    while (seen.size() < 255) {
        const auto [_, fresh] = seen.insert(ring.add(KeyUse::pepper, now));
        BOOST_TEST_REQUIRE(fresh);
    }
    BOOST_CHECK_THROW(ring.add(KeyUse::pepper, now), std::length_error);
    ring.save_new(path);
    BOOST_TEST(KeyRing::load(path).list().size() == 255U);
}

BOOST_AUTO_TEST_SUITE_END()
