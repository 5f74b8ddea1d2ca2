#include "json_members.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>

namespace mfad::platform {

namespace json = boost::json;

/// Takes what Boost.JSON's parser comes upon. A value counts in two places: as a member of the
/// outermost object (level 1), and in an array that is such a member (level 2, while it holds
/// strings alone).
class JsonMembersHandler {
public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    explicit JsonMembersHandler(JsonMembers& out) : out_(out) {}

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code&) {
        if (level_ > 0) note(Kind::other);
        ++level_;
        open_.push_back(names_.size());
        return true;
    }

    bool on_object_end(std::size_t, json::error_code& error) {
        --level_;
        const auto own = names_.begin() + static_cast<std::ptrdiff_t>(open_.back());
        open_.pop_back();
        const auto view = [this](Slice slice) { return out_.view(slice); };
        std::ranges::sort(own, names_.end(), {}, view);
        const bool twice = std::ranges::adjacent_find(own, names_.end(), {}, view) != names_.end();
        names_.erase(own, names_.end());
        return !twice || refuse(error);
    }

    bool on_array_begin(json::error_code& error) {
        if (level_ == 0) return refuse(error);
        note(level_ == 1 ? Kind::texts : Kind::other);
        if (level_ == 1) last().first = out_.items_.size();
        ++level_;
        return true;
    }

    bool on_array_end(std::size_t, json::error_code&) {
        --level_;
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        return append(part);
    }

    bool on_key(json::string_view rest, std::size_t size, json::error_code&) {
        const Slice name = take(rest, size);
        names_.push_back(name);
        if (level_ == 1) out_.members_.emplace_back().name = name;
        return true;
    }

    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        return append(part);
    }

    bool on_string(json::string_view rest, std::size_t size, json::error_code& error) {
        if (level_ == 0) return refuse(error);
        const Slice text = take(rest, size);
        if (level_ == 1) {
            note(Kind::text);
            last().text = text;
        } else if (in_list()) {
            out_.items_.push_back(text);
            ++last().count;
        }
        return true;
    }

    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t value, json::string_view, json::error_code& error) {
        return on_number(static_cast<double>(value), error);
    }
    bool on_uint64(std::uint64_t value, json::string_view, json::error_code& error) {
        return on_number(static_cast<double>(value), error);
    }
    bool on_double(double value, json::string_view, json::error_code& error) {
        return on_number(value, error);
    }
    bool on_bool(bool value, json::error_code& error) {
        if (level_ == 0) return refuse(error);
        note(Kind::flag);
        if (level_ == 1) last().flag = value;
        return true;
    }
    bool on_null(json::error_code& error) {
        if (level_ == 0) return refuse(error);
        note(Kind::other);
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    using Kind = JsonMembers::Kind;
    using Slice = JsonMembers::Slice;

    bool on_number(double value, json::error_code& error) {
        if (level_ == 0) return refuse(error);
        note(Kind::number);
        if (level_ == 1) last().number = value;
        return true;
    }

    JsonMembers::Member& last() { return out_.members_.back(); }
    bool in_list() { return level_ == 2 && last().kind == Kind::texts; }

    /// What a member is, or that its array is not one of strings.
    void note(Kind kind) {
        if (level_ == 1) last().kind = kind;
        if (in_list()) last().kind = Kind::other;
    }

    bool append(json::string_view part) {
        out_.decoded_.append(part.data(), part.size());
        return true;
    }

    Slice take(json::string_view rest, std::size_t size) {
        append(rest);
        return {
            static_cast<std::uint32_t>(out_.decoded_.size() - size),
            static_cast<std::uint32_t>(size)};
    }

    static bool refuse(json::error_code& error) {
        error = json::make_error_code(json::error::syntax);
        return false;
    }

    JsonMembers& out_;
    std::vector<Slice> names_;      // of all objects that are open
    std::vector<std::size_t> open_; // where in names_ each of them begins
    std::size_t level_ = 0;
};

std::optional<JsonMembers> JsonMembers::read(std::string_view text, std::size_t max_depth) {
    JsonMembers members;
    members.decoded_.reserve(text.size()); // what is decoded is never longer
    json::parse_options options;
    options.max_depth = max_depth;
    json::basic_parser<JsonMembersHandler> parser(options, members);
    json::error_code error;
    const std::size_t taken = parser.write_some(false, text.data(), text.size(), error);
    if (error || taken != text.size()) return std::nullopt;
    return members;
}

const JsonMembers::Member* JsonMembers::find(std::string_view name) const {
    const auto at = std::ranges::find(
        members_, name, [this](const Member& member) { return view(member.name); });
    return at == members_.end() ? nullptr : &*at;
}

std::optional<std::string_view> JsonMembers::text(std::string_view name) const {
    const Member* const member = find(name);
    if (!member || member->kind != Kind::text) return std::nullopt;
    return view(member->text);
}

std::optional<std::vector<std::string_view>> JsonMembers::texts(std::string_view name) const {
    const Member* const member = find(name);
    if (!member) return std::nullopt;
    if (member->kind == Kind::text) return std::vector{view(member->text)};
    if (member->kind != Kind::texts) return std::nullopt;
    std::vector<std::string_view> list;
    for (std::size_t i = 0; i < member->count; ++i)
        list.push_back(view(items_[member->first + i]));
    return list;
}

} // namespace mfad::platform
