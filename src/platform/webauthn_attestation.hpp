#pragma once

#include "mfad/platform/cbor.hpp"
#include "mfad/platform/webauthn.hpp"
#include "webauthn_authenticator_data.hpp"

#include <boost/system/result.hpp>

#include <string_view>

namespace mfad::platform {

/// An attestation object (section 6.5), taken apart. `statement` is part of the document that it
/// was read from.
struct AttestationObject {
    std::string_view format;
    CborValue statement;
    std::string_view authenticator_data;
};

boost::system::result<AttestationObject, WebauthnFault> read_attestation_object(
    const CborDocument& document);

/// Who vouches for the authenticator, when `expected` takes that (section 7.1 from the statement
/// on, sections 8.2 and 8.7).
boost::system::result<Attestation, WebauthnFault> verify_attestation(
    const AttestationObject& object, const AuthenticatorData& data, const CoseKey& key,
    std::string_view client_data_hash, const RegistrationExpectations& expected);

} // namespace mfad::platform
