#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mfad::domain {

/// What went wrong, once, for every dialect. Each dialect has one table from these to its status,
/// code and text.
struct Refusal {
    enum class Code : std::uint8_t {
        no_credential,  ///< none was sent, or not in a form that could be one
        bad_credential, ///< unknown, expired, revoked, forged, or of a kind that is not accepted
                        ///< there
        forbidden,      ///< valid, but it may not do this, or not to this tenant or user
        restricted,     ///< the user himself may not change his settings
        no_such_tenant, ///< unknown, or not the credential's
        no_such_user,   ///< `field` may name the one of several
        no_such_path,   ///< the path is no resource; `why` may say of what the identifier was
                        ///< malformed
        wrong_method,   ///< the path is a resource, the method is not one of its own
        malformed,      ///< not the format that the call takes at all
        wrong_type,     ///< `field` holds a value of another JSON type
        wrong_media,    ///< a content type or encoding that the call does not take
        too_large,      ///< over the size limit
        missing,        ///< `field` was not sent
        invalid,        ///< `field` does not hold what it must; `why` says what that is
        factor_not_allowed, ///< by the tenant's policy or for this user
        nothing_enabled,    ///< there is nothing to switch off
        external_factor,    ///< held by its provider, who alone can reset it
        unchanged,          ///< the call would change nothing, which this dialect reports
        proof_too_old,      ///< a fresh second factor is asked for first
        not_enrolled,       ///< the factor is not bound, or not offered here
        factors_disabled,   ///< by too many failures in a row
        wrong_code,         ///< `attempts_left` may say how many are left
        already_used,       ///< a code that was right before; the next one will do
        expired,            ///< a challenge or an offer that is over, used up or unknown
        not_configured,     ///< the tenant lacks an option that the call needs
        too_many,           ///< `policy` is used up; `retry_after` is true
        wrong_login,        ///< no account has this login and password
        too_many_logins,    ///< failed sign-ins
        key_reused,         ///< an Idempotency-Key with another request
        unavailable, ///< the store is away, or does not keep up; nothing is known to have been done
        internal,    ///< our fault
    };

    Code code = Code::internal;
    std::string field = {};  ///< dotted name of the member at fault, as the dialect spells it
    std::string why = {};    ///< what was expected, for people
    std::string policy = {}; ///< name of the limit
    std::chrono::milliseconds retry_after{0};
    std::optional<unsigned> attempts_left = {}; ///< of the challenge
};

/// A value, or why there is none: how expected failures travel.
template <class T>
using Result = boost::system::result<T, Refusal>;

inline Refusal refuse(Refusal::Code code) {
    return Refusal{code};
}
inline Refusal refuse(Refusal::Code code, std::string field, std::string why = {}) {
    return Refusal{code, std::move(field), std::move(why)};
}

} // namespace mfad::domain
