#include "mfad/domain/otpauth_migration.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "otpauth_label.hpp"
#include "protobuf_reader.hpp"

#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <limits>

namespace mfad::domain {
namespace {

namespace urls = boost::urls;
using Code = Refusal::Code;
using Field = ProtobufReader::Field;
using Type = ProtobufReader::Type;

constexpr std::size_t longest_uri = 8192;
constexpr std::size_t most_entries = 100;
constexpr std::uint64_t most_parts = 1000;

// MigrationPayload
enum : std::uint32_t { payload_entry = 1, payload_parts = 3, payload_part = 4 };
// OtpParameters
enum : std::uint32_t {
    entry_secret = 1,
    entry_name = 2,
    entry_issuer = 3,
    entry_algorithm = 4,
    entry_digits = 5,
    entry_type = 6
};
enum : std::uint64_t { type_totp = 2 };
enum : std::uint64_t { digits_unspecified = 0, digits_six = 1, digits_eight = 2 };

/// An entry as it stands. Enumerations that are not there are 0, their "unspecified".
struct RawEntry {
    std::string_view secret;
    std::string_view name;
    std::string_view issuer;
    std::uint64_t algorithm = 0;
    std::uint64_t digits = 0;
    std::uint64_t type = 0;
};

/// False for a field of another type than it should be. The last of several holds, as protobuf has
/// it.
bool take(const Field& field, std::string_view& value) {
    value = field.bytes;
    return field.type == Type::bytes;
}
bool take(const Field& field, std::uint64_t& value) {
    value = field.varint;
    return field.type == Type::varint;
}

bool read_field(const Field& field, RawEntry& entry) {
    switch (field.number) {
    case entry_secret: return take(field, entry.secret);
    case entry_name: return take(field, entry.name);
    case entry_issuer: return take(field, entry.issuer);
    case entry_algorithm: return take(field, entry.algorithm);
    case entry_digits: return take(field, entry.digits);
    case entry_type: return take(field, entry.type);
    default: return true;
    }
}

std::optional<RawEntry> read_entry(std::string_view message) {
    RawEntry entry;
    ProtobufReader reader(message);
    while (const auto field = reader.next())
        if (!read_field(*field, entry)) return std::nullopt;
    if (reader.failed()) return std::nullopt;
    return entry;
}

std::optional<TotpAlgorithm> algorithm_of(std::uint64_t number) {
    switch (number) {
    case 0: // unspecified
    case 1: return TotpAlgorithm::sha1;
    case 2: return TotpAlgorithm::sha256;
    case 3: return TotpAlgorithm::sha512;
    default: return std::nullopt; // 4: MD5
    }
}

Result<TotpKey> key_of(const RawEntry& raw) {
    if (raw.type != type_totp) return refuse(Code::invalid, "type", "must be totp");
    TotpKey key;
    const auto algorithm = algorithm_of(raw.algorithm);
    if (!algorithm) return refuse(Code::invalid, "algorithm", "must be SHA1, SHA256 or SHA512");
    key.parameters.algorithm = *algorithm;
    if (raw.digits > digits_eight) return refuse(Code::invalid, "digits", "must be 6 or 8");
    key.parameters.digits = raw.digits == digits_eight ? 8 : 6;
    if (raw.secret.size() < min_totp_secret_bytes || raw.secret.size() > max_totp_secret_bytes)
        return refuse(Code::invalid, "secret", "must have 80 to 1024 bits");
    key.secret = platform::Secret(raw.secret);
    return key;
}

/// The app shows the name, which may have the issuer in front of it as in a label.
MigratedEntry migrated(const RawEntry& raw) {
    MigratedEntry entry;
    if (!is_otpauth_name(raw.name) || !is_otpauth_name(raw.issuer)) {
        entry.key = refuse(Code::invalid, "label", "must be text of up to 256 bytes");
        return entry;
    }
    OtpauthLabel label = split_label(raw.name);
    const bool prefixed = raw.issuer.empty() || raw.issuer == label.issuer;
    entry.issuer = prefixed ? std::move(label.issuer) : std::string(raw.issuer);
    entry.account = prefixed ? std::move(label.account) : std::string(raw.name);
    entry.key = key_of(raw);
    return entry;
}

bool read_payload_field(const Field& field, OtpauthMigration& migration) {
    if (field.number == payload_parts || field.number == payload_part) {
        std::uint64_t value = 0;
        auto& number = field.number == payload_parts ? migration.parts : migration.part;
        if (!take(field, value) || value > most_parts) return false;
        number = static_cast<std::uint32_t>(value);
        return true;
    }
    if (field.number != payload_entry) return true;
    const auto raw = field.type == Type::bytes ? read_entry(field.bytes) : std::nullopt;
    if (!raw || migration.entries.size() == most_entries) return false;
    migration.entries.push_back(migrated(*raw));
    return true;
}

std::optional<OtpauthMigration> read_payload(std::string_view message) {
    OtpauthMigration migration;
    ProtobufReader reader(message);
    while (const auto field = reader.next())
        if (!read_payload_field(*field, migration)) return std::nullopt;
    if (migration.parts == 0) migration.parts = 1; // as programs write it that do not split
    if (reader.failed() || migration.entries.empty() || migration.part >= migration.parts)
        return std::nullopt;
    return migration;
}

/// The value of `data`, decoded from both of its encodings.
std::optional<platform::Secret> data_of(const urls::url_view& uri) {
    std::optional<platform::Secret> data;
    for (const auto& parameter : uri.encoded_params()) {
        if (parameter.key.decode() != "data") continue;
        if (data) return std::nullopt;
        const auto text = platform::Secret::take(parameter.value.decode());
        auto bytes = platform::from_base64(text.reveal());
        if (!bytes) return std::nullopt;
        data = platform::Secret::take(*std::move(bytes));
    }
    return data;
}

bool is_migration(const urls::url_view& uri) {
    return urls::grammar::ci_is_equal(uri.scheme(), "otpauth-migration") && uri.has_authority() &&
           !uri.has_userinfo() && !uri.has_port() && !uri.has_fragment() &&
           urls::grammar::ci_is_equal(uri.encoded_host(), "offline") &&
           (uri.encoded_path().empty() || uri.encoded_path() == "/");
}

} // namespace

Result<OtpauthMigration> parse_otpauth_migration(std::string_view text) {
    const auto uri = urls::parse_uri(text.substr(0, longest_uri + 1));
    if (text.size() > longest_uri || !uri || !is_migration(*uri))
        return refuse(Code::invalid, "uri", "must be an otpauth-migration URI of up to 8 KiB");
    const auto data = data_of(*uri);
    auto migration = data ? read_payload(data->reveal()) : std::nullopt;
    if (!migration)
        return refuse(Code::invalid, "data", "must be an export of an authenticator app");
    return *std::move(migration);
}

} // namespace mfad::domain
