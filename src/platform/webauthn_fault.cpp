#include "mfad/platform/webauthn.hpp"

#include <array>

namespace mfad::platform {
namespace {

constexpr std::array names{
    std::string_view("too_big"),
    std::string_view("json"),
    std::string_view("encoding"),
    std::string_view("credential_type"),
    std::string_view("id_raw_id_differ"),
    std::string_view("credential_not_allowed"),
    std::string_view("credential_not_found"),
    std::string_view("user_handle_missing"),
    std::string_view("user_handle_mismatch"),
    std::string_view("client_data_utf8"),
    std::string_view("client_data_json"),
    std::string_view("type_mismatch"),
    std::string_view("challenge_mismatch"),
    std::string_view("origin_mismatch"),
    std::string_view("cross_origin_not_allowed"),
    std::string_view("top_origin_mismatch"),
    std::string_view("attestation_object_cbor"),
    std::string_view("attestation_object_fields"),
    std::string_view("authdata_short"),
    std::string_view("no_attested_credential_data"),
    std::string_view("unexpected_attested_credential_data"),
    std::string_view("authdata_cbor"),
    std::string_view("authdata_ext_cbor"),
    std::string_view("authdata_ext_not_map"),
    std::string_view("authdata_trailing"),
    std::string_view("id_mismatch"),
    std::string_view("rp_id_hash_mismatch"),
    std::string_view("user_not_present"),
    std::string_view("user_not_verified"),
    std::string_view("bs_without_be"),
    std::string_view("backup_not_allowed"),
    std::string_view("be_changed"),
    std::string_view("cose_kty"),
    std::string_view("cose_alg_crv_mismatch"),
    std::string_view("cose_member"),
    std::string_view("cose_key_invalid"),
    std::string_view("alg_not_allowed"),
    std::string_view("fmt_unknown"),
    std::string_view("none_attstmt_not_empty"),
    std::string_view("attestation_statement"),
    std::string_view("attestation_alg_mismatch"),
    std::string_view("attestation_signature_invalid"),
    std::string_view("attestation_certificate"),
    std::string_view("attestation_aaguid_mismatch"),
    std::string_view("attestation_untrusted"),
    std::string_view("aaguid_not_allowed"),
    std::string_view("credential_id_size"),
    std::string_view("signature_invalid"),
    std::string_view("sign_count_regression")};
static_assert(names.size() == static_cast<std::size_t>(WebauthnFault::sign_count_regression) + 1);

} // namespace

std::string_view to_string(WebauthnFault fault) {
    return names[static_cast<std::size_t>(fault)];
}

} // namespace mfad::platform
