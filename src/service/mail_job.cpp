#include "mfad/service/mail_job.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"

#include <boost/json.hpp>

namespace mfad::service {
namespace {

namespace json = boost::json;
using platform::SealPurpose;

constexpr int version = 1;
constexpr std::size_t id_size = 16;
constexpr std::size_t head_size = 1 + id_size; // class digit, id

platform::Place place_of(std::string_view id) {
    return platform::Place().part("mail_job").part(id);
}

std::string encode(const MailJob& job) {
    const auto millis = [](platform::UnixMillis t) { return t.time_since_epoch().count(); };
    platform::JsonText text;
    text.begin_object().member("v", version).member("kind", static_cast<int>(job.kind));
    text.member("tenant", job.user.tenant).member("user", job.user.user);
    text.member("link", job.link_id).member("secret", job.secret);
    text.member("created", millis(job.created)).member("not_after", millis(job.not_after));
    text.member("attempts", job.attempts).member("error", job.last_error);
    return std::move(text.end_object()).str();
}

platform::UnixMillis time_of(const json::value& value) {
    return platform::UnixMillis{std::chrono::milliseconds{value.as_int64()}};
}

std::string text_of(const json::value& value) {
    const json::string& text = value.as_string();
    return {text.data(), text.size()};
}

/// What we sealed ourselves is as we wrote it; a later version's job is not read.
std::optional<MailJob> decode(std::string_view text) {
    const json::value value = json::parse(text);
    const json::object& object = value.as_object();
    if (object.at("v").as_int64() != version) return std::nullopt;
    MailJob job;
    job.kind = static_cast<MailJob::Kind>(object.at("kind").as_int64());
    job.user = {text_of(object.at("tenant")), text_of(object.at("user"))};
    job.link_id = text_of(object.at("link"));
    job.secret = text_of(object.at("secret"));
    job.created = time_of(object.at("created"));
    job.not_after = time_of(object.at("not_after"));
    job.attempts = static_cast<unsigned>(object.at("attempts").as_int64());
    job.last_error = text_of(object.at("error"));
    return job;
}

} // namespace

std::string_view to_string(MailJob::Kind kind) {
    switch (kind) {
    case MailJob::Kind::enrollment_link: return "enrollment_link";
    case MailJob::Kind::enrollment_code: return "enrollment_code";
    }
    return {};
}

std::string seal_job(const MailJob& job, Vault& vault) {
    std::string bytes(1, static_cast<char>('0' + static_cast<int>(job.mail_class())));
    bytes += job.id;
    bytes += vault.sealer.seal(SealPurpose::mail_job, place_of(job.id), encode(job));
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
