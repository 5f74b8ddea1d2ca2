#pragma once

#include "config_keys.hpp"

#include "mfad/platform/clock.hpp"
#include "mfad/platform/json_text.hpp"

#include <utility>

/// Rules say what a key takes: its shape, the words for it, and how a value is read and printed.
/// `read` gives nothing for a value that does not fit.
namespace mfad::platform::rules {

inline std::string in_quotes(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

struct Flag {
    static constexpr Shape shape = Shape::flag;
    std::string expected() const { return "true or false"; }
    std::optional<bool> read(const Value& value) const {
        const bool* flag = std::get_if<bool>(&value);
        return flag ? std::optional(*flag) : std::nullopt;
    }
    std::string print(bool flag) const { return flag ? "true" : "false"; }
};

struct Whole {
    std::int64_t least;
    std::int64_t most;

    static constexpr Shape shape = Shape::number;
    std::string expected() const {
        return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    std::optional<std::int64_t> read(const Value& value) const {
        const auto* number = std::get_if<std::int64_t>(&value);
        if (!number || *number < least || *number > most) return std::nullopt;
        return *number;
    }
    std::string print(auto number) const { return std::to_string(number); }
};

/// A quantity with a unit, within a range.
template <class T, std::optional<T> (*parse)(std::string_view)>
struct Quantity {
    std::string_view noun;
    T least;
    T most;

    static constexpr Shape shape = Shape::text;
    std::string expected() const {
        return std::string(noun) + " from " + to_text(least) + " to " + to_text(most);
    }
    std::optional<T> read(const Value& value) const {
        const auto* text = std::get_if<std::string>(&value);
        const std::optional<T> quantity = text ? parse(*text) : std::nullopt;
        if (!quantity || *quantity < least || *quantity > most) return std::nullopt;
        return quantity;
    }
    std::string print(T quantity) const { return in_quotes(to_text(quantity)); }
};
using Size = Quantity<Bytes, parse_bytes>;
using Span = Quantity<std::chrono::milliseconds, parse_duration>;

inline Size size(Bytes least, Bytes most) {
    return {"a size", least, most};
}
inline Span span(std::chrono::milliseconds least, std::chrono::milliseconds most) {
    return {"a duration", least, most};
}

/// One of a few words.
template <class E>
struct Choice {
    std::vector<std::pair<std::string_view, E>> words;

    static constexpr Shape shape = Shape::text;
    std::string expected() const {
        std::string out = "one of";
        for (const auto& [word, _] : words)
            out.append(out.size() > 6 ? ", " : " ").append(word);
        return out;
    }
    std::optional<E> read(const Value& value) const {
        const auto* text = std::get_if<std::string>(&value);
        for (const auto& [word, meant] : words)
            if (text && *text == word) return meant;
        return std::nullopt;
    }
    std::string print(E chosen) const {
        for (const auto& [word, meant] : words)
            if (meant == chosen) return in_quotes(word);
        return "?";
    }
};

struct OneRate {
    static constexpr Shape shape = Shape::text;
    std::string expected() const { return R"(a rate such as "60/1m", over 1s to 24h)"; }
    std::optional<Rate> read(const Value& value) const {
        const auto* text = std::get_if<std::string>(&value);
        return text ? parse_limit(*text) : std::nullopt;
    }
    std::string print(const Rate& rate) const { return in_quotes(to_text(rate)); }
};

struct Rates {
    std::size_t most;

    static constexpr Shape shape = Shape::list;
    std::string expected() const {
        return "a list of up to " + std::to_string(most) +
               R"( rates such as "60/1m", over 1s to 24h)";
    }
    std::optional<std::vector<Rate>> read(const Value& value) const;
    std::string print(const std::vector<Rate>& rates) const;
};

/// Addresses of others, alone and in blocks.
struct Networks {
    std::size_t most;

    static constexpr Shape shape = Shape::list;
    std::string expected() const {
        return "a list of up to " + std::to_string(most) +
               R"( addresses and networks such as "10.0.0.0/8" or "::1", without bits set beyond )"
               "the prefix";
    }
    std::optional<std::vector<Network>> read(const Value& value) const;
    std::string print(const std::vector<Network>& networks) const;
};

/// An address to listen on.
struct Listen {
    static constexpr Shape shape = Shape::text;
    std::string expected() const { return "host:port"; }
    std::optional<Endpoint> read(const Value& value) const {
        const auto* text = std::get_if<std::string>(&value);
        return text ? parse_endpoint(*text) : std::nullopt;
    }
    std::string print(const Endpoint& endpoint) const { return in_quotes(to_text(endpoint)); }
};

/// An address to listen on, or empty for none.
struct MaybeListen {
    static constexpr Shape shape = Shape::text;
    std::string expected() const { return "host:port, or empty"; }
    std::optional<std::optional<Endpoint>> read(const Value& value) const;
    std::string print(const std::optional<Endpoint>& endpoint) const {
        return in_quotes(endpoint ? to_text(*endpoint) : "");
    }
};

/// Any other text; `accept` gives it in the form in which it is kept.
struct Text {
    using Accept = std::optional<std::string> (*)(std::string_view);
    std::string_view words;
    Accept accept;

    static constexpr Shape shape = Shape::text;
    std::string expected() const { return std::string(words); }
    std::optional<std::string> read(const Value& value) const {
        const auto* text = std::get_if<std::string>(&value);
        return text ? accept(*text) : std::nullopt;
    }
    std::string print(const auto& text) const { return in_quotes(std::string(text)); }
};

/// A URL that may hold a password.
struct SecretUrl {
    std::string_view words;
    bool (*fits)(std::string_view);

    static constexpr Shape shape = Shape::text;
    std::string expected() const { return std::string(words); }
    std::optional<Secret> read(const Value& value) const {
        const auto* text = std::get_if<std::string>(&value);
        return text && fits(*text) ? std::optional<Secret>(std::in_place, *text) : std::nullopt;
    }
    std::string print(const Secret& url) const;
};

std::optional<std::string> any_text(std::string_view text);
std::optional<std::string> some_text(std::string_view text);
std::optional<std::string> mailbox(std::string_view text);
/// Empty, or an absolute http(s) URL without user, query and fragment; slashes at its end are
/// dropped.
std::optional<std::string> web_address(std::string_view text);
bool redis_url(std::string_view text);
bool mail_url(std::string_view text);

} // namespace mfad::platform::rules
