#include "roca.hpp"

#include <algorithm>
#include <array>

namespace mfad::platform {
namespace {

constexpr std::array<unsigned, 38> small_primes{
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

// Primes of the broken generator are k * M + (65537^a mod M), with M a product of small primes:
// modulo each of them, such a prime, and so the product of two, is a power of 65537 (Nemec et al.,
// "The Return of Coppersmith's Attack", ACM CCS 2017).
bool is_power_of_65537(unsigned residue, unsigned prime) {
    unsigned power = 1;
    do {
        if (power == residue) return true;
        power = power * (65537 % prime) % prime;
    } while (power != 1);
    return false;
}

} // namespace

bool is_roca_modulus(const BIGNUM* modulus) {
    return std::ranges::all_of(small_primes, [&](unsigned prime) {
        return is_power_of_65537(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime);
    });
}

} // namespace mfad::platform
