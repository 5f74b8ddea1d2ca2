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
    claimed.now = platform::UnixMillis{std::chrono::milliseconds{reply.at(0).integer()}};
    for (std::size_t i = 1; i + 1 < reply.size(); i += 2)
        claimed.jobs.push_back(
            {static_cast<unsigned>(reply.at(i).integer()), std::string(reply.at(i + 1).text())});
    co_return claimed;
}

Awaitable<bool> JobStore::finish(const QueuedJob& job) const {
    redis::Command command = redis::Command::eval(scripts::settle_job, 1);
    command.arg(context_.keys().leased(job.partition)).arg(job.bytes);
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> JobStore::postpone(
    const QueuedJob& job, const std::string& next, platform::UnixMillis due) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::settle_job, 2);
    command.arg(keys.leased(job.partition)).arg(keys.due(job.partition, class_of(next)));
    command.arg(job.bytes).arg(next).arg(due.time_since_epoch().count());
    const redis::Reply reply = co_await context_.eval(scripts::settle_job, command);
    co_return reply.integer() == 1;
}

Awaitable<bool> JobStore::bury(
    const QueuedJob& job, const std::string& last, platform::UnixMillis now) const {
    const Keys& keys = context_.keys();
    redis::Command command = redis::Command::eval(scripts::settle_job, 2);
    command.arg(keys.leased(job.partition)).arg(keys.dead(job.partition));
    command.arg(job.bytes).arg(last).arg(now.time_since_epoch().count());
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
