#include "transfer_secret.hpp"

#include "mfad/platform/secret.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include <termios.h>
#include <unistd.h>

namespace mfad::cli {
namespace {

using app::TransferSecret;
using Kind = TransferSecret::Kind;

constexpr std::size_t min_passphrase = 12;
constexpr const char* passphrase_variable = "MFAD_EXPORT_PASSPHRASE";

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw std::runtime_error(path + ": cannot be read");
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r'))
        content.pop_back();
    return content;
}

/// The terminal does not show what is typed while this lives.
class Unseen {
public:
    Unseen() {
        ok_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!ok_) return;
        termios unseen = before_;
        unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;
    ~Unseen() {
        if (ok_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

private:
    termios before_{};
    bool ok_ = false;
};

std::string typed(const char* prompt) {
    const Unseen unseen;
    std::cerr << prompt << std::flush;
    std::string text;
    std::getline(std::cin, text);
    std::cerr << "\n";
    return text;
}

std::optional<std::string> passphrase(const SecretOptions& options, SecretSource::Use use) {
    if (!options.passphrase_file.empty()) return content_of(options.passphrase_file);
    if (const char* text = std::getenv(passphrase_variable)) return std::string(text);
    if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
    std::string text = typed("Passphrase of the export: ");
    if (use == SecretSource::Use::fresh && typed("Once more: ") != text)
        throw std::runtime_error("the two passphrases differ");
    return text;
}

} // namespace

std::shared_ptr<SecretOptions> add_secret_options(CLI::App& call) {
    auto options = std::make_shared<SecretOptions>();
    auto* passphrase = call.add_option(
        "--passphrase-file", options->passphrase_file,
        "a file with the passphrase of an encrypted export; else it is taken from "
        "MFAD_EXPORT_PASSPHRASE, else asked for");
    call.add_option(
            "--key-file", options->key_file,
            "a file with 32 random bytes in base64 (openssl rand -base64 32), instead of a "
            "passphrase")
        ->excludes(passphrase);
    return options;
}

std::optional<TransferSecret> SecretSource::fetch(Kind kind) const {
    TransferSecret secret;
    secret.kind = kind;
    if (kind == Kind::key_file) {
        if (options_.key_file.empty()) return std::nullopt;
        auto bytes = app::read_transfer_key_file(content_of(options_.key_file));
        if (!bytes) throw std::runtime_error(options_.key_file + ": must hold 32 bytes in base64");
        secret.bytes = std::move(*bytes);
        return secret;
    }
    if (!options_.key_file.empty()) return std::nullopt;
    std::optional<std::string> text = passphrase(options_, use_);
    if (!text) return std::nullopt;
    if (use_ == Use::fresh && text->size() < min_passphrase)
        throw std::runtime_error("the passphrase must have at least 12 characters");
    secret.bytes = platform::Secret::take(std::move(*text));
    return secret;
}

const TransferSecret* SecretSource::get(Kind kind) {
    if (!secret_) secret_ = fetch(kind);
    return secret_ && secret_->kind == kind ? &*secret_ : nullptr;
}

const TransferSecret* SecretSource::get() {
    return get(options_.key_file.empty() ? Kind::passphrase : Kind::key_file);
}

} // namespace mfad::cli
