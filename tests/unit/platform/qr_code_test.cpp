#include "mfad/platform/qr_code.hpp"

#include "child_process.hpp"
#include "temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <regex>

using namespace mfad::platform;
using mfad::test::run_program;
using mfad::test::TempDir;

namespace {

/// What a phone would see in the picture: drawn by one program, read by another.
std::string seen(const std::string& svg) {
    const TempDir folder;
    mfad::test::write_file(folder / "code.svg", svg);
    run_program(
        {"rsvg-convert", "--width=800", "--output", folder.file("code.png"),
         folder.file("code.svg")});
    return run_program(
        {"zbarimg", "--nodbus", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
         folder.file("code.png")});
}

constexpr std::string_view uri =
    "otpauth://totp/Acme%20GmbH:someone@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    "&issuer=Acme%20GmbH&algorithm=SHA1&digits=6&period=30";

} // namespace

BOOST_AUTO_TEST_SUITE(qr_code_tests)

BOOST_AUTO_TEST_CASE(a_reader_sees_the_text_in_the_picture) {
    BOOST_TEST(seen(qr_svg(uri).value()) == std::string(uri) + "\n");
    BOOST_TEST(seen(qr_svg("A").value()) == "A\n");
    std::string longest(max_qr_bytes, 'x');
    for (std::size_t i = 0; i < longest.size(); ++i)
        longest[i] = static_cast<char>('!' + i * 7 % 90);
    BOOST_TEST(seen(qr_svg(longest).value()) == longest + "\n");
}

BOOST_AUTO_TEST_CASE(other_lengths_are_refused) {
    BOOST_TEST(!qr_svg(""));
    BOOST_TEST(!qr_svg(std::string(max_qr_bytes + 1, 'x')));
    BOOST_TEST(!qr_svg(std::string(100'000, 'x')));
}

// A symbol of one character has 21 modules a side; its first row starts with the upper edge of the
// finder pattern, seven dark modules, behind a quiet zone of four.
BOOST_AUTO_TEST_CASE(the_picture_has_its_quiet_zone) {
    const std::string svg = qr_svg("A").value();
    BOOST_TEST(svg.find(R"(viewBox="0 0 29 29")") != std::string::npos);
    BOOST_TEST(svg.find(R"(d="M4 4h7v1h-7z)") != std::string::npos);
    BOOST_TEST(svg.find("M4 24h7v1h-7z") != std::string::npos); // of the lower left one
    const std::regex place(R"(M(\d+) (\d+)h(\d+)v1)");
    int runs = 0;
    for (std::sregex_iterator at(svg.begin(), svg.end(), place), end; at != end; ++at, ++runs) {
        const int x = std::stoi((*at)[1]);
        const int y = std::stoi((*at)[2]);
        BOOST_TEST((x >= 4 && x + std::stoi((*at)[3]) <= 25 && y >= 4 && y <= 24));
    }
    BOOST_TEST(runs > 50);
}

BOOST_AUTO_TEST_CASE(the_strictest_policy_lets_it_stand_in_a_page) {
    const std::string svg = qr_svg(uri).value();
    BOOST_TEST(svg.find("style") == std::string::npos);
    BOOST_TEST(svg.find("script") == std::string::npos);
    BOOST_TEST(svg.find("href") == std::string::npos);
    BOOST_TEST(svg.find(R"( role="img")") != std::string::npos);
    BOOST_TEST(svg.find("<title>QR code</title>") != std::string::npos);
    BOOST_TEST(svg.find("secret") == std::string::npos); // the text is in the modules alone
    BOOST_TEST(svg.size() < 24U * 1024);
}

BOOST_AUTO_TEST_SUITE_END()
