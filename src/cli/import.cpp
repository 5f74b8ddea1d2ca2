#include "command.hpp"
#include "transfer_secret.hpp"

#include "mfad/app/admin.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

namespace mfad::cli {
namespace {

/// Standard input and pipes can be read once, and an import reads twice: it is kept in a file
/// without a name.
std::fstream spool(std::istream& in) {
    const auto name = std::filesystem::temp_directory_path() / "mfad-import-XXXXXX";
    std::string path = name.string();
    const int fd = ::mkstemp(path.data());
    if (fd < 0)
        throw std::runtime_error("cannot make a temporary file in " + name.parent_path().string());
    ::close(fd);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::trunc);
    std::filesystem::remove(path);
    if (in.peek() != std::istream::traits_type::eof()) file << in.rdbuf();
    file.flush();
    if (!file) throw std::runtime_error("cannot keep the input in a temporary file");
    file.seekg(0);
    return file;
}

int import_from(
    const platform::Config& config, const std::string& name, const SecretOptions& options) {
    const bool progress = ::isatty(STDERR_FILENO) != 0;
    SecretSource secret(options, SecretSource::Use::existing);
    const auto ask = [&secret](app::TransferSecret::Kind kind) { return secret.get(kind); };
    if (name == "-") {
        std::fstream file = spool(std::cin);
        return app::import_file(config, name, file, std::cerr, progress, ask);
    }
    std::ifstream file(name);
    if (!file || std::filesystem::is_directory(name))
        throw std::runtime_error(name + ": cannot be read");
    if (!std::filesystem::is_regular_file(name)) {
        std::fstream kept = spool(file);
        return app::import_file(config, name, kept, std::cerr, progress, ask);
    }
    return app::import_file(config, name, file, std::cerr, progress, ask);
}

} // namespace

void add_import(CLI::App& app, Invocation& invocation) {
    auto* call = app.add_subcommand("import", "import NDJSON; any number of times, with one end");
    auto name = std::make_shared<std::string>();
    call->add_option("FILE", *name, "the file; - for standard input")->required();
    const auto options = add_secret_options(*call);
    call->callback([&invocation, name, options] {
        const platform::LoadedConfig loaded = invocation.load();
        invocation.status = import_from(loaded.config, *name, *options);
    });
}

} // namespace mfad::cli
