#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::http {

/// A pair of a form or of a query. Views into the `Form`.
struct FormField {
    std::string_view name;
    std::string_view value;
};

/// The decoded pairs of a query or of an `application/x-www-form-urlencoded` body, in their order.
class Form {
public:
    /// Decodes `text`: pairs between `&`, a name up to the first `=`, `+` for a blank, percent
    /// escapes. Empty pairs
    /// (`a=1&&b=2`) are skipped; a pair without `=` has an empty value.
    ///
    /// The decoded bytes are the sender's: whether they are UTF-8, or hold control characters, is
    /// for whoever reads a field to judge.
    /// @return nothing for a malformed escape, and for more than `max_fields` pairs
    static std::optional<Form> parse(std::string_view text, std::size_t max_fields = 64);

    std::size_t size() const { return places_.size(); }
    bool empty() const { return places_.empty(); }
    FormField operator[](std::size_t index) const;

    /// The value of the first field of this name. Names are compared exactly.
    std::optional<std::string_view> find(std::string_view name) const;
    /// How many fields of this name there are: more than one is a duplicate that most readers
    /// refuse.
    std::size_t count(std::string_view name) const;

private:
    struct Place {
        std::size_t name = 0;  ///< where the name begins in `text_`
        std::size_t value = 0; ///< where it ends and the value begins
        std::size_t end = 0;
    };

    bool append(std::string_view pair);

    std::string text_;
    std::vector<Place> places_;
};

} // namespace mfad::http
