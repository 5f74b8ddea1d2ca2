#include "import_fields.hpp"

#include "mfad/domain/identity.hpp"

namespace mfad::service {
namespace {

constexpr std::string_view id_rule = "must be 1 to 128 visible ASCII characters without / ? # % \"";

} // namespace

std::string read_id(FieldReader& in, std::string_view name) {
    const std::string_view id = in.text(name);
    if (!in.failed() && !domain::is_valid_id(id)) in.invalid(name, std::string(id_rule));
    return std::string(id);
}

std::optional<platform::UnixMillis> read_time(FieldReader& in, std::string_view name) {
    const auto text = in.maybe_text(name);
    if (!text) return std::nullopt;
    const auto time = platform::from_rfc3339(*text);
    if (!time) in.invalid(name, "must be a time such as 2030-01-01T00:00:00Z");
    return time;
}

} // namespace mfad::service
