#include "mfad/domain/recovery_code.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>

using namespace mfad::domain;
using namespace std::string_literals;

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string typed(std::string_view text) {
    return typed_recovery_code(text).value_or("none");
}

} // namespace

BOOST_AUTO_TEST_SUITE(recovery_code_tests)

BOOST_AUTO_TEST_CASE(a_set_has_ten_different_codes_in_even_groups) {
    const auto codes = new_recovery_codes();
    BOOST_TEST(codes.size() == 10U);
    BOOST_TEST(std::set(codes.begin(), codes.end()).size() == 10U);
    for (const auto& code : codes) {
        BOOST_TEST(code.size() == 17U, code);
        BOOST_TEST((code[5] == '-' && code[11] == '-'), code);
        const auto bare = code.substr(0, 5) + code.substr(6, 5) + code.substr(12);
        BOOST_TEST(bare.find_first_not_of(alphabet) == std::string::npos, code);
        BOOST_TEST(typed(code) == bare);
    }
}

// Chi squared of 20,000 characters at each place, 31 degrees of freedom: above 110 about once in
// 10^10.
BOOST_AUTO_TEST_CASE(every_character_is_as_likely_as_another_at_every_place) {
    constexpr int sets = 2'000;
    constexpr double expected = sets * 10 / 32.0;
    std::array<std::array<int, 32>, recovery_code_characters> seen{};
    std::set<std::string> different;
    for (int i = 0; i < sets; ++i)
        for (const auto& code : new_recovery_codes()) {
            const auto bare = typed(code);
            different.insert(bare);
            for (std::size_t place = 0; place < bare.size(); ++place)
                ++seen.at(place).at(alphabet.find(bare[place]));
        }
    for (const auto& place : seen) {
        double chi = 0;
        for (const int count : place)
            chi += (count - expected) * (count - expected) / expected;
        BOOST_TEST(chi < 110);
    }
    BOOST_TEST(different.size() == 10U * sets);
}

BOOST_AUTO_TEST_CASE(a_code_is_read_however_it_is_typed) {
    for (const auto* text :
         {"7Q2PK-0XWTR-91DHE", "7q2pk-0xwtr-91dhe", "7q2pk0xwtr91dhe", " 7Q2PK 0XWTR 91DHE ",
          "7q2pk--oxwtr--9ldhe", "7Q2PK-OXWTR-9IDHE", "7q2pk-oxwtr-9idhe", "7Q2PK-0XWTR-9LDHE"})
        BOOST_TEST(typed(text) == "7Q2PK0XWTR91DHE", text);
}

BOOST_AUTO_TEST_CASE(what_is_no_code_is_refused) {
    for (const auto& text :
         {""s, "-"s, "7Q2PK-0XWTR-91DH"s, "7Q2PK-0XWTR-91DHEE"s, "7Q2PK-0XWTR-91DHU"s,
          "7q2pk-0xwtr-91dhu"s, "7Q2PK_0XWTR_91DHE"s, "7Q2PK.0XWTR.91DHE"s, "7Q2PK-0XWTR-91DHE\n"s,
          "7Q2PK-0XWTR-91DHE\0"s, "\t7Q2PK-0XWTR-91DHE"s, "7Q2PK-0XWTR-91DHÉ"s,
          "7Q2PK–0XWTR–91DHE"s, std::string(100'000, 'A')})
        BOOST_TEST(!typed_recovery_code(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
