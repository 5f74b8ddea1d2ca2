#include "mfad/service/transfer_key.hpp"

#include "mfad/platform/encoding.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/platform/place.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

namespace mfad::service {
namespace {

namespace json = boost::json;
using domain::Refusal;
using domain::Result;
using Kind = TransferSecret::Kind;
using Code = Refusal::Code;

constexpr std::size_t id_size = 8;
constexpr std::size_t key_size = platform::Aead::key_size;
constexpr std::string_view info = "mfad/export/v1";
constexpr std::string_view check_kind = "check"; // of an empty line: says whether the key is right

std::string_view to_string(Kind kind) {
    return kind == Kind::passphrase ? "passphrase" : "key_file";
}

std::optional<Kind> kind_of(std::string_view text) {
    for (const Kind kind : {Kind::passphrase, Kind::key_file})
        if (to_string(kind) == text) return kind;
    return std::nullopt;
}

/// The one object of a line that has one member of this name.
Result<json::object> content_of(std::string_view line, std::string_view name) {
    Result<json::object> object = parse_json_object(line);
    if (!object) return object.error();
    const json::value* content = object->size() == 1 ? object->if_contains(name) : nullptr;
    if (content == nullptr || !content->is_object())
        return domain::refuse(Code::wrong_type, std::string(name), "must be one object");
    return content->get_object();
}

std::string bytes_of(FieldReader& in, std::string_view name, std::size_t size) {
    const auto bytes = platform::from_base64url(in.text(name));
    if (!bytes || bytes->size() != size) {
        in.invalid(name, "must be " + std::to_string(size) + " bytes in base64url");
        return std::string(size, '\0');
    }
    return *bytes;
}

} // namespace

std::optional<platform::Secret> read_transfer_key_file(std::string_view content) {
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r'))
        content.remove_suffix(1);
    auto bytes = platform::from_base64(content);
    if (!bytes || bytes->size() != key_size) return std::nullopt;
    return platform::Secret::take(std::move(*bytes));
}

// ---- one key ------------------------------------------------------------------------------------

struct TransferKey::Recipe {
    Kind kind = Kind::passphrase;
    std::string id;
    std::string salt;
    platform::PassphraseCost cost;

    std::string key(const TransferSecret& secret) const {
        if (kind == Kind::key_file)
            return platform::hkdf_sha256(secret.bytes.reveal(), salt, info, key_size);
        const platform::Secret stretched =
            platform::passphrase_key(secret.bytes.reveal(), salt, cost);
        return platform::hkdf_sha256(stretched.reveal(), salt, info, key_size);
    }
};

TransferKey::TransferKey(const Recipe& recipe, const TransferSecret& secret)
    : id_(platform::base64url(recipe.id)), aead_(recipe.key(secret)) {}

TransferKey TransferKey::make(const TransferSecret& secret) {
    Recipe recipe;
    recipe.kind = secret.kind;
    recipe.id = platform::random_bytes(id_size);
    recipe.salt = platform::random_bytes(platform::passphrase_salt_size);
    TransferKey key(recipe, secret);
    platform::JsonText text;
    text.begin_object().key("encryption").begin_object();
    text.member("id", key.id_).member("from", to_string(recipe.kind));
    if (recipe.kind == Kind::passphrase) {
        text.member("kdf", "argon2id").member("memory_kib", recipe.cost.memory_kib);
        text.member("passes", recipe.cost.passes).member("lanes", recipe.cost.lanes);
    }
    text.member("salt", platform::base64url(recipe.salt)).member("cipher", "aes-256-gcm");
    const std::string check = key.aead_.seal({}, key.place(check_kind));
    text.member("check", platform::base64url(check)).end_object().end_object();
    key.header_ = std::move(text).str();
    return key;
}

Result<TransferKey> TransferKey::of(const json::object& header, const TransferSecret& secret) {
    FieldReader in(header, "encryption");
    Recipe recipe;
    recipe.kind = secret.kind;
    recipe.id = bytes_of(in, "id", id_size);
    recipe.salt = bytes_of(in, "salt", platform::passphrase_salt_size);
    const std::string check = bytes_of(in, "check", platform::Aead::overhead);
    const auto number = [&in](std::string_view name, std::uint32_t most) {
        if (!in.has(name)) in.missing(name);
        return static_cast<std::uint32_t>(in.maybe_integer(name, 1, most).value_or(1));
    };
    if (recipe.kind == Kind::passphrase) {
        if (in.text("kdf") != "argon2id") in.invalid("kdf", "must be argon2id");
        const platform::PassphraseCost& most = platform::max_passphrase_cost;
        recipe.cost.memory_kib = number("memory_kib", most.memory_kib);
        recipe.cost.passes = number("passes", most.passes);
        recipe.cost.lanes = number("lanes", most.lanes);
        if (!platform::is_usable(recipe.cost)) in.invalid("memory_kib", "is too little");
    }
    if (in.text("cipher") != "aes-256-gcm") in.invalid("cipher", "must be aes-256-gcm");
    if (in.failed()) return *in.failed();
    TransferKey key(recipe, secret);
    if (!key.aead_.open(check, key.place(check_kind)))
        return domain::refuse(
            Code::invalid, "encryption",
            "was not made with this " +
                std::string(recipe.kind == Kind::passphrase ? "passphrase" : "key file"));
    return key;
}

std::string TransferKey::place(std::string_view of) const {
    return std::string(platform::Place().part("mfad export").part(id_).part(of).bytes());
}

std::string TransferKey::seal(std::string_view of, std::string_view line) {
    platform::JsonText text;
    text.begin_object().key("sealed").begin_object().member("of", of).member("key", id_);
    text.member("data", platform::base64url(aead_.seal(line, place(of))));
    return std::move(text.end_object().end_object()).str();
}

std::optional<std::string> TransferKey::open(std::string_view of, std::string_view sealed) {
    return aead_.open(sealed, place(of));
}

// ---- those of a file ----------------------------------------------------------------------------

Result<void> TransferKeys::add(std::string_view line) {
    const Result<json::object> header = content_of(line, "encryption");
    if (!header) return header.error();
    FieldReader in(*header, "encryption");
    const auto kind = kind_of(in.text("from"));
    if (!kind) in.invalid("from", "must be passphrase or key_file");
    if (in.failed()) return *in.failed();
    const TransferSecret* secret = ask_ ? ask_(*kind) : nullptr;
    if (secret == nullptr)
        return domain::refuse(
            Code::invalid, "encryption",
            *kind == Kind::passphrase ? "needs the passphrase that the export was made with"
                                      : "needs the key file that the export was made with");
    Result<TransferKey> key = TransferKey::of(*header, *secret);
    if (!key) return key.error();
    std::string id = key->id();
    keys_.insert_or_assign(std::move(id), std::move(*key));
    return {};
}

Result<std::string> TransferKeys::open(std::string_view line) {
    const Result<json::object> sealed = content_of(line, "sealed");
    if (!sealed) return sealed.error();
    FieldReader in(*sealed, "sealed");
    const std::string_view of = in.text("of");
    const auto key = keys_.find(in.text("key"));
    const auto data = platform::from_base64url(in.text("data"));
    if (!data) in.invalid("data", "must be base64url");
    if (key == keys_.end()) in.invalid("key", "has no usable encryption line in this file");
    if (in.failed()) return *in.failed();
    auto opened = key->second.open(of, *data);
    if (!opened) return domain::refuse(Code::invalid, "sealed.data", "was changed");
    return std::move(*opened);
}

bool is_sealed(std::string_view line) {
    const auto quote = line.find('"');
    return quote != std::string_view::npos && line.substr(quote).starts_with("\"sealed\"");
}

std::string sealed_kind(std::string_view line) {
    const Result<json::object> sealed = content_of(line, "sealed");
    const json::value* of = sealed ? sealed->if_contains("of") : nullptr;
    const json::string* text = of != nullptr ? of->if_string() : nullptr;
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

} // namespace mfad::service
