#pragma once

#include "webauthn_authenticator.hpp"

/// What a relying party expects in these tests, and what a device without attestation sends it.
namespace mfad::test {

using platform::AssertionExpectations;
using platform::RegistrationCredential;
using platform::RegistrationExpectations;

inline const std::string challenge(32, 'c');

template <class Expectations>
Expectations expectations() {
    Expectations expected;
    expected.challenge = challenge;
    expected.origins = {"https://example.org"};
    expected.rp_id = "example.org";
    return expected;
}

inline RegistrationExpectations registering() {
    auto expected = expectations<RegistrationExpectations>();
    expected.now = platform::UnixMillis{std::chrono::seconds{ceremony_time}};
    return expected;
}

inline AssertionExpectations asserting() {
    auto expected = expectations<AssertionExpectations>();
    expected.user_known = true;
    return expected;
}

template <class Result>
std::string verdict(const Result& result) {
    return result ? "accept" : std::string(to_string(result.error()));
}

inline RegistrationCredential unattested(const SoftAuthenticator& device, const std::string& data) {
    return {
        device.id,
        client_data("webauthn.create", challenge),
        attestation_object("none", cbor::map({}), data),
        {}};
}

} // namespace mfad::test
