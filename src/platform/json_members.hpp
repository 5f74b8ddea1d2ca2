#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::platform {

/// The members of one JSON object, read in one pass: strings, numbers, booleans and arrays of
/// strings are kept, everything else is known by its name alone.
///
/// Boost.JSON's own document keeps the last of two members with one name and says nothing; what two
/// readers of a token may understand differently is refused here, at every level (RFC 7515 and
/// RFC 7519, section 4 of both).
class JsonMembers {
public:
    /// A stretch of `decoded_`.
    struct Slice {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };
    enum class Kind : std::uint8_t { text, number, flag, texts, other };
    struct Member {
        Slice name;
        Kind kind = Kind::other;
        Slice text;            ///< of a string
        double number = 0;     ///< of a number; infinite when it is too large for a double
        bool flag = false;     ///< of a boolean
        std::size_t first = 0; ///< of an array of strings: where in `items_` they are
        std::size_t count = 0; ///< and how many
    };

    /// Nothing unless `text` is one object in strict JSON and UTF-8, white space around it aside,
    /// with at most `max_depth` levels of objects and arrays, the outermost counted, and without
    /// duplicate names.
    static std::optional<JsonMembers> read(std::string_view text, std::size_t max_depth);

    const Member* find(std::string_view name) const;

    /// The value of a string, nothing for a member that is missing or of another kind.
    std::optional<std::string_view> text(std::string_view name) const;

    /// The value of a string as a list of one, or of an array of strings; nothing otherwise.
    std::optional<std::vector<std::string_view>> texts(std::string_view name) const;

private:
    friend class JsonMembersHandler;

    std::string_view view(Slice slice) const {
        return std::string_view(decoded_).substr(slice.begin, slice.size);
    }

    std::string decoded_;
    std::vector<Member> members_;
    std::vector<Slice> items_;
};

} // namespace mfad::platform
