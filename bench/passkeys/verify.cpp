// How much CPU our verifier takes for an assertion: bench/passkeys.py runs it beside
// SimpleWebAuthn.
//
//     bench_passkeys FILE ROUNDS      prints the CPU seconds that one assertion took
//
// FILE has assertions, four lines each: COSE key in base64url, challenge in base64url, origin, and
// the AuthenticationResponseJSON; before them a line with the rp_id. Each is verified ROUNDS times
// as a server does: from its JSON, and with the stored key as bytes.
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/webauthn_json.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace {

using namespace mfad::platform;

struct Case {
    std::string credential;
    StoredPasskey stored;
    AssertionExpectations expected;
};

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::vector<Case> read_cases(const char* file) {
    std::ifstream in(file);
    std::string rp_id;
    std::string key;
    std::string challenge;
    std::string origin;
    std::string credential;
    std::getline(in, rp_id);
    std::vector<Case> cases;
    while (std::getline(in, key) && std::getline(in, challenge) && std::getline(in, origin) &&
           std::getline(in, credential)) {
        Case& made = cases.emplace_back();
        made.credential = credential;
        made.stored.public_key = from_base64url(key).value();
        made.expected.challenge = from_base64url(challenge).value();
        made.expected.origins = {origin};
        made.expected.rp_id = rp_id;
        made.expected.user_known = true;
    }
    return cases;
}

bool verifies(Case& one) {
    const auto parsed = parse_assertion_credential(one.credential);
    if (!parsed) return false;
    one.stored.credential_id = parsed->id;
    one.expected.allowed_credentials = {parsed->id};
    return verify_assertion(*parsed, one.stored, one.expected).has_value();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::vector<Case> cases = read_cases(argv[1]);
    const int rounds = std::atoi(argv[2]);
    const double before = cpu_seconds();
    std::size_t count = 0;
    for (int round = 0; round < rounds; ++round)
        for (Case& one : cases) {
            if (!verifies(one)) return 1;
            ++count;
        }
    std::cout << (cpu_seconds() - before) / static_cast<double>(count) << "\n";
}
