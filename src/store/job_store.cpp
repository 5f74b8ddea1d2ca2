#include "mfad/store/job_store.hpp"

#include "decode.hpp"
#include "scripts.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

MailClass class_of(const std::string& job) {
    if (job.empty() || job[0] < '1' || job[0] > '3') throw Corrupt("mail job without its class");
    return static_cast<MailClass>(job[0] - '0');
}

/// Where a job lies.
std::string place_of(const Keys& keys, const ListedJob& listed) {
    const QueuedJob& job = listed.job;
    if (listed.where == ListedJob::Where::dead) return keys.dead(job.partition);
    if (listed.where == ListedJob::Where::leased) return keys.leased(job.partition);
    return keys.due(job.partition, class_of(job.bytes));
}

/// A call of `settle_job.lua` with its keys. @param place where the job goes; empty: it is done
redis::Command settle_command(
    const Keys& keys, const QueuedJob& job, const std::string& place, const MailNote* note) {
    const std::size_t count = 1U + (place.empty() ? 0U : 1U) + (note != nullptr ? 2U : 0U);
    redis::Command command = redis::Command::eval(scripts::settle_job, count);
    command.arg(keys.leased(job.partition));
    if (!place.empty()) command.arg(place);
    if (note != nullptr && note->is_challenge) {
        const std::string challenge = keys.challenge(job.partition, note->link_id);
        command.arg(challenge).arg(challenge);
    } else if (note != nullptr) {
        command.arg(keys.link(job.partition, note->link_id));
        command.arg(keys.link_events(job.partition, note->link_id));
    }
    return command;
}

void append_note(redis::Command& command, const MailNote* note) {
    if (note != nullptr)
        command.arg(static_cast<unsigned>(note->mail));
    else
        command.arg("");
}

} // namespace

Awaitable<Claimed> JobStore::claim(
    unsigned wanted, std::chrono::milliseconds lease, bool take_back,
    unsigned first_partition) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::claim_jobs, keys.partitions() * 4);
    for (unsigned p = 0; p < keys.partitions(); ++p)
        command.arg(keys.due(p, MailClass::code))
            .arg(keys.due(p, MailClass::link))
            .arg(keys.due(p, MailClass::notice))
            .arg(keys.leased(p));
    command.arg(keys.partitions()).arg(wanted).arg(lease.count());
    command.arg(take_back ? 1 : 0).arg(first_partition);
    const redis::Reply reply = co_await context_.eval(scripts::claim_jobs, command);
    Claimed claimed;
    claimed.now = platform::unix_millis(reply.at(0).integer());
    for (std::size_t i = 1; i + 1 < reply.size(); i += 2)
        claimed.jobs.push_back(
            {static_cast<unsigned>(reply.at(i).integer()), std::string(reply.at(i + 1).text())});
    co_return claimed;
}

Awaitable<bool> JobStore::finish(const QueuedJob& job, const MailNote* note) const {
    redis::Command command = settle_command(context_.keys(), job, {}, note);
    command.arg(job.bytes).arg("").arg("");
    append_note(command, note);
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> JobStore::postpone(
    const QueuedJob& job, const std::string& next, platform::UnixMillis due) const {
    const Keys& keys = context_.keys();
    const std::string place = keys.due(job.partition, class_of(next));
    redis::Command command = settle_command(keys, job, place, nullptr);
    command.arg(job.bytes).arg(next).arg(due.time_since_epoch().count());
    append_note(command, nullptr);
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> JobStore::bury(
    const QueuedJob& job, const std::string& last, platform::UnixMillis now,
    const MailNote* note) const {
    const Keys& keys = context_.keys();
    redis::Command command = settle_command(keys, job, keys.dead(job.partition), note);
    command.arg(job.bytes).arg(last).arg(now.time_since_epoch().count());
    append_note(command, note);
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> JobStore::move(
    const ListedJob& listed, const std::string& next, platform::UnixMillis due) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::settle_job, 2);
    command.arg(place_of(keys, listed)).arg(keys.due(listed.job.partition, class_of(next)));
    command.arg(listed.job.bytes).arg(next).arg(due.time_since_epoch().count()).arg("");
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> JobStore::drop(const ListedJob& listed) const {
    redis::Command command = redis::Command::eval(scripts::settle_job, 1);
    command.arg(place_of(context_.keys(), listed)).arg(listed.job.bytes).arg("").arg("").arg("");
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<std::vector<ListedJob>> JobStore::list() const {
    using Where = ListedJob::Where;
    const Keys& keys = context_.keys();
    std::vector<ListedJob> jobs;
    for (unsigned p = 0; p < keys.partitions(); ++p) {
        const std::array<std::pair<Where, std::string>, 5> places{{
            {Where::due, keys.due(p, MailClass::code)},
            {Where::due, keys.due(p, MailClass::link)},
            {Where::due, keys.due(p, MailClass::notice)},
            {Where::leased, keys.leased(p)},
            {Where::dead, keys.dead(p)},
        }};
        for (const auto& [where, key] : places) {
            redis::Command command("ZRANGE");
            command.arg(key).arg(0).arg(-1).arg("WITHSCORES");
            const redis::Reply reply = co_await context_.exec(command);
            for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
                const std::chrono::milliseconds at{decode_integer(reply.at(i + 1).text())};
                jobs.push_back(
                    {where, {p, std::string(reply.at(i).text())}, platform::UnixMillis{at}});
            }
        }
    }
    co_return jobs;
}

} // namespace mfad::store
