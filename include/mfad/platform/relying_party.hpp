#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Whether passkeys can work at all with what was configured (WebAuthn L3 sections 5.1.3 step 8 and
/// 5.1.4.1 step 7; HTML, "is a registrable domain suffix of or is equal to"). Browsers say no more
/// than `SecurityError`, to the user, so this is asked at the start.
namespace mfad::platform {

enum class RpRule : std::uint8_t {
    rp_id_form,          ///< not a lower-case host name in A-labels: a dot at the end, a port, …
    rp_id_address,       ///< an IP address
    rp_id_public_suffix, ///< such as `co.uk` or `github.io`, where anybody may have a name
    no_origins,
    origin_form,   ///< not what browsers send: `scheme://host[:port]`, lower case, no default port
    origin_scheme, ///< not https, unless on localhost
    origin_host    ///< of which rp_id is neither the name nor a suffix that it may use
};

struct RpFault {
    RpRule rule{};
    std::string subject; ///< the rp_id or the origin

    friend bool operator==(const RpFault&, const RpFault&) = default;
};

/// The fault in words, with its subject.
std::string to_string(const RpFault& fault);

/// What is wrong; empty when passkeys for `rp_id` can be used on every one of `origins`. Origins of
/// Android apps (`android:apk-key-hash:` and 32 bytes in base64url) are taken on their form.
///
/// Asks the list of public suffixes that libpsl was built with: nothing is read or fetched.
std::vector<RpFault> lint_rp(std::string_view rp_id, std::span<const std::string> origins);

} // namespace mfad::platform
