#pragma once

#include "webauthn_authenticator.hpp"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace mfad::test {

/// How the authenticator's certificate looks; what is empty is left out.
struct LeafForm {
    std::string country = "DE";
    std::string organization = "Vendor";
    std::string unit = "Authenticator Attestation";
    std::string common_name = "Vendor Key 1";
    std::string constraints = "critical,CA:FALSE";
    long version = 2;
    std::string aaguid{}; ///< the value of the FIDO extension
    bool aaguid_critical = false;
};

/// A root, an intermediate of its making, and certificates of authenticators below that; all are
/// valid for a year before and after `ceremony_time`.
class CertificateMaker {
public:
    CertificateMaker()
        : root_(make("Root", root_key_.get(), nullptr, root_key_.get())),
          intermediate_(
              make("Intermediate", intermediate_key_.get(), root_.get(), root_key_.get())) {}

    EVP_PKEY* leaf_key() const { return leaf_key_.get(); }
    std::string root() const { return der(root_.get()); }
    std::string intermediate() const { return der(intermediate_.get()); }

    std::string leaf(const LeafForm& form = {}) const {
        const auto certificate = start(leaf_key_.get(), intermediate_.get());
        X509* const x = certificate.get();
        X509_set_version(x, form.version);
        auto* const name = X509_get_subject_name(x);
        add(name, "C", form.country);
        add(name, "O", form.organization);
        add(name, "OU", form.unit);
        add(name, "CN", form.common_name);
        if (!form.constraints.empty()) extend(x, NID_basic_constraints, form.constraints);
        if (!form.aaguid.empty()) add_aaguid(x, form);
        X509_sign(x, intermediate_key_.get(), EVP_sha256());
        return der(x);
    }

private:
    struct Free {
        void operator()(X509* p) const { X509_free(p); }
    };
    using Owned = std::unique_ptr<X509, Free>;

    static void add(X509_NAME* name, const char* field, const std::string& value) {
        if (!value.empty())
            X509_NAME_add_entry_by_txt(
                name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                static_cast<int>(value.size()), -1, 0);
    }

    static void extend(X509* x, int nid, const std::string& value) {
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        if (!extension) throw std::runtime_error("not an extension: " + value);
        X509_add_ext(x, extension, -1);
        X509_EXTENSION_free(extension);
    }

    static void add_aaguid(X509* x, const LeafForm& form) {
        ASN1_OBJECT* const oid = OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1);
        ASN1_OCTET_STRING* const value = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(
            value, reinterpret_cast<const unsigned char*>(form.aaguid.data()),
            static_cast<int>(form.aaguid.size()));
        X509_EXTENSION* const extension =
            X509_EXTENSION_create_by_OBJ(nullptr, oid, form.aaguid_critical ? 1 : 0, value);
        X509_add_ext(x, extension, -1);
        X509_EXTENSION_free(extension);
        ASN1_OCTET_STRING_free(value);
        ASN1_OBJECT_free(oid);
    }

    static Owned start(EVP_PKEY* key, X509* issuer) {
        Owned x{X509_new()};
        X509_set_version(x.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
        constexpr long year = 365L * 24 * 3600;
        ASN1_TIME_set(X509_getm_notBefore(x.get()), ceremony_time - year);
        ASN1_TIME_set(X509_getm_notAfter(x.get()), ceremony_time + year);
        X509_set_pubkey(x.get(), key);
        if (issuer) X509_set_issuer_name(x.get(), X509_get_subject_name(issuer));
        return x;
    }

    static Owned make(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer) {
        auto x = start(key, issuer);
        add(X509_get_subject_name(x.get()), "CN", name);
        if (!issuer) X509_set_issuer_name(x.get(), X509_get_subject_name(x.get()));
        extend(x.get(), NID_basic_constraints, "critical,CA:TRUE");
        X509_sign(x.get(), signer, EVP_sha256());
        return x;
    }

    static std::string der(X509* x) {
        unsigned char* out = nullptr;
        const int size = i2d_X509(x, &out);
        std::string bytes(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
        OPENSSL_free(out);
        return bytes;
    }

    OwnedKey root_key_{EVP_EC_gen("P-256")};
    OwnedKey intermediate_key_{EVP_EC_gen("P-256")};
    OwnedKey leaf_key_{EVP_EC_gen("P-256")};
    Owned root_;
    Owned intermediate_;
};

} // namespace mfad::test
