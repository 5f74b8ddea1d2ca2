#include "mfad/domain/otpauth_migration.hpp"

#include "mfad/platform/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace mfad::domain;
using mfad::platform::base64;
using namespace std::string_literals;

namespace {

// Messages by hand: none of these fields is longer than 127 bytes but where a test says so.
std::string number(int field, int value) {
    return {static_cast<char>(field << 3), static_cast<char>(value)};
}

std::string bytes(int field, const std::string& value) {
    std::string message{static_cast<char>(field << 3 | 2)};
    if (value.size() > 127) message.push_back(static_cast<char>((value.size() & 127) | 128));
    message.push_back(static_cast<char>(value.size() > 127 ? value.size() >> 7 : value.size()));
    return message + value;
}

struct Entry {
    std::string secret = "12345678901234567890";
    std::string name = "Example:alice@google.com";
    std::string issuer = "Example";
    int algorithm = 1;
    int digits = 1;
    int type = 2;
    std::string rest = {};
};

std::string message(const Entry& e) {
    return bytes(
        1, bytes(1, e.secret) + bytes(2, e.name) + bytes(3, e.issuer) + number(4, e.algorithm) +
               number(5, e.digits) + number(6, e.type) + e.rest);
}

/// Percent-encodes what base64 has besides letters and digits, as the app does.
std::string uri_of(const std::string& payload) {
    std::string uri = "otpauth-migration://offline?data=";
    for (const char c : base64(payload))
        if (c == '+')
            uri += "%2B";
        else if (c == '/')
            uri += "%2F";
        else if (c == '=')
            uri += "%3D";
        else
            uri.push_back(c);
    return uri;
}

Result<OtpauthMigration> read(const std::string& payload) {
    return parse_otpauth_migration(uri_of(payload));
}

/// Of an export that must be right.
OtpauthMigration must_read(const std::string& payload) {
    auto migration = read(payload);
    BOOST_TEST_REQUIRE(migration.has_value());
    return *std::move(migration);
}

/// What the whole is refused for; "" when it is read.
std::string fault(const std::string& uri) {
    const auto migration = parse_otpauth_migration(uri);
    return migration ? "" : migration.error().field;
}

/// What the one entry is refused for; "" when it can be served.
std::string entry_fault(const Entry& entry) {
    const auto migration = read(message(entry));
    BOOST_TEST_REQUIRE(migration.has_value());
    BOOST_TEST_REQUIRE(migration->entries.size() == 1U);
    const auto& key = migration->entries.front().key;
    return key ? "" : key.error().field;
}

} // namespace

BOOST_AUTO_TEST_SUITE(otpauth_migration_tests)

// Published with the program dim13/otpauth.
BOOST_AUTO_TEST_CASE(a_known_export_is_read) {
    const auto migration = parse_otpauth_migration(
        "otpauth-migration://offline?data="
        "CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC");
    BOOST_TEST_REQUIRE(migration.has_value());
    BOOST_TEST(migration->parts == 1U);
    BOOST_TEST(migration->part == 0U);
    BOOST_TEST_REQUIRE(migration->entries.size() == 1U);
    const auto& entry = migration->entries.front();
    BOOST_TEST(entry.issuer == "Example");
    BOOST_TEST(entry.account == "alice@google.com");
    BOOST_TEST(entry.key->secret.reveal() == "Hello!\xde\xad\xbe\xef");
    BOOST_TEST((entry.key->parameters == TotpParameters{}));
}

BOOST_AUTO_TEST_CASE(entries_come_in_their_order_with_their_parameters) {
    const auto payload = message({}) +
                         message({.name = "bob", .issuer = "", .algorithm = 2, .digits = 2}) +
                         message({.algorithm = 3, .type = 1}) + number(2, 1) + number(3, 4) +
                         number(4, 3) + number(5, 77);
    const auto migration = must_read(payload);
    BOOST_TEST(migration.parts == 4U);
    BOOST_TEST(migration.part == 3U);
    BOOST_TEST_REQUIRE(migration.entries.size() == 3U);
    const auto& second = migration.entries[1];
    BOOST_TEST(second.issuer == "");
    BOOST_TEST(second.account == "bob");
    BOOST_TEST((second.key->parameters == TotpParameters{TotpAlgorithm::sha256, 8, 30}));
    // An entry that cannot be served keeps its names, so that somebody can be told.
    const auto& third = migration.entries[2];
    BOOST_TEST(third.account == "alice@google.com");
    BOOST_TEST(third.key.error().field == "type");
}

BOOST_AUTO_TEST_CASE(the_issuer_is_in_the_name_once_twice_or_not_at_all) {
    const auto names = [](const std::string& issuer, const std::string& name) {
        const auto migration = must_read(message({.name = name, .issuer = issuer}));
        const auto& entry = migration.entries.front();
        return entry.issuer + "|" + entry.account;
    };
    BOOST_TEST(names("Example", "Example:alice") == "Example|alice");
    BOOST_TEST(names("Example", "Example: alice") == "Example|alice");
    BOOST_TEST(names("Example", "alice") == "Example|alice");
    BOOST_TEST(names("", "Example:alice") == "Example|alice");
    BOOST_TEST(names("Example", "realm:alice") == "Example|realm:alice");
    BOOST_TEST(names("", "") == "|");
}

BOOST_AUTO_TEST_CASE(entries_that_cannot_be_served_say_why) {
    BOOST_TEST(entry_fault({}) == "");
    BOOST_TEST(entry_fault({.algorithm = 0, .digits = 0}) == "");
    for (const int type : {0, 1, 3})
        BOOST_TEST(entry_fault({.type = type}) == "type");
    for (const int algorithm : {4, 5, 127})
        BOOST_TEST(entry_fault({.algorithm = algorithm}) == "algorithm");
    for (const int digits : {3, 6, 8})
        BOOST_TEST(entry_fault({.digits = digits}) == "digits");
    BOOST_TEST(entry_fault({.secret = std::string(10, 'x')}) == "");
    BOOST_TEST(entry_fault({.secret = std::string(128, 'x')}) == "");
    for (const std::size_t size : {0U, 9U, 129U})
        BOOST_TEST(entry_fault({.secret = std::string(size, 'x')}) == "secret");
    for (const auto& bad : {"\xff"s, "a\nb"s, "a\0b"s, std::string(257, 'x')}) {
        BOOST_TEST(entry_fault({.name = bad}) == "label");
        BOOST_TEST(entry_fault({.issuer = bad}) == "label");
    }
    // A negative enumeration has ten bytes.
    BOOST_TEST(entry_fault({.rest = "\x20" + std::string(9, '\xff') + "\x01"}) == "algorithm");
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_passed_over) {
    const auto unknown = bytes(8, "id") + number(9, 5) +
                         "\x55"
                         "1234" +
                         "\x59"
                         "12345678";
    BOOST_TEST(entry_fault({.rest = unknown}) == "");
    BOOST_TEST(must_read(unknown + message({}) + unknown).entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_export_is_refused_as_a_whole) {
    const auto whole = message({});
    for (const auto& bad :
         {""s, "x"s, number(3, 1), whole.substr(0, whole.size() - 1), whole + "\x0a",
          whole + "\x0b\x0c", number(1, 1) + whole, bytes(1, number(1, 1)) + whole,
          bytes(1, bytes(4, "1")) + whole,
          bytes(
              1, "\x0a\x05"
                 "1234"s) +
              whole,
          whole + bytes(3, "1"), whole + number(3, 2) + number(4, 2), whole + number(4, 1),
          whole + "\x18\xff\x7f"s}) // 16383 parts
        BOOST_TEST(fault(uri_of(bad)) == "data");
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "\x0a\x00"s;
    BOOST_TEST(must_read(many).entries.size() == 100U);
    BOOST_TEST(fault(uri_of(many + "\x0a\x00"s)) == "data");
}

BOOST_AUTO_TEST_CASE(the_uri_has_its_one_form) {
    const auto good = uri_of(message({}));
    const auto data = good.substr(good.find('?'));
    BOOST_TEST(fault(good) == "");
    BOOST_TEST(fault("OTPAUTH-MIGRATION://OFFLINE/" + data) == "");
    const auto plus = bytes(7, "x\xfb\xef\xbe\xff\xff\xff") + message({});
    BOOST_TEST(base64(plus).find('+') != std::string::npos);
    BOOST_TEST(base64(plus).find('/') != std::string::npos);
    BOOST_TEST(fault("otpauth-migration://offline?data=" + base64(plus)) == "");
    for (const auto& bad :
         {""s, "otpauth://offline" + data, "otpauth-migration://online" + data,
          "otpauth-migration:offline" + data, "otpauth-migration://offline/x" + data, good + "#x",
          "otpauth-migration://u@offline" + data, "otpauth-migration://offline:1" + data,
          " " + good, good + " ", good + std::string(8192, 'A')})
        BOOST_TEST(fault(bad) == "uri", bad);
    for (const auto& bad :
         {"otpauth-migration://offline"s, "otpauth-migration://offline?data"s,
          "otpauth-migration://offline?data="s, "otpauth-migration://offline?Data" + data.substr(5),
          good + "&" + data.substr(1), good + "%3D", good + "A", good + "%00", good + "%0A"})
        BOOST_TEST(fault(bad) == "data", bad);
}

// Whatever comes: an answer, and nothing read beyond the message (the sanitizers look).
BOOST_AUTO_TEST_CASE(random_bytes_and_changed_exports_get_an_answer) {
    std::mt19937 random(4226);
    const auto up_to = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    const std::string whole = message({}) + message({.issuer = ""}) + number(3, 2) + number(4, 1);
    int read_well = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string payload = whole;
        if (i % 4 == 0) {
            payload.resize(up_to(200));
            for (char& c : payload)
                c = static_cast<char>(up_to(255));
        }
        for (std::size_t changes = up_to(4); changes > 0 && !payload.empty(); --changes)
            payload[up_to(payload.size() - 1)] = static_cast<char>(up_to(255));
        if (i % 4 == 1) payload.resize(up_to(payload.size()));
        if (i % 4 == 2) payload.insert(up_to(payload.size()), 1, static_cast<char>(up_to(255)));
        const auto migration = read(payload);
        if (!migration) continue;
        ++read_well;
        BOOST_TEST_REQUIRE(!migration->entries.empty());
        BOOST_TEST_REQUIRE(migration->part < migration->parts);
        for (const auto& entry : migration->entries)
            if (entry.key) BOOST_TEST_REQUIRE(is_valid(entry.key->parameters));
    }
    BOOST_TEST(read_well > 1'000);
    BOOST_TEST(read_well < 15'000);
}

BOOST_AUTO_TEST_SUITE_END()
