#include "mfad/http/router.hpp"

#include "percent.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace mfad::http {
namespace {

constexpr std::size_t max_segments = 16;
constexpr std::size_t max_path = UINT16_MAX; // places in a path are 16 bits

/// The bytes that a segment may have once it is decoded.
constexpr std::array<bool, 256> plain_bytes = [] {
    std::array<bool, 256> plain{};
    for (char c = ' '; c < 0x7f; ++c)
        plain[static_cast<unsigned char>(c)] = c != '/';
    return plain;
}();

bool is_plain(std::string_view segment) {
    return std::all_of(segment.begin(), segment.end(), [](char c) {
        return plain_bytes[static_cast<unsigned char>(c)];
    });
}

[[noreturn]] void refuse(const Route& route, const char* why) {
    throw std::logic_error("route " + std::string(route.pattern) + ": " + why);
}

/// Takes the segment after a leading `/` off the front of `path`.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

} // namespace

std::string allow_value(Methods methods) {
    std::string value;
    for (unsigned i = 0; i < static_cast<unsigned>(Method::other); ++i) {
        const auto method = static_cast<Method>(i);
        if (!methods.has(method)) continue;
        if (!value.empty()) value.append(", ");
        value.append(to_string(method));
    }
    return value;
}

std::string_view RouteMatch::parameter(std::size_t index) const {
    const Place& place = parameters_.at(index);
    const std::string_view text = place.decoded ? std::string_view(decoded_) : path_;
    return text.substr(place.offset, place.length);
}

/// A path up to one of its segments.
struct Router::Node {
    struct Literal {
        std::string_view text;
        std::unique_ptr<Node> node;
    };
    struct Answer {
        Methods methods;
        RouteId id = 0;
    };

    std::vector<Literal> literals; ///< sorted by length, and then by text
    std::unique_ptr<Node> parameter;
    std::vector<Answer> answers; ///< empty: no route ends here

    Node& literal(std::string_view text) {
        const auto place = place_of(text);
        if (place != literals.end() && place->text == text) return *place->node;
        return *literals.insert(place, {text, std::make_unique<Node>()})->node;
    }

    const Node* find_literal(std::string_view text) const {
        const auto place = place_of(text);
        return place != literals.end() && place->text == text ? place->node.get() : nullptr;
    }

    std::vector<Literal>::const_iterator place_of(std::string_view text) const {
        const auto before = [](const Literal& known, std::string_view sought) {
            if (known.text.size() != sought.size()) return known.text.size() < sought.size();
            return known.text < sought;
        };
        return std::lower_bound(literals.begin(), literals.end(), text, before);
    }

    void answer(const Route& route) {
        for (const Answer& known : answers)
            if (known.methods.meets(route.methods)) refuse(route, "is there already");
        answers.push_back({route.methods, route.id});
    }
};

/// One path's way through the tree.
struct Router::Walk {
    RouteMatch& match;
    std::array<RouteMatch::Place, max_segments> segments{};
    std::size_t count = 0;

    /// Splits and decodes. False when no pattern can match.
    bool split() {
        std::string_view rest = match.path_;
        if (rest.size() > max_path || !rest.starts_with('/')) return false;
        while (!rest.empty()) {
            const std::string_view raw = take_segment(rest);
            if (count == max_segments || !decode(raw, segments[count++])) return false;
        }
        return true;
    }

    bool decode(std::string_view raw, RouteMatch::Place& place) {
        place.decoded = raw.find('%') != std::string_view::npos;
        if (place.decoded) {
            place.offset = static_cast<std::uint16_t>(match.decoded_.size());
            if (!append_percent_decoded(match.decoded_, raw, Plus::literal)) return false;
            place.length = static_cast<std::uint16_t>(match.decoded_.size() - place.offset);
        } else {
            place.offset = static_cast<std::uint16_t>(raw.data() - match.path_.data());
            place.length = static_cast<std::uint16_t>(raw.size());
        }
        return is_plain(text(place));
    }

    std::string_view text(const RouteMatch::Place& place) const {
        const std::string_view from =
            place.decoded ? std::string_view(match.decoded_) : match.path_;
        return from.substr(place.offset, place.length);
    }

    /// The node where the segments from `at` on lead to; parameters are taken down on the way.
    const Node* find(const Node& node, std::size_t at) {
        if (at == count) return node.answers.empty() ? nullptr : &node;
        if (const Node* next = node.find_literal(text(segments[at])))
            if (const Node* found = find(*next, at + 1)) return found;
        if (!node.parameter || segments[at].length == 0) return nullptr;
        match.parameters_[match.count_++] = segments[at];
        const Node* found = find(*node.parameter, at + 1);
        if (found == nullptr) --match.count_;
        return found;
    }
};

Router::Router(std::span<const Route> routes) : root_(std::make_unique<Node>()) {
    for (const Route& route : routes)
        add(route);
}

Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

void Router::add(const Route& route) {
    std::string_view rest = route.pattern;
    if (!rest.starts_with('/')) refuse(route, "does not start with a slash");
    if (route.methods.empty() || route.methods.has(Method::other)) refuse(route, "has no method");
    Node* node = root_.get();
    std::size_t parameters = 0;
    std::size_t segments = 0;
    while (!rest.empty()) {
        const std::string_view segment = take_segment(rest);
        if (++segments == max_segments) refuse(route, "has too many segments");
        if (segment.starts_with('{') && segment.ends_with('}') && segment.size() > 2) {
            if (++parameters > RouteMatch::max_parameters) refuse(route, "has too many parameters");
            if (!node->parameter) node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
        } else {
            const bool braces = segment.find_first_of("{}%") != std::string_view::npos;
            if (braces || !is_plain(segment)) refuse(route, "is malformed");
            node = &node->literal(segment);
        }
    }
    node->answer(route);
    if (route.optional_slash) node->literal("").answer(route);
}

RouteMatch Router::match(Method method, std::string_view path) const {
    RouteMatch match;
    match.path_ = path;
    Walk walk{match};
    const Node* node = walk.split() ? walk.find(*root_, 0) : nullptr;
    if (node == nullptr) return match;
    match.kind_ = RouteMatch::Kind::method_not_allowed;
    match.id_ = node->answers.front().id;
    for (const Node::Answer& answer : node->answers) {
        match.allowed_ = match.allowed_ | answer.methods;
        if (!answer.methods.has(method)) continue;
        match.kind_ = RouteMatch::Kind::found;
        match.id_ = answer.id;
    }
    return match;
}

} // namespace mfad::http
