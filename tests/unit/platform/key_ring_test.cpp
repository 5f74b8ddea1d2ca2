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

/// SEC 2 section 2.4.2.
const std::string p256_order =
    *from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/// A file whose signing key is one of P-256 with this secret.
std::string es256_with(std::string_view secret) {
    std::string text = with("EdDSA", "ES256");
    const auto at = text.find("QEFC");
    return text.replace(at, 43, base64url(secret));
}

KeyRing ring_in(std::string_view content) {
    const PrivateDir dir;
    return KeyRing::load(write_key_file(dir, content));
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_ring_tests)

BOOST_AUTO_TEST_CASE(new_keys_are_one_of_each_use_and_never_the_same) {
    const KeyRing ring = KeyRing::generate(now);
    const auto list = ring.list(now);
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
    BOOST_TEST(KeyRing::generate(now).list(now)[0].check != list[0].check);
}

BOOST_AUTO_TEST_CASE(a_key_file_comes_back_as_it_was) {
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing ring = KeyRing::generate(now);
    ring.add(KeyUse::seal, now + 7ms);
    ring.retire(1, now);
    ring.save_new(path);
    const KeyRing back = KeyRing::load(path);
    const auto a = ring.list(now);
    const auto b = back.list(now);
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
    for (const KeyInfo& key : ring.list(now))
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
        {with("EdDSA", "RS256"), "keys[3].alg: expected one of ES256, EdDSA"},
        {with("\"alg\":\"EdDSA\",", ""), "keys[3].alg: expected a text"},
        {with("\"use\":\"seal\",", "\"use\":\"seal\",\"alg\":\"EdDSA\","),
         "keys[0]: expected no other members"},
        {with("\"alg\":\"EdDSA\",", "\"alg\":\"EdDSA\",\"signs_from\":1,"),
         "keys[3].signs_from: expected a text"},
        {with("\"alg\":\"EdDSA\",", "\"alg\":\"EdDSA\",\"signs_from\":\"now\","),
         "keys[3].signs_from: expected an RFC 3339 time"},
        {with("\"use\":\"seal\",", "\"use\":\"seal\",\"signs_from\":\"2026-11-22T05:03:00Z\","),
         "keys[0]: expected no other members"},
        {with("\"state\":\"retired\"", "\"state\":\"retired\",\"retired\":\"long ago\""),
         "keys[2].retired: expected an RFC 3339 time"},
        {with("\"state\":\"active\"", "\"state\":\"active\",\"retired\":\"2026-11-22T05:03:00Z\""),
         "keys[0]: expected no other members"},
        {es256_with(std::string(32, '\0')), "keys[3].secret: expected a private key of P-256"},
        {es256_with(p256_order), "keys[3].secret: expected a private key of P-256"},
        {with("\"seal\"", "\"pepper\""), "keys: expected an active key for use seal"},
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
                winner = ring.list(now)[0].check;
            });
        for (auto& thread : threads)
            thread.join();
        BOOST_TEST(winners == 1);
        BOOST_TEST(KeyRing::load(path).list(now)[0].check == winner);
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
        const std::size_t size =
            KeyRing::load(path).list(now).size(); // throws for a half-written one
        BOOST_TEST(size >= last);
        last = size;
    }
    writer.join();
    BOOST_TEST(KeyRing::load(path).list(now).size() == 103U);
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
    ring.retire(1, now);
    BOOST_CHECK(ids(ring, KeyUse::seal) == (std::vector<int>{4, 5, 1}));
    ring.retire(5, now);
    BOOST_CHECK(ids(ring, KeyUse::seal) == (std::vector<int>{4, 1, 5}));
    BOOST_TEST(ring.list(now)[3].in_use);
    BOOST_TEST(!ring.list(now)[0].in_use);
}

BOOST_AUTO_TEST_CASE(one_active_key_of_each_use_stays) {
    KeyRing ring = KeyRing::generate(now);
    for (std::uint8_t id = 1; id <= 3; ++id) // the last active one of its use
        BOOST_CHECK_THROW(ring.retire(id, now), std::invalid_argument);
    BOOST_CHECK_THROW(ring.retire(4, now), std::invalid_argument); // there is none
    ring.add(KeyUse::pepper, now);
    ring.retire(2, now);
    BOOST_CHECK_THROW(ring.retire(2, now), std::invalid_argument); // already
    BOOST_CHECK_THROW(ring.retire(4, now), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_new_signing_key_is_published_before_it_signs) {
    KeyRing ring = KeyRing::generate(now);
    BOOST_TEST(ring.signing_key(now)->id == 3);
    BOOST_CHECK(ring.signing_key(now)->alg == JwtAlg::es256);
    BOOST_TEST(ring.signing_key(now - 1h)->id == 3); // a clock that is behind
    BOOST_TEST(ring.add(KeyUse::sign, now, JwtAlg::eddsa) == 4);
    BOOST_TEST(ring.signing_key(now + 10min)->id == 3); // created 1 ms later than the other
    BOOST_TEST(ring.signing_key(now + 10min + 1ms)->id == 4);
    const auto list = ring.list(now);
    BOOST_TEST(list[3].alg == "EdDSA");
    BOOST_TEST(!list[3].in_use);
    BOOST_TEST(list[2].in_use);
    BOOST_CHECK(list[3].signs_from == now + 10min + 1ms);
}

BOOST_AUTO_TEST_CASE(a_signing_key_is_not_retired_before_another_signs) {
    KeyRing ring = KeyRing::generate(now);
    BOOST_CHECK_THROW(ring.retire(3, now), std::invalid_argument); // the only one
    ring.add(KeyUse::sign, now);
    BOOST_CHECK_THROW(ring.retire(3, now + 10min), std::invalid_argument);
    ring.retire(3, now + 11min);
    BOOST_TEST(ring.signing_key(now)->id == 4);
    BOOST_CHECK(ring.list(now)[2].published_until == now + 76min); // 1 h of a token and 5 min
    BOOST_CHECK(!ring.list(now)[3].published_until);
    ring.add(KeyUse::sign, now + 11min);
    ring.retire(5, now + 12min); // not in use yet, and never will be
    BOOST_TEST(ring.signing_key(now + 1h)->id == 4);
}

BOOST_AUTO_TEST_CASE(a_file_without_signing_keys_gets_one_that_signs_at_once) {
    std::string text = content_of(MFAD_TEST_DATA "/keys/known.json");
    const auto comma = text.rfind(",\n{");
    KeyRing ring = ring_in(text.erase(comma, text.rfind('\n', text.size() - 3) - comma));
    BOOST_TEST(ring.list(now).size() == 3U);
    BOOST_CHECK(ring.signing_key(now) == nullptr);
    const auto id = ring.add(KeyUse::sign, now);
    BOOST_TEST(ring.signing_key(now)->id == id);
    BOOST_CHECK(ring.signing_key(now)->signs_from == now);
}

BOOST_AUTO_TEST_CASE(signing_keys_come_back_with_their_times) {
    const PrivateDir dir;
    const auto path = dir.path() / "keys.json";
    KeyRing ring = KeyRing::generate(now);
    ring.add(KeyUse::sign, now, JwtAlg::eddsa);
    ring.retire(3, now + 1h);
    ring.save_new(path);
    const auto a = ring.list(now);
    const auto b = KeyRing::load(path).list(now);
    for (std::size_t i = 2; i < 4; ++i) {
        BOOST_TEST(a[i].alg == b[i].alg);
        BOOST_TEST(a[i].kid == b[i].kid);
        BOOST_CHECK(a[i].signs_from == b[i].signs_from);
        BOOST_CHECK(a[i].published_until == b[i].published_until);
    }
    BOOST_TEST(a[2].kid != a[3].kid);
}

BOOST_AUTO_TEST_CASE(a_signing_key_of_an_older_file_signs_from_the_beginning) {
    const KeyInfo key = known_keys().list(now).back();
    BOOST_TEST(key.alg == "EdDSA");
    BOOST_CHECK(key.signs_from == key.created);
    BOOST_TEST(key.in_use);
}

BOOST_AUTO_TEST_CASE(a_ring_takes_the_place_of_one_whose_values_it_opens) {
    const KeyRing older = known_keys();
    KeyRing newer = known_keys();
    newer.add(KeyUse::seal, now);
    newer.add(KeyUse::sign, now);
    newer.retire(7, now);
    BOOST_TEST(newer.fault_as_successor_of(older) == "");
    BOOST_TEST(older.fault_as_successor_of(newer) != "");
    BOOST_TEST(
        KeyRing::generate(now).fault_as_successor_of(older) ==
        "key 2 (pepper) is missing, or another one");
    BOOST_TEST(
        ring_in(with("AAECAwQF", "BAECAwQF")).fault_as_successor_of(older) ==
        "key 7 (seal) is missing, or another one");
    BOOST_TEST(ring_in(with("QEFC", "QEFD")).fault_as_successor_of(older) == "");
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
    BOOST_TEST(KeyRing::load(path).list(now).size() == 255U);
}

BOOST_AUTO_TEST_SUITE_END()
