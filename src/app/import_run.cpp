#include "import_run.hpp"

#include "demo.hpp"
#include "run_once.hpp"

#include "mfad/service/import.hpp"

#include <boost/asio/co_spawn.hpp>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
using runtime::Awaitable;

constexpr int lines_under_way = 256;
constexpr std::chrono::seconds patience{30};
constexpr std::uint64_t progress_every = 1000;

/// One pass over the lines, shared by all who work on it. All on one thread.
class Pass {
public:
    Pass(const ImportRun& run, service::Importer& importer, bool tenants, ImportProgress& progress)
        : run_(run), importer_(importer), tenants_(tenants), progress_(progress) {}

    Awaitable<void> all() {
        const auto executor = co_await asio::this_coro::executor;
        runtime::Timer over(executor, runtime::SteadyClock::time_point::max());
        std::exception_ptr failed;
        int working = lines_under_way;
        for (int i = 0; i < lines_under_way; ++i)
            asio::co_spawn(executor, work(), [&](std::exception_ptr thrown) {
                if (thrown && !failed) failed = thrown;
                if (failed) ended_ = true;
                if (--working == 0) over.cancel();
            });
        if (working > 0) co_await over.async_wait(runtime::tuple_token);
        if (failed) std::rethrow_exception(failed);
    }

private:
    /// Takes lines until there are none.
    Awaitable<void> work() {
        std::string line;
        std::uint64_t number = 0;
        while (take(line, number)) {
            const auto read = service::read_import_line(line);
            if (!read) {
                refuse(number, read.error());
                continue;
            }
            const auto applied = co_await importer_.apply(*read);
            if (!applied) {
                refuse(number, applied.error());
                continue;
            }
            if (++progress_.applied % progress_every == 0 && run_.progress)
                run_.progress(progress_);
        }
    }

    bool take(std::string& line, std::uint64_t& number) {
        while (!ended_ && run_.next(line)) {
            number = ++line_;
            const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
            if (!blank && service::defines_tenant(line) == tenants_) return true;
        }
        ended_ = true;
        return false;
    }

    void refuse(std::uint64_t number, const domain::Refusal& refusal) {
        ++progress_.refused;
        std::string why = refusal.field;
        if (!why.empty()) why += ": ";
        why += refusal.why;
        run_.refused(number, why);
    }

    const ImportRun& run_;
    service::Importer& importer_;
    bool tenants_;
    ImportProgress& progress_;
    std::uint64_t line_ = 0;
    bool ended_ = false;
};

Awaitable<void> import_all(
    redis::Connection& connection, const Installation& installation, const ImportRun& run,
    ImportProgress& progress) {
    const store::Context store(connection, installation.store_keys(), patience);
    service::Vault vault(installation.keys());
    service::IsPublicSecret is_public;
    if (!run.allow_demo_secrets) is_public = is_demo_secret;
    service::Importer importer(store, vault, is_public);
    run.rewind();
    Pass tenants(run, importer, true, progress);
    co_await tenants.all();
    run.rewind();
    Pass others(run, importer, false, progress);
    co_await others.all();
}

} // namespace

ImportProgress run_import(const Installation& installation, const ImportRun& run) {
    ImportProgress progress;
    run_once(installation.link("import"), [&](redis::Connection& connection) {
        return import_all(connection, installation, run, progress);
    });
    return progress;
}

} // namespace mfad::app
