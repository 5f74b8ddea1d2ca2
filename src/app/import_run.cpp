#include "import_run.hpp"

#include "demo.hpp"
#include "run_once.hpp"

#include "mfad/service/import.hpp"
#include "mfad/service/transfer_key.hpp"

#include <boost/asio/co_spawn.hpp>

#include <array>

namespace mfad::app {
namespace {

namespace asio = runtime::asio;
using runtime::Awaitable;
using service::ImportPass;

constexpr int lines_under_way = 256;
constexpr int one_under_way = 1; // so that of two definitions of one tenant the later one holds
constexpr std::uint64_t progress_every = 1000;
constexpr std::size_t max_field = 100;

domain::Result<service::ImportLine> read_line(
    const std::string& line, service::TransferKeys& keys) {
    if (line.size() > max_import_line)
        return domain::refuse(domain::Refusal::Code::too_large, {}, "is longer than 1 MiB");
    if (!service::is_sealed(line)) return service::read_import_line(line);
    const domain::Result<std::string> opened = keys.open(line);
    if (!opened) return opened.error();
    return service::read_import_line(*opened);
}

/// Why a line was refused, fit for a terminal: names in it are whatever the line has.
std::string reason(const domain::Refusal& refusal) {
    std::string text = refusal.field.substr(0, max_field);
    if (!text.empty()) text += ": ";
    text += refusal.why;
    for (char& c : text)
        if (c < 0x20 || c == 0x7f) c = '?';
    return text;
}

/// One pass over the lines, shared by all who work on it. All on one thread.
class Pass {
public:
    Pass(
        const ImportRun& run, service::Importer& importer, service::TransferKeys& keys,
        ImportPass pass, ImportProgress& progress)
        : run_(run), importer_(importer), keys_(keys), pass_(pass), progress_(progress) {}

    Awaitable<void> all() {
        const auto executor = co_await asio::this_coro::executor;
        runtime::Timer over(executor, runtime::SteadyClock::time_point::max());
        std::exception_ptr failed;
        const int workers = pass_ <= ImportPass::tenants ? one_under_way : lines_under_way;
        int working = workers;
        for (int i = 0; i < workers; ++i)
            asio::co_spawn(executor, work(), [&](std::exception_ptr thrown) {
                if (thrown && !failed) failed = thrown;
                if (failed) ended_ = true;
                if (--working == 0) over.cancel();
            });
        if (working > 0) co_await over.async_wait(runtime::tuple_token);
        if (failed) std::rethrow_exception(failed);
    }

    /// Whether the lines that were looked at have any for a pass.
    bool has_any_for(ImportPass pass) const { return seen_[static_cast<std::size_t>(pass)]; }

private:
    /// Takes lines until there are none.
    Awaitable<void> work() {
        std::string line;
        std::uint64_t number = 0;
        while (take(line, number)) {
            if (pass_ == ImportPass::keys) {
                const auto added = keys_.add(line);
                if (!added) refuse(number, added.error());
                continue;
            }
            const auto read = read_line(line, keys_);
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
            if (blank) continue;
            const ImportPass pass = service::pass_of(line);
            seen_[static_cast<std::size_t>(pass)] = true;
            if (pass == pass_) return true;
        }
        ended_ = true;
        return false;
    }

    void refuse(std::uint64_t number, const domain::Refusal& refusal) {
        ++progress_.refused;
        run_.refused(number, reason(refusal));
    }

    const ImportRun& run_;
    service::Importer& importer_;
    service::TransferKeys& keys_;
    ImportPass pass_;
    std::array<bool, service::import_passes> seen_{};
    ImportProgress& progress_;
    std::uint64_t line_ = 0;
    bool ended_ = false;
};

Awaitable<void> import_all(
    redis::Connection& connection, const Installation& installation, const ImportRun& run,
    ImportProgress& progress) {
    const store::Context store = command_store(connection, installation);
    service::Vault vault(installation.keys());
    service::IsPublicSecret is_public;
    if (!run.allow_demo_secrets) is_public = is_demo_secret;
    service::Importer importer(store, vault, is_public);
    service::TransferKeys keys(run.secret);
    run.rewind();
    Pass first(run, importer, keys, ImportPass::keys, progress);
    co_await first.all();
    for (const auto which : {ImportPass::tenants, ImportPass::users, ImportPass::factors}) {
        if (!first.has_any_for(which)) continue;
        run.rewind();
        Pass pass(run, importer, keys, which, progress);
        co_await pass.all();
    }
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
