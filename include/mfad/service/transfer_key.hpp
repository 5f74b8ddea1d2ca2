#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/passphrase.hpp"
#include "mfad/platform/secret.hpp"

#include <boost/json/fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// The encryption of exports (docs/export.md): a line `encryption` says how a key is made, lines
/// `sealed` hold others under it, each by itself.
namespace mfad::service {

/// What the key of a file is made of.
struct TransferSecret {
    enum class Kind : std::uint8_t {
        passphrase, ///< text that people remember: Argon2id
        key_file,   ///< 32 random bytes
    };
    Kind kind = Kind::passphrase;
    platform::Secret bytes;
};

/// The content of a key file: 32 bytes in base64, as `openssl rand -base64 32` prints them.
std::optional<platform::Secret> read_transfer_key_file(std::string_view content);

/// One key: of a file that is written, or of one that is read. A line is sealed with AES-256-GCM
/// and bound to the key's id and to what it says it holds.
class TransferKey {
public:
    /// A new key, with a salt of its own.
    static TransferKey make(const TransferSecret& secret);

    /// The key that the content of an `encryption` line describes.
    /// @return `invalid` when the secret is not the one that it was made of
    static domain::Result<TransferKey> of(
        const boost::json::object& header, const TransferSecret& secret);

    const std::string& id() const { return id_; }
    /// The line `encryption`.
    const std::string& header() const { return header_; }

    /// A line `sealed`. @param of the kind of the line: its one member
    std::string seal(std::string_view of, std::string_view line);
    std::optional<std::string> open(std::string_view of, std::string_view sealed);

private:
    struct Recipe;
    TransferKey(const Recipe& recipe, const TransferSecret& secret);
    std::string place(std::string_view of) const;

    std::string id_;
    std::string header_;
    platform::Aead aead_;
};

/// The keys of a file that is read.
class TransferKeys {
public:
    /// Gives the secret once it is needed; nothing when there is none of this kind.
    using Ask = std::function<const TransferSecret*(TransferSecret::Kind kind)>;
    explicit TransferKeys(Ask ask) : ask_(std::move(ask)) {}

    /// Takes a line `encryption`. @return why its key cannot be made
    domain::Result<void> add(std::string_view line);
    /// The line that is in a line `sealed`.
    domain::Result<std::string> open(std::string_view line);

private:
    Ask ask_;
    std::map<std::string, TransferKey, std::less<>> keys_;
};

/// Whether a line is a line `sealed`, by its first member.
bool is_sealed(std::string_view line);

/// What a line `sealed` says it holds; empty when it cannot be read.
std::string sealed_kind(std::string_view line);

} // namespace mfad::service
