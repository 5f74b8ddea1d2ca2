#include "mfad/app/admin.hpp"

#include "column.hpp"
#include "installation.hpp"
#include "run_once.hpp"

#include "mfad/service/mail_job.hpp"
#include "mfad/store/job_store.hpp"

#include <vector>

namespace mfad::app {
namespace {

using runtime::Awaitable;

constexpr std::size_t min_id = 8; // digits of an id that name it

Awaitable<void> list_jobs(
    redis::Connection& connection, const Installation& installation,
    std::vector<store::ListedJob>& found) {
    const store::Context store = command_store(connection, installation);
    const store::JobStore jobs(store);
    found = co_await jobs.list();
}

std::string_view name(store::ListedJob::Where where) {
    switch (where) {
    case store::ListedJob::Where::due: return "due";
    case store::ListedJob::Where::leased: return "leased";
    case store::ListedJob::Where::dead: break;
    }
    return "dead";
}

void print_job(const store::ListedJob& listed, service::Vault& vault, std::ostream& out) {
    const auto job = service::open_job(listed.job.bytes, vault);
    out << column(service::public_job_id(listed.job.bytes), 34) << column(name(listed.where), 8)
        << column(platform::rfc3339(listed.at), 26);
    if (!job) {
        out << "unreadable: not sealed with this key file\n";
        return;
    }
    out << column(to_string(job->kind), 18) << column(job->user.tenant + "/" + job->user.user, 24)
        << column(std::to_string(job->attempts), 10)
        << (job->last_error.empty() ? "-" : job->last_error) << "\n";
}

// ---- outbox retry, drop -------------------------------------------------------------------------

/// The one job whose id begins like this. @return why there is none
std::string find_job(
    const std::vector<store::ListedJob>& jobs, const std::string& id,
    const store::ListedJob*& found) {
    for (const store::ListedJob& job : jobs) {
        if (!service::public_job_id(job.job.bytes).starts_with(id)) continue;
        if (found != nullptr) return "several jobs have ids that begin with " + id;
        found = &job;
    }
    if (found == nullptr) return "there is no job " + id;
    if (found->where == store::ListedJob::Where::leased)
        return "a worker has it in hand; try again in a moment";
    return {};
}

/// The job as it begins anew. @return why it cannot
std::string renewed(const store::ListedJob& listed, service::Vault& vault, std::string& bytes) {
    auto job = service::open_job(listed.job.bytes, vault);
    if (!job) return "it was not sealed with this key file";
    if (job->not_after <= platform::wall_now())
        return "it is of no use any more since " + platform::rfc3339(job->not_after);
    job->attempts = 0;
    job->last_error.clear();
    bytes = service::seal_job(*job, vault);
    return {};
}

enum class Task : std::uint8_t { retry, drop };

Awaitable<void> settle(
    redis::Connection& connection, const Installation& installation, const std::string& id,
    Task task, std::string& why) {
    const store::Context store = command_store(connection, installation);
    const store::JobStore jobs(store);
    service::Vault vault(installation.keys());
    const std::vector<store::ListedJob> all = co_await jobs.list();
    const store::ListedJob* found = nullptr;
    why = find_job(all, id, found);
    if (!why.empty()) co_return;
    std::string next;
    if (task == Task::retry) why = renewed(*found, vault, next);
    if (!why.empty()) co_return;
    bool done = false;
    if (task == Task::retry)
        done = co_await jobs.move(*found, next, platform::wall_now());
    else
        done = co_await jobs.drop(*found);
    if (!done) why = "it has moved on meanwhile";
}

int settle_job(
    const platform::Config& config, const std::string& id, Task task, std::ostream& err) {
    if (id.size() < min_id || id.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw StartFailure("ID: must be at least the first 8 hexadecimal digits of one");
    Installation installation(config);
    std::string why;
    run_once(installation.link("outbox"), [&](redis::Connection& connection) {
        return settle(connection, installation, id, task, why);
    });
    if (why.empty()) return 0;
    err << "mfad: " << why << "\n";
    return 1;
}

} // namespace

int list_outbox(const platform::Config& config, bool dead, std::ostream& out) {
    Installation installation(config);
    std::vector<store::ListedJob> found;
    run_once(installation.link("outbox"), [&](redis::Connection& connection) {
        return list_jobs(connection, installation, found);
    });
    service::Vault vault(installation.keys());
    out << "ID                                STATE   AT                        KIND              "
           "USER                    ATTEMPTS  LAST ERROR\n";
    for (const store::ListedJob& job : found)
        if ((job.where == store::ListedJob::Where::dead) == dead) print_job(job, vault, out);
    return 0;
}

int retry_job(const platform::Config& config, const std::string& id, std::ostream& err) {
    return settle_job(config, id, Task::retry, err);
}

int drop_job(const platform::Config& config, const std::string& id, std::ostream& err) {
    return settle_job(config, id, Task::drop, err);
}

} // namespace mfad::app
