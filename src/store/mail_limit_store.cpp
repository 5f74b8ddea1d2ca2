#include "mfad/store/mail_limit_store.hpp"

#include "decode.hpp"
#include "scripts.hpp"

#include "mfad/platform/encoding.hpp"

namespace mfad::store {
namespace {

void add(
    std::vector<MailLimit>& limits, const std::vector<domain::RatePolicy>& policies,
    std::string_view subject, bool binds) {
    for (const domain::RatePolicy& policy : policies)
        limits.push_back({policy, Keys::mails(policy.name, subject), binds});
}

} // namespace

std::vector<MailLimit> mail_limits_of(
    const domain::MailLimits& limits, const MailSubject& subject, MailClass mail) {
    const bool is_link = mail == MailClass::link;
    std::vector<MailLimit> counted;
    add(counted, limits.recipient, platform::base64url(subject.recipient),
        mail != MailClass::notice);
    add(counted, limits.tenant, subject.tenant, is_link);
    add(counted, limits.domain, platform::base64url(subject.domain), is_link);
    add(counted, limits.all, {}, is_link);
    return counted;
}

runtime::Awaitable<std::optional<MailsUsedUp>> MailLimitStore::take(
    std::vector<MailLimit> limits) const {
    if (limits.empty()) co_return std::nullopt;
    redis::Command command = redis::Command::eval(scripts::take_mail, limits.size());
    for (const MailLimit& limit : limits)
        command.arg(limit.key);
    for (const MailLimit& limit : limits)
        command.arg(limit.policy.period.count()).arg(limit.policy.limit).arg(limit.binds ? 1 : 0);
    const redis::Reply reply = co_await context_.eval(scripts::take_mail, command);

    MailsUsedUp used_up;
    platform::PackedReader packed(reply.text());
    for (MailLimit& limit : limits) {
        const domain::RateVerdict verdict = decode_verdict(packed);
        if (verdict.allowed || !limit.binds) continue;
        used_up.policies.push_back(std::move(limit.policy.name));
        used_up.retry_after = std::max(used_up.retry_after, verdict.retry_after);
    }
    if (used_up.policies.empty()) co_return std::nullopt;
    co_return used_up;
}

} // namespace mfad::store
