#include "mfad/service/recovery.hpp"

#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/platform/packed.hpp"
#include "mfad/service/factors.hpp"

namespace mfad::service {
namespace {

using platform::SealPurpose;
using runtime::Awaitable;

constexpr std::size_t reset_id_size = 16;
constexpr std::size_t max_token = 1024;
/// Workers may be away when a reset is due; then it waits for them so long.
constexpr std::chrono::hours execution_window{24 * 30};

const platform::Place& cancel_place() {
    static const platform::Place place = platform::Place().part("cancel_reset");
    return place;
}

std::string cancel_token(const domain::UserRef& user, const std::string& reset_id, Vault& vault) {
    platform::PackedWriter packed;
    packed.text(user.tenant).text(user.user).text(reset_id);
    return platform::base64url(
        vault.sealer.seal(SealPurpose::page, cancel_place(), packed.bytes()));
}

} // namespace

std::string cancel_href(std::string_view public_url, std::string_view token) {
    return platform::concat(public_url, "/enroll/#cancel.", token);
}

Recovery::Recovery(
    const store::Context& context, Vault& vault, Enrollment& enrollment, RecoveryOptions options,
    std::function<void()> wake)
    : resets_(context), passkeys_(context), vault_(vault), enrollment_(enrollment),
      options_(options), wake_(std::move(wake)) {}

Awaitable<store::ResetScheduled> Recovery::schedule(const Visit& visit) {
    store::ResetSchedule order;
    order.link_id = visit.link.id;
    order.reset_id = platform::random_bytes(reset_id_size);
    order.delay = options_.reset_delay;
    MailJob execution = new_job(MailJob::Kind::reset_due, visit.user);
    execution.secret = order.reset_id;
    execution.not_after = execution.created + options_.reset_delay + execution_window;
    order.job = seal_job(execution, vault_);
    const std::string token = cancel_token(visit.user, order.reset_id, vault_);
    MailJob notice = new_job(MailJob::Kind::reset_scheduled, visit.user);
    notice.secret = token;
    notice.not_after = notice.created + options_.reset_delay;
    order.notice = seal_job(notice, vault_);
    const store::ResetScheduled scheduled = co_await resets_.schedule(visit.user, order);
    if (scheduled.status == store::ResetScheduled::Status::scheduled) wake_();
    co_return scheduled;
}

Awaitable<bool> Recovery::cancel(const Visit& visit) {
    const std::string any;
    co_return co_await resets_.cancel(visit.user, any, visit.link.id);
}

Awaitable<bool> Recovery::cancel(std::string_view token) {
    if (token.size() > max_token) co_return false;
    const auto sealed = platform::from_base64url(token);
    if (!sealed) co_return false;
    const auto plain = vault_.sealer.open(SealPurpose::page, cancel_place(), *sealed);
    if (!plain) co_return false;
    platform::PackedReader packed(*plain);
    domain::UserRef user;
    user.tenant = packed.text();
    user.user = packed.text();
    const std::string reset_id(packed.text());
    const std::string no_visit;
    co_return co_await resets_.cancel(user, reset_id, no_visit);
}

Awaitable<bool> Recovery::execute(const MailJob& job) {
    NewLink link = enrollment_.new_link(job.user);
    store::ResetExecution order;
    order.reset_id = job.secret;
    order.factors = lost_factors;
    order.notice = seal_notice(MailJob::Kind::factors_reset, {}, job.user, vault_);
    order.link = std::move(link.order);
    order.link_lifetime = enrollment_.options().link_lifetime;
    order.fields = lost_factor_fields();
    const std::vector<std::string> tags = co_await passkeys_.tags(job.user);
    const bool done = co_await resets_.execute(job.user, order);
    if (done) co_await passkeys_.release(tags, job.user);
    co_return done;
}

} // namespace mfad::service
