#include "mfad/http/form.hpp"

#include "percent.hpp"

#include <algorithm>

namespace mfad::http {

std::optional<Form> Form::parse(std::string_view text, std::size_t max_fields) {
    Form form;
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        if (form.size() == max_fields || !form.append(pair)) return std::nullopt;
    }
    return form;
}

bool Form::append(std::string_view pair) {
    const std::string_view name = pair.substr(0, pair.find('='));
    pair.remove_prefix(std::min(pair.size(), name.size() + 1));
    Place place;
    place.name = text_.size();
    if (!append_percent_decoded(text_, name, Plus::space)) return false;
    place.value = text_.size();
    if (!append_percent_decoded(text_, pair, Plus::space)) return false;
    place.end = text_.size();
    places_.push_back(place);
    return true;
}

FormField Form::operator[](std::size_t index) const {
    const Place& place = places_[index];
    const std::string_view text = text_;
    return {
        text.substr(place.name, place.value - place.name),
        text.substr(place.value, place.end - place.value)};
}

std::optional<std::string_view> Form::find(std::string_view name) const {
    for (std::size_t i = 0; i < size(); ++i)
        if ((*this)[i].name == name) return (*this)[i].value;
    return std::nullopt;
}

std::size_t Form::count(std::string_view name) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size(); ++i)
        count += (*this)[i].name == name ? 1 : 0;
    return count;
}

} // namespace mfad::http
