#pragma once

#include "mfad/platform/cose_key.hpp"
#include "mfad/platform/webauthn.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::platform {

/// The certificates of an attestation statement, the authenticator's own first.
class AttestationCertificates {
public:
    static constexpr std::size_t max_count = 8;

    /// Nothing unless there are 1..8, each one DER certificate and nothing else.
    static std::optional<AttestationCertificates> parse(std::span<const std::string_view> der);

    AttestationCertificates(AttestationCertificates&&) noexcept;
    AttestationCertificates& operator=(AttestationCertificates&&) noexcept;
    ~AttestationCertificates();

    /// Whether the first one's key made the signature.
    bool verifies(CoseAlg alg, std::string_view message, std::string_view signature) const;

    /// Whether the first one is as section 8.2.1 wants it: version 3, a subject of C, O, CN and
    /// OU `Authenticator Attestation`, not a certificate authority.
    bool is_for_packed() const;

    /// Whether the first one names this model, or none (section 8.2.1, id-fido-gen-ce-aaguid).
    bool allows_aaguid(std::string_view aaguid) const;

    /// Whether they lead to one of these DER certificates, all valid at `now`. Anchors that are no
    /// certificates are passed over.
    bool lead_to(std::span<const std::string> anchors, UnixMillis now) const;

private:
    struct State;
    explicit AttestationCertificates(std::unique_ptr<const State> state);

    std::unique_ptr<const State> state_;
};

} // namespace mfad::platform
