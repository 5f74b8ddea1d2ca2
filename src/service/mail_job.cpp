#include "mfad/service/mail_job.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"

namespace mfad::service {
namespace {

using platform::SealPurpose;

constexpr std::uint8_t version = 1;
constexpr std::size_t id_size = 16;
constexpr std::size_t head_size = 1 + id_size; // class digit, id

platform::Place place_of(std::string_view id) {
    return platform::Place().part("mail_job").part(id);
}

std::int64_t millis(platform::UnixMillis time) {
    return time.time_since_epoch().count();
}

std::string encode(const MailJob& job) {
    platform::PackedWriter packed;
    packed.u8(version).u8(static_cast<std::uint8_t>(job.kind));
    packed.text(job.user.tenant).text(job.user.user).text(job.link_id).text(job.secret);
    packed.i64(millis(job.created)).i64(millis(job.not_after));
    packed.u32(job.attempts).text(job.last_error);
    return std::move(packed).bytes();
}

/// What we sealed ourselves is as we wrote it; a later version's job is not read.
std::optional<MailJob> decode(std::string_view bytes) {
    platform::PackedReader packed(bytes);
    if (packed.u8() != version) return std::nullopt;
    MailJob job;
    job.kind = static_cast<MailJob::Kind>(packed.u8());
    job.user.tenant = packed.text();
    job.user.user = packed.text();
    job.link_id = packed.text();
    job.secret = packed.text();
    job.created = platform::unix_millis(packed.i64());
    job.not_after = platform::unix_millis(packed.i64());
    job.attempts = packed.u32();
    job.last_error = packed.text();
    return job;
}

} // namespace

store::MailClass MailJob::mail_class() const {
    switch (kind) {
    case Kind::enrollment_link: return store::MailClass::link;
    case Kind::enrollment_code:
    case Kind::sign_in_code: return store::MailClass::code;
    case Kind::factor_added:
    case Kind::factor_removed:
    case Kind::factors_reset:
    case Kind::recovery_code_used:
    case Kind::factor_disabled:
    case Kind::device_revoked:
    case Kind::device_stolen:
    case Kind::address_changed:
    case Kind::reset_scheduled:
    case Kind::reset_due: break;
    }
    return store::MailClass::notice;
}

std::string_view to_string(MailJob::Kind kind) {
    switch (kind) {
    case MailJob::Kind::enrollment_link: return "enrollment_link";
    case MailJob::Kind::enrollment_code: return "enrollment_code";
    case MailJob::Kind::sign_in_code: return "sign_in_code";
    case MailJob::Kind::factor_added: return "factor_added";
    case MailJob::Kind::factor_removed: return "factor_removed";
    case MailJob::Kind::factors_reset: return "factors_reset";
    case MailJob::Kind::recovery_code_used: return "recovery_code_used";
    case MailJob::Kind::factor_disabled: return "factor_disabled";
    case MailJob::Kind::device_revoked: return "device_revoked";
    case MailJob::Kind::device_stolen: return "device_stolen";
    case MailJob::Kind::address_changed: return "address_changed";
    case MailJob::Kind::reset_scheduled: return "reset_scheduled";
    case MailJob::Kind::reset_due: return "reset_due";
    }
    return {};
}

MailJob new_job(MailJob::Kind kind, const domain::UserRef& user) {
    MailJob job;
    job.id = platform::random_bytes(id_size);
    job.kind = kind;
    job.user = user;
    job.created = platform::wall_now();
    return job;
}

std::string seal_job(const MailJob& job, Vault& vault) {
    const std::string text = encode(job);
    std::string bytes;
    bytes.reserve(head_size + platform::Sealer::overhead + text.size());
    bytes.push_back(static_cast<char>('0' + static_cast<int>(job.mail_class())));
    bytes.append(job.id);
    vault.sealer.seal_onto(bytes, SealPurpose::mail_job, place_of(job.id), text);
    return bytes;
}

std::optional<MailJob> open_job(std::string_view bytes, Vault& vault) {
    if (bytes.size() < head_size) return std::nullopt;
    const std::string_view id = bytes.substr(1, id_size);
    const auto text =
        vault.sealer.open(SealPurpose::mail_job, place_of(id), bytes.substr(head_size));
    if (!text) return std::nullopt;
    std::optional<MailJob> job = decode(*text);
    if (job) job->id = id;
    return job;
}

std::string public_job_id(std::string_view bytes) {
    return platform::hex(bytes.substr(std::min<std::size_t>(bytes.size(), 1), id_size));
}

} // namespace mfad::service
