// The one user of toml++.
#include "config_toml.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

namespace mfad::platform {
namespace {

Value list_value(const toml::array& array) {
    std::vector<std::string> texts;
    for (const toml::node& element : array) {
        const auto* text = element.as_string();
        if (!text) return Foreign{"a list that holds more than texts"};
        texts.push_back(text->get());
    }
    return texts;
}

Value to_value(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::boolean: return node.as_boolean()->get();
    case toml::node_type::integer: return node.as_integer()->get();
    case toml::node_type::string: return node.as_string()->get();
    case toml::node_type::array: return list_value(*node.as_array());
    case toml::node_type::table: return Foreign{section_kind};
    case toml::node_type::floating_point: return Foreign{"a number with a fraction"};
    default: return Foreign{"a date or time"};
    }
}

} // namespace

std::vector<TomlValue> read_toml(std::string_view text) {
    std::vector<TomlValue> values;
    const auto add = [&](std::string_view section, std::string_view name, const toml::key& key,
                         const toml::node& node) {
        values.push_back(
            {std::string(section), std::string(name), key.source().begin.line, to_value(node)});
    };
    try {
        const toml::table document = toml::parse(text);
        for (const auto& [section, content] : document) {
            add(section.str(), "", section, content);
            if (const toml::table* keys = content.as_table())
                for (const auto& [name, node] : *keys)
                    add(section.str(), name.str(), name, node);
        }
    } catch (const toml::parse_error& error) {
        throw TomlError{error.source().begin.line, std::string(error.description())};
    }
    // A section comes before what is in it, also where both are in one line.
    std::sort(values.begin(), values.end(), [](const TomlValue& a, const TomlValue& b) {
        return std::tie(a.line, a.section, a.name) < std::tie(b.line, b.section, b.name);
    });
    return values;
}

} // namespace mfad::platform
