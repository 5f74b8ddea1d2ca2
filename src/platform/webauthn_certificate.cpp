#include "webauthn_certificate.hpp"

#include "evp_verify.hpp"
#include "mfad/platform/concat.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>

namespace mfad::platform {
namespace {

struct X509Free {
    void operator()(X509* p) const { X509_free(p); }
    void operator()(X509_STORE* p) const { X509_STORE_free(p); }
    void operator()(X509_STORE_CTX* p) const { X509_STORE_CTX_free(p); }
    void operator()(ASN1_OBJECT* p) const { ASN1_OBJECT_free(p); }
    void operator()(STACK_OF(X509) * p) const { sk_X509_free(p); } // its members belong to others
};
template <class T>
using Owned = std::unique_ptr<T, X509Free>;

constexpr const char* aaguid_extension = "1.3.6.1.4.1.45724.1.1.4";
constexpr long version_3 = 2;

Owned<X509> read_certificate(std::string_view der) {
    const unsigned char* at = octets(der);
    Owned<X509> certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    ERR_clear_error();
    if (at != octets(der) + der.size()) return nullptr;
    return certificate;
}

std::string_view bytes_of(const ASN1_STRING* text) {
    return {
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
        static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// The value of the only attribute of this kind; "" when there is none, or several.
std::string_view only(const X509_NAME* name, int nid) {
    const int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0) return {};
    return bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

bool has_attestation_subject(const X509* certificate) {
    const X509_NAME* const name = X509_get_subject_name(certificate);
    return only(name, NID_countryName).size() == 2 && !only(name, NID_organizationName).empty() &&
           !only(name, NID_commonName).empty() &&
           only(name, NID_organizationalUnitName) == "Authenticator Attestation";
}

/// Where `oid` is an extension of `certificate`; -1 when it is none.
int extension_index(const X509* certificate, const char* oid) {
    const Owned<ASN1_OBJECT> object{OBJ_txt2obj(oid, 1)};
    if (!object) throw std::runtime_error("OpenSSL: no memory for an object identifier");
    return X509_get_ext_by_OBJ(certificate, object.get(), -1);
}

/// Whether the first of `chain`, perhaps by way of the others, was issued by `anchor`, all of them
/// valid at `now`.
bool leads_to(STACK_OF(X509) * chain, X509* anchor, UnixMillis now) {
    const Owned<X509_STORE> store{X509_STORE_new()};
    const Owned<X509_STORE_CTX> context{X509_STORE_CTX_new()};
    if (!store || !context || X509_STORE_add_cert(store.get(), anchor) != 1 ||
        X509_STORE_CTX_init(context.get(), store.get(), sk_X509_value(chain, 0), chain) != 1)
        throw std::runtime_error("OpenSSL: no memory for a chain");
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN); // anchors need not be roots
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(seconds.count()));
    return X509_verify_cert(context.get()) == 1;
}

} // namespace

bool is_certificate(std::string_view der) {
    return read_certificate(der) != nullptr;
}

struct AttestationCertificates::State {
    std::vector<Owned<X509>> chain;
};

AttestationCertificates::AttestationCertificates(std::unique_ptr<const State> state)
    : state_(std::move(state)) {}
AttestationCertificates::AttestationCertificates(AttestationCertificates&&) noexcept = default;
AttestationCertificates& AttestationCertificates::operator=(AttestationCertificates&&) noexcept =
    default;
AttestationCertificates::~AttestationCertificates() = default;

std::optional<AttestationCertificates> AttestationCertificates::parse(
    std::span<const std::string_view> der) {
    if (der.empty() || der.size() > max_count) return std::nullopt;
    auto state = std::make_unique<State>();
    for (const auto one : der) {
        auto certificate = read_certificate(one);
        if (!certificate) return std::nullopt;
        state->chain.push_back(std::move(certificate));
    }
    return AttestationCertificates(std::move(state));
}

bool AttestationCertificates::verifies(
    CoseAlg alg, std::string_view message, std::string_view signature) const {
    EVP_PKEY* const key = X509_get0_pubkey(state_->chain.front().get());
    const bool verified = key && evp_verifies(key, alg, message, signature);
    ERR_clear_error();
    return verified;
}

bool AttestationCertificates::is_for_packed() const {
    X509* const leaf = state_->chain.front().get();
    if (X509_get_version(leaf) != version_3 || !has_attestation_subject(leaf)) return false;
    // Computes the flags, and says whether the extensions can be read at all.
    const bool readable = (X509_get_extension_flags(leaf) & EXFLAG_INVALID) == 0;
    ERR_clear_error();
    return readable && (X509_get_extension_flags(leaf) & EXFLAG_CA) == 0 &&
           X509_get_ext_by_NID(leaf, NID_basic_constraints, -1) >= 0;
}

bool AttestationCertificates::allows_aaguid(std::string_view aaguid) const {
    const X509* const leaf = state_->chain.front().get();
    const int at = extension_index(leaf, aaguid_extension);
    if (at < 0) return true;
    X509_EXTENSION* const extension = X509_get_ext(leaf, at);
    // An OCTET STRING of 16 bytes within the extension's own.
    return X509_EXTENSION_get_critical(extension) == 0 &&
           bytes_of(X509_EXTENSION_get_data(extension)) == concat("\x04\x10", aaguid);
}

bool AttestationCertificates::lead_to(std::span<const std::string> anchors, UnixMillis now) const {
    const Owned<STACK_OF(X509)> chain{sk_X509_new_null()};
    if (!chain) throw std::runtime_error("OpenSSL: no memory for a chain");
    for (const auto& certificate : state_->chain)
        sk_X509_push(chain.get(), certificate.get());
    // One by one: of several anchors with one name, OpenSSL tries a single one.
    const bool trusted = std::ranges::any_of(anchors, [&](const std::string& der) {
        const auto anchor = read_certificate(der);
        return anchor && leads_to(chain.get(), anchor.get(), now);
    });
    ERR_clear_error();
    return trusted;
}

} // namespace mfad::platform
