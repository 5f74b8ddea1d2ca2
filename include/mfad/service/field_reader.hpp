#pragma once

#include "mfad/domain/refusal.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mfad::service {

/// Parses a text that must be one JSON object: at most 16 levels deep, valid UTF-8, nothing behind
/// it.
/// @return `malformed` for anything else
domain::Result<boost::json::object> parse_json_object(std::string_view text);

/// Reads the members of a JSON object and remembers the first that is wrong, with its dotted name.
/// Reading goes on after a fault with empty values, so that a parser reads straight down and asks
/// once, at the end.
/// ```
/// FieldReader in(object, "target");
/// const auto type = in.text("type");
/// if (in.failed()) return *in.failed();
/// ```
/// `null` counts as a value of another type. Members that are not asked for are ignored unless
/// `refuse_others` says so.
class FieldReader {
public:
    /// @param path dotted name of the object; empty for the outermost
    FieldReader(const boost::json::object& object, std::string path)
        : object_(object), path_(std::move(path)) {}

    /// A member that must be there; "" when it is not, or no string.
    std::string_view text(std::string_view name);
    std::optional<std::string_view> maybe_text(std::string_view name);
    std::optional<bool> maybe_flag(std::string_view name);
    /// A whole number within the range; another one is `invalid`.
    std::optional<std::int64_t> maybe_integer(
        std::string_view name, std::int64_t min, std::int64_t max);
    const boost::json::object* maybe_object(std::string_view name);
    const boost::json::array* maybe_array(std::string_view name);
    /// Whether the member is there, and what it is if it is `null`.
    bool has(std::string_view name) const;
    bool is_null(std::string_view name) const;

    /// Refuses members of other names than these.
    void refuse_others(std::span<const std::string_view> known);

    /// Notes that a member is `invalid`, unless something was wrong before.
    void invalid(std::string_view name, std::string why);
    void missing(std::string_view name);
    /// Takes over what went wrong in a part of this object.
    void adopt(const std::optional<domain::Refusal>& fault);

    std::string path(std::string_view name) const;
    const std::optional<domain::Refusal>& failed() const { return fault_; }

private:
    void fail(domain::Refusal::Code code, std::string_view name, std::string why);
    const boost::json::value* find(std::string_view name) const;

    const boost::json::object& object_;
    std::string path_;
    std::optional<domain::Refusal> fault_;
};

} // namespace mfad::service
