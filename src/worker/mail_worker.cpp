#include "mfad/worker/mail_worker.hpp"

#include "mail_message.hpp"

#include "mfad/domain/email_address.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/log.hpp"
#include "mfad/service/addresses.hpp"
#include "mfad/service/mail_job.hpp"
#include "mfad/store/challenge_store.hpp"
#include "mfad/worker/retry_policy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <atomic>

namespace mfad::worker {
namespace {

namespace asio = runtime::asio;
namespace log = platform::log;
using mail::Delivery;
using runtime::Awaitable;
using service::MailJob;
using std::chrono::milliseconds;
using store::LinkMail;

constexpr milliseconds take_back_interval{1000};
constexpr milliseconds store_pause{500};          // after the store failed
constexpr milliseconds misconfigured_pause{5000}; // after the mail server refused everything
constexpr std::size_t max_error = 200;

double random_fraction() {
    return platform::random_below(1'000'000) / 1'000'000.0;
}

/// Whether the link of a mail is still the user's; a code may come in the visit that it began.
bool is_of_current_link(const MailJob& job, const store::Contact& contact) {
    const std::string& current = contact.current_link;
    return current == job.link_id ||
           (job.kind == MailJob::Kind::enrollment_code && current == "+" + job.link_id);
}

} // namespace

std::string_view to_string(MailOutcome outcome) {
    switch (outcome) {
    case MailOutcome::delivered: return "delivered";
    case MailOutcome::postponed: return "postponed";
    case MailOutcome::limited: return "limited";
    case MailOutcome::dead: return "dead";
    case MailOutcome::expired: return "expired";
    case MailOutcome::superseded: return "superseded";
    case MailOutcome::unreadable: return "unreadable";
    }
    return {};
}

/// The store's time: jobs are due by its clock, whatever this machine's says.
struct StoreTime {
    platform::UnixMillis then;
    runtime::SteadyClock::time_point asked;

    platform::UnixMillis now() const {
        return then + std::chrono::floor<milliseconds>(runtime::SteadyClock::now() - asked);
    }
};

/// Lives as long as any coroutine or callback of the worker's; the worker itself only refers to it.
class MailWorker::Core : public std::enable_shared_from_this<Core> {
public:
    Core(
        asio::io_context& context, const store::Context& store, service::TenantSource& tenants,
        service::Vault& vault, service::Recovery& recovery, mail::Transport& transport,
        MailWorkerOptions options, MailEvents events)
        : executor_(context.get_executor()), jobs_(store), users_(store), challenges_(store),
          mail_limits_(store), tenants_(tenants), vault_(vault), recovery_(recovery),
          transport_(transport), options_(std::move(options)), events_(std::move(events)),
          bell_(executor_), idle_(executor_) {}

    void start() {
        running_ = true;
        spawn(work());
    }

    void wake() {
        // Many writes in one turn ring once.
        if (rung_.exchange(true)) return;
        asio::post(executor_, [self = shared_from_this()] { self->bell_.cancel(); });
    }

    void use_limits(domain::MailLimits limits) { options_.limits = std::move(limits); }

    Awaitable<void> stop(milliseconds grace) {
        stopping_ = true;
        bell_.cancel();
        if (running_ || in_flight_ > 0) {
            idle_.expires_after(grace);
            co_await idle_.async_wait(runtime::tuple_token);
        }
    }

private:
    /// A task whose failure is logged; none of ours is meant to fail.
    void spawn(Awaitable<void> task) {
        asio::co_spawn(executor_, std::move(task), [](std::exception_ptr thrown) {
            if (!thrown) return;
            try {
                std::rethrow_exception(thrown);
            } catch (const std::exception& error) {
                log::event(log::Level::error, "worker.failed", {{"error", error.what()}});
            }
        });
    }

    Awaitable<void> pause(milliseconds time) {
        bell_.expires_after(time);
        if (!stopping_ && !rung_.load()) co_await bell_.async_wait(runtime::tuple_token);
    }

    void done_with_one() {
        if (stopping_ && !running_ && in_flight_ == 0) idle_.cancel();
    }

    // ---- the loop -------------------------------------------------------------------------------

    Awaitable<void> work() {
        const std::shared_ptr<Core> self = shared_from_this();
        while (!stopping_) {
            rung_.store(false);
            milliseconds wait = options_.poll;
            try {
                const bool more = co_await claim();
                if (more) wait = milliseconds{0};
            } catch (const std::exception& error) {
                log::event(log::Level::warn, "worker.store_away", {{"error", error.what()}});
                wait = store_pause;
            }
            const auto held = held_until_ - runtime::SteadyClock::now();
            if (held.count() > 0) wait = std::chrono::ceil<milliseconds>(held);
            if (wait > milliseconds{0}) co_await pause(wait);
        }
        running_ = false;
        done_with_one();
    }

    /// Leases what is due and begins to send it. @return whether there may be more at once
    Awaitable<bool> claim() {
        const auto now = runtime::SteadyClock::now();
        const bool held = now < held_until_;
        const unsigned room = held ? 0 : options_.batch - std::min(options_.batch, in_flight_);
        const bool take_back = now - last_take_back_ >= take_back_interval;
        if (room == 0 && !take_back) co_return false;
        if (take_back) last_take_back_ = now;
        const store::Claimed claimed =
            co_await jobs_.claim(room, options_.lease, take_back, first_partition_++);
        const StoreTime time{claimed.now, runtime::SteadyClock::now()};
        for (const store::QueuedJob& job : claimed.jobs) {
            ++in_flight_;
            spawn(handle(job, time));
        }
        co_return room > 0 && claimed.jobs.size() == room&& in_flight_ < options_.batch;
    }

    // ---- one job --------------------------------------------------------------------------------

    Awaitable<void> handle(store::QueuedJob queued, StoreTime time) {
        const std::shared_ptr<Core> self = shared_from_this();
        try {
            co_await attempt(queued, time);
        } catch (const std::exception& error) {
            // The lease ends by itself, and somebody tries again.
            const std::string id = service::public_job_id(queued.bytes);
            log::event(
                log::Level::warn, "mail.left_leased", {{"job", id}, {"error", error.what()}});
        }
        --in_flight_;
        if (!stopping_) wake();
        done_with_one();
    }

    Awaitable<void> attempt(const store::QueuedJob& queued, StoreTime time) {
        const platform::UnixMillis now = time.now();
        std::optional<MailJob> job = service::open_job(queued.bytes, vault_);
        if (!job) {
            co_await jobs_.bury(queued, queued.bytes, now);
            co_return settled(queued, MailOutcome::unreadable, milliseconds{0});
        }
        const milliseconds age = now - job->created;
        if (now >= job->not_after) {
            co_await finish(queued, *job, LinkMail::dropped);
            co_return settled(queued, MailOutcome::expired, age);
        }
        if (job->kind == MailJob::Kind::reset_due) {
            const bool done = co_await recovery_.execute(*job);
            co_await jobs_.finish(queued);
            if (done) wake();
            const auto outcome = done ? MailOutcome::delivered : MailOutcome::superseded;
            co_return settled(queued, outcome, milliseconds{0}); // it was meant to wait
        }
        const std::optional<store::Contact> contact = co_await users_.contact(job->user);
        std::optional<domain::EmailAddress> address;
        bool wanted = contact.has_value();
        if (wanted) wanted = co_await is_wanted(*job, *contact, now);
        if (wanted) address = co_await address_of(*job, *contact);
        if (!address) {
            co_await finish(queued, *job, LinkMail::dropped);
            co_return settled(queued, MailOutcome::superseded, age);
        }
        const auto tenant = co_await tenants_.find_tenant(job->user.tenant);
        const MailFrame frame{tenant.get(), options_.from, options_.public_url};
        mail::Message message = mail_message(*job, frame, contact->locale);
        message.to = address->address();
        mail::Envelope envelope;
        envelope.from = message.from.address;
        envelope.to = message.to;
        envelope.data = mail::render(message);
        // Last of all, and once, however often the mail server puts it off.
        std::optional<store::MailsUsedUp> used_up;
        if (job->attempts == 0) used_up = co_await take_limits(*job, *address);
        if (used_up) {
            co_await hold_back(queued, std::move(*job), *used_up, time.now());
            co_return;
        }
        const Delivery delivery = co_await deliver(std::move(envelope));
        co_await settle(queued, std::move(*job), delivery, time.now());
    }

    /// Whether a link or code is of use yet: its link has not been superseded; its challenge is
    /// open, and of the address that is stored now.
    Awaitable<bool> is_wanted(
        const MailJob& job, const store::Contact& contact, platform::UnixMillis now) {
        if (job.is_of_link()) co_return is_of_current_link(job, contact);
        if (job.kind != MailJob::Kind::sign_in_code) co_return true;
        const auto challenge = co_await challenges_.read(job.user, job.link_id);
        co_return challenge && !challenge->passed && !challenge->fenced && now < challenge->ends &&
            challenge->code_address == contact.address.digest;
    }

    /// Where it goes: to the address that is stored now, but that it was changed is told to the one
    /// before.
    Awaitable<std::optional<domain::EmailAddress>> address_of(
        const MailJob& job, const store::Contact& contact) {
        store::StoredAddress stored = contact.address;
        if (job.kind == MailJob::Kind::address_changed)
            stored.sealed = co_await users_.old_address(job.user, job.id);
        co_return service::open_address(stored, job.user, vault_);
    }

    /// @return the limits that have no room for a mail to this address
    Awaitable<std::optional<store::MailsUsedUp>> take_limits(
        const MailJob& job, const domain::EmailAddress& address) {
        const store::MailSubject subject = service::mail_subject(address, job.user.tenant, vault_);
        const std::vector<store::MailLimit> limits =
            store::mail_limits_of(options_.limits, subject, job.mail_class());
        std::optional<store::MailsUsedUp> used_up = co_await mail_limits_.take(limits);
        if (events_.limit && used_up)
            for (const std::string& policy : used_up->policies)
                events_.limit(policy, false);
        if (events_.limit && !used_up)
            for (const store::MailLimit& limit : limits)
                events_.limit(limit.policy.name, true);
        co_return used_up;
    }

    /// Not an attempt: its own budget of attempts is for what mail servers say.
    Awaitable<void> hold_back(
        const store::QueuedJob& queued, MailJob job, const store::MailsUsedUp& used_up,
        platform::UnixMillis now) {
        const milliseconds age = now - job.created;
        const auto wait = std::chrono::ceil<milliseconds>(used_up.retry_after);
        const auto due = next_look(wait, age, now, job.not_after, random_fraction());
        job.last_error = "over the limit " + used_up.policies.front();
        const std::string next = service::seal_job(job, vault_);
        if (due) {
            co_await jobs_.postpone(queued, next, *due);
            co_return settled(queued, MailOutcome::limited, age);
        }
        co_await bury(queued, job, next, now);
        settled(queued, MailOutcome::dead, age);
    }

    Awaitable<void> bury(
        const store::QueuedJob& queued, const MailJob& job, const std::string& last,
        platform::UnixMillis now) {
        const store::MailNote note = note_of(job, LinkMail::dead);
        const store::MailNote* const noted = is_noted(job) ? &note : nullptr;
        co_await jobs_.bury(queued, last, now, noted);
    }

    /// Hands a mail to the transport's threads; what they say comes back to this one.
    Awaitable<Delivery> deliver(mail::Envelope envelope) {
        auto initiate = [this](auto handler, mail::Envelope mail) {
            using Handler = decltype(handler);
            // The transport wants a copyable callback; the handler can only be moved.
            auto shared = std::make_shared<Handler>(std::move(handler));
            transport_.submit(std::move(mail), [executor = executor_, shared](Delivery delivery) {
                asio::post(executor, [shared, delivery = std::move(delivery)]() mutable {
                    std::move (*shared)(std::move(delivery));
                });
            });
        };
        co_return co_await asio::async_initiate<const runtime::UseAwaitable, void(Delivery)>(
            initiate, runtime::use_awaitable, std::move(envelope));
    }

    /// Whether what becomes of the job is noted: with the link that it brings, or with the
    /// challenge whose code.
    static bool is_noted(const MailJob& job) {
        return job.kind == MailJob::Kind::enrollment_link ||
               job.kind == MailJob::Kind::sign_in_code;
    }

    static store::MailNote note_of(const MailJob& job, LinkMail mail) {
        store::MailNote note;
        note.link_id = job.link_id;
        note.is_challenge = job.kind == MailJob::Kind::sign_in_code;
        note.mail = mail;
        return note;
    }

    Awaitable<void> finish(const store::QueuedJob& queued, const MailJob& job, LinkMail mail) {
        const store::MailNote note = note_of(job, mail);
        const store::MailNote* const noted = is_noted(job) ? &note : nullptr;
        co_await jobs_.finish(queued, noted);
    }

    Awaitable<void> settle(
        const store::QueuedJob& queued, MailJob job, const Delivery& delivery,
        platform::UnixMillis now) {
        using Outcome = Delivery::Outcome;
        const milliseconds age = now - job.created;
        if (delivery.outcome == Outcome::delivered) {
            co_await finish(queued, job, LinkMail::sent);
            co_return settled(queued, MailOutcome::delivered, age);
        }
        if (delivery.outcome == Outcome::misconfigured) {
            held_until_ = runtime::SteadyClock::now() + misconfigured_pause;
            if (events_.misconfigured) events_.misconfigured(delivery.reply);
        }
        ++job.attempts;
        job.last_error = delivery.reply.substr(0, max_error);
        const auto due =
            next_attempt(job.mail_class(), job.attempts, now, job.not_after, random_fraction());
        const std::string next = service::seal_job(job, vault_);
        if (delivery.outcome != Outcome::permanent && due) {
            co_await jobs_.postpone(queued, next, *due);
            settled(queued, MailOutcome::postponed, age, &delivery);
        } else {
            co_await bury(queued, job, next, now);
            settled(queued, MailOutcome::dead, age, &delivery);
        }
    }

    void settled(
        const store::QueuedJob& queued, MailOutcome outcome, milliseconds age,
        const Delivery* delivery = nullptr) {
        if (events_.settled) events_.settled(outcome, age);
        const std::string id = service::public_job_id(queued.bytes);
        const bool failed = outcome == MailOutcome::dead || outcome == MailOutcome::unreadable;
        log::event(
            failed ? log::Level::warn : log::Level::info, "mail.settled",
            {{"job", id},
             {"outcome", to_string(outcome)},
             {"age_ms", age.count()},
             {"reply", delivery != nullptr ? delivery->reply : std::string_view{}}});
    }

    runtime::Executor executor_;
    store::JobStore jobs_;
    store::UserStore users_;
    store::ChallengeStore challenges_;
    store::MailLimitStore mail_limits_;
    service::TenantSource& tenants_;
    service::Vault& vault_;
    service::Recovery& recovery_;
    mail::Transport& transport_;
    MailWorkerOptions options_;
    MailEvents events_;
    runtime::Timer bell_; // cancelled to end a pause
    runtime::Timer idle_; // cancelled when the last job is done
    std::atomic<bool> rung_{false};
    runtime::SteadyClock::time_point last_take_back_{};
    runtime::SteadyClock::time_point held_until_{}; ///< nothing is claimed before
    unsigned first_partition_ = 0;
    unsigned in_flight_ = 0;
    bool running_ = false;
    bool stopping_ = false;
};

MailWorker::MailWorker(
    asio::io_context& context, const store::Context& store, service::TenantSource& tenants,
    service::Vault& vault, service::Recovery& recovery, mail::Transport& transport,
    MailWorkerOptions options, MailEvents events)
    : core_(std::make_shared<Core>(
          context, store, tenants, vault, recovery, transport, std::move(options),
          std::move(events))) {}

MailWorker::~MailWorker() = default;

void MailWorker::start() {
    core_->start();
}

void MailWorker::use_limits(domain::MailLimits limits) {
    core_->use_limits(std::move(limits));
}

std::function<void()> MailWorker::waker() {
    return [weak = std::weak_ptr<Core>(core_)] {
        if (const auto core = weak.lock()) core->wake();
    };
}

Awaitable<void> MailWorker::stop(milliseconds grace) {
    co_await core_->stop(grace);
}

} // namespace mfad::worker
