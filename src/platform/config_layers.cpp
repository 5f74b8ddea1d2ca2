#include "config_layers.hpp"

#include "config_rules.hpp"
#include "file.hpp"
#include "mfad/platform/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

namespace mfad::platform {
namespace {

constexpr std::size_t file_limit = 1 << 20;
constexpr std::string_view twin_suffix = "_file";

/// The key whose name `named` is; `name_of` says how the table's keys are named here.
template <class NameOf>
std::optional<ConfigLayers::Found> find_key(std::string_view named, NameOf name_of) {
    const auto& keys = config_keys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (named == name_of(keys[i].section, keys[i].name)) return ConfigLayers::Found{i, false};
        const std::string twin = keys[i].name + std::string(twin_suffix);
        if (keys[i].secret && named == name_of(keys[i].section, twin))
            return ConfigLayers::Found{i, true};
    }
    return std::nullopt;
}

std::string dotted_name(std::string_view section, std::string_view name) {
    return std::string(section).append(".").append(name);
}

/// A name out of a file as it can be shown: it may hold anything.
std::string printable(const std::string& name) {
    const auto usual = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    };
    return std::all_of(name.begin(), name.end(), usual) ? name : rules::in_quotes(name);
}

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_keys())
        if (names.empty() || names.back() != key.section) names.push_back(key.section);
    return names;
}

bool is_section(std::string_view name) {
    const auto names = section_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string one_of(const std::vector<std::string>& names) {
    std::string out = "one of";
    for (const std::string& name : names)
        out.append(out.size() > 6 ? ", " : " ").append(name);
    return out;
}

std::string key_names(std::string_view section, bool as_variables) {
    std::vector<std::string> names;
    for (const ConfigKey& key : config_keys())
        if (key.section == section) names.push_back(as_variables ? key.variable() : key.name);
    return one_of(names);
}

/// What was given, in words: in full for a value that may be shown, but never too much of it.
std::string describe(const Value& value, bool secret) {
    if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* foreign = std::get_if<Foreign>(&value)) return std::string(foreign->kind);
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        std::string out = "[";
        for (const std::string& text : *list)
            out.append(out.size() > 1 ? ", " : "").append(rules::in_quotes(text));
        return out.size() > 80 ? "a list" : out + "]";
    }
    const std::string& text = std::get<std::string>(value);
    if (secret) return "a text (not shown)";
    return text.size() > 80 ? "a long text" : rules::in_quotes(text);
}

/// The text of a variable as the value that a key of this shape takes, if it can be read so.
Value from_variable(const std::string& text, Shape shape) {
    if (shape == Shape::flag && (text == "true" || text == "false")) return text == "true";
    if (shape == Shape::number) {
        std::int64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stop == end) return number;
    }
    if (shape != Shape::list) return text;
    std::vector<std::string> parts;
    for (std::string_view rest = text; !rest.empty();) {
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        const std::size_t comma = rest.find(',');
        parts.emplace_back(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
    return parts;
}

/// Whether texts hold characters only, so that they can be used in a path, a header or a log line.
bool is_clean(const Value& value) {
    const auto clean = [](const std::string& text) {
        const auto control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
        return is_utf8(text) && std::none_of(text.begin(), text.end(), control);
    };
    if (const auto* text = std::get_if<std::string>(&value)) return clean(*text);
    const auto* list = std::get_if<std::vector<std::string>>(&value);
    return !list || std::all_of(list->begin(), list->end(), clean);
}

} // namespace

ConfigLayers::ConfigLayers() : givens_(config_keys().size(), Given{"", "", "default"}) {}

std::vector<TomlValue> ConfigLayers::read_values(const std::filesystem::path& path, bool needed) {
    const std::string name = path.string();
    try {
        return read_toml(read_file(path, file_limit));
    } catch (const TomlError& error) {
        problems_.push_back(name + ":" + std::to_string(error.line) + ": syntax: " + error.what);
    } catch (const std::system_error& error) {
        if (needed || error.code() != std::errc::no_such_file_or_directory)
            problems_.push_back(
                name + ": cannot be read (" + error.code().message() + "), expected a TOML file");
    }
    return {};
}

void ConfigLayers::add_file(const std::optional<std::filesystem::path>& named) {
    const std::filesystem::path path = named.value_or(default_config_file);
    seen_.clear();
    for (const TomlValue& v : read_values(path, named.has_value())) {
        const std::string where = path.string() + ":" + std::to_string(v.line);
        if (v.name.empty()) {
            check_section(Given{where, printable(v.section), where}, v);
        } else if (is_section(v.section)) {
            const Given given{where, dotted_name(v.section, printable(v.name)), where};
            if (const auto found = find_key(dotted_name(v.section, v.name), dotted_name))
                take(*found, given, v.value);
            else
                complain(given, "unknown key, expected " + key_names(v.section, false));
        }
    }
}

void ConfigLayers::check_section(const Given& given, const TomlValue& section) {
    const auto* foreign = std::get_if<Foreign>(&section.value);
    if (!is_section(section.section))
        complain(given, "unknown section, expected " + one_of(section_names()));
    else if (!foreign || foreign->kind != section_kind)
        complain(given, "got " + describe(section.value, true) + ", expected a section");
}

void ConfigLayers::add_environment(const Environment& environment) {
    seen_.clear();
    for (const auto& [name, text] : environment) {
        const Given given{"environment", printable(name), "environment " + name};
        if (const auto found = find_key(name, variable_name)) {
            const Shape shape = found->twin ? Shape::text : config_keys()[found->key].shape;
            take(*found, given, from_variable(text, shape));
            continue;
        }
        for (const std::string& section : section_names())
            if (name.starts_with(variable_name(section, "")))
                complain(given, "unknown key, expected " + key_names(section, true));
    }
}

void ConfigLayers::complain(const Given& given, std::string_view what) {
    problems_.push_back(given.where + ": " + given.shown + ": " + std::string(what));
}

void ConfigLayers::take(const Found& found, const Given& given, const Value& value) {
    const std::string& name = config_keys()[found.key].name;
    if (!seen_.insert(found.key).second)
        complain(given, "given twice, expected " + name + " or " + name + "_file");
    else if (found.twin)
        assign_content(found.key, given, value);
    else
        assign(found.key, given, value);
}

void ConfigLayers::assign(std::size_t key, const Given& given, const Value& value) {
    const ConfigKey& k = config_keys()[key];
    if (is_clean(value) && k.assign(config_, value))
        givens_[key] = given;
    else
        complain(given, "got " + describe(value, k.secret) + ", expected " + k.expected);
}

void ConfigLayers::assign_content(std::size_t key, const Given& given, const Value& path) {
    const auto* text = std::get_if<std::string>(&path);
    if (!text || text->empty() || !is_clean(path)) {
        complain(given, "got " + describe(path, false) + ", expected a path");
        return;
    }
    const Given content{given.where, given.shown, given.origin + " (" + *text + ")"};
    try {
        std::string secret = read_file(*text, file_limit);
        if (secret.ends_with('\n')) secret.pop_back();
        if (secret.ends_with('\r')) secret.pop_back();
        // A secret that was never filled in must not pass for the choice of an empty value.
        if (secret.empty())
            complain(
                given, "got the empty file " + rules::in_quotes(*text) + ", expected " +
                           config_keys()[key].expected);
        else
            assign(key, content, secret);
    } catch (const std::system_error& error) {
        complain(
            given, rules::in_quotes(*text) + " cannot be read (" + error.code().message() +
                       "), expected a file");
    }
}

void ConfigLayers::check_together() {
    const Config& c = config_;
    // Else a mail that is still being sent is taken by another worker, and goes out twice.
    check(c.worker.lease > c.mail.timeout, "worker.lease", "longer", "mail.timeout");
    check(
        c.idempotency.secret_lifetime <= c.idempotency.lifetime, "idempotency.secret_lifetime",
        "no longer", "idempotency.lifetime");
    check(
        !c.ops.listen || c.ops.listen->port == 0 || *c.ops.listen != c.http.listen, "ops.listen",
        "other", "http.listen");
}

void ConfigLayers::check(
    bool ok, std::string_view key, std::string_view relation, std::string_view other) {
    if (ok) return;
    std::size_t blamed = find_key(key, dotted_name)->key;
    std::size_t beside = find_key(other, dotted_name)->key;
    const std::string expected =
        std::string(key).append(" ").append(relation) + " than " + std::string(other);
    // The one that somebody has set is the one to be changed.
    if (givens_[blamed].where.empty()) std::swap(blamed, beside);
    const ConfigKey& by = config_keys()[beside];
    complain(
        givens_[blamed], "got " + config_keys()[blamed].print(config_) + " beside " + by.dotted() +
                             " = " + by.print(config_) + ", expected " + expected);
}

} // namespace mfad::platform
