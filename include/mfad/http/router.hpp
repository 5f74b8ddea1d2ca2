#pragma once

#include "mfad/http/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mfad::http {

/// A set of methods.
class Methods {
public:
    constexpr Methods() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): a method is a set of one
    constexpr Methods(Method method)
        : bits_(static_cast<std::uint8_t>(1U << static_cast<unsigned>(method))) {}

    constexpr bool has(Method method) const { return (bits_ & Methods(method).bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool meets(Methods other) const { return (bits_ & other.bits_) != 0; }
    friend constexpr Methods operator|(Methods a, Methods b) {
        a.bits_ = static_cast<std::uint8_t>(a.bits_ | b.bits_);
        return a;
    }
    friend constexpr bool operator==(Methods, Methods) = default;

private:
    std::uint8_t bits_ = 0;
};

constexpr Methods operator|(Method a, Method b) {
    return Methods(a) | Methods(b);
}

/// The value of an `Allow` field: `GET, HEAD`.
std::string allow_value(Methods methods);

using RouteId = std::uint16_t;

/// A row of a route table. Text is kept as views: use constants.
struct Route {
    Methods methods;
    /// `/users/{user_id}/mfa`: segments are literal text, as it reads decoded, or one parameter in
    /// braces.
    std::string_view pattern;
    RouteId id = 0;
    /// Whether the path may also end in one more `/`. Otherwise a trailing slash makes another
    /// path.
    bool optional_slash = false;
};

/// What a path and a method came to. Parameters may be views into the path: it has to outlive the
/// match.
class RouteMatch {
public:
    enum class Kind : std::uint8_t { found, not_found, method_not_allowed };
    static constexpr std::size_t max_parameters = 6;

    Kind kind() const { return kind_; }
    bool found() const { return kind_ == Kind::found; }
    /// The route; with `method_not_allowed`, one of those that the path has.
    RouteId id() const { return id_; }
    /// With `method_not_allowed`: what the path knows, for `Allow`.
    Methods allowed() const { return allowed_; }

    /// The decoded parameter at `index`, counted from 0 in the order of the pattern: printable
    /// ASCII or blanks, not empty, never a `/`.
    std::string_view parameter(std::size_t index) const;
    std::size_t parameter_count() const { return count_; }

private:
    friend class Router;
    struct Place {
        std::uint16_t offset = 0;
        std::uint16_t length = 0;
        bool decoded = false; ///< in `decoded_`, else in `path_`
    };

    std::string_view path_;
    std::string decoded_; ///< only segments that had escapes
    std::array<Place, max_parameters> parameters_{};
    std::uint8_t count_ = 0;
    Kind kind_ = Kind::not_found;
    RouteId id_ = 0;
    Methods allowed_;
};

/// Finds a route by method and raw path.
///
/// The path is split at `/` as it was sent, then each segment is percent-decoded once. A segment
/// whose escapes are malformed, or that decodes to a `/`, a control character or anything beyond
/// ASCII, matches nothing, and neither does an empty one match a parameter. Dot segments are text
/// like any other. Where both a literal and a parameter fit, the literal is taken; the path alone
/// decides the route, and only then its methods are looked at.
///
/// Immutable after construction; any number of threads may match.
class Router {
public:
    /// @throws std::logic_error for a pattern that is malformed or has too many parameters, or two
    /// routes that answer
    ///         the same method of the same path
    explicit Router(std::span<const Route> routes);
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;
    ~Router();

    RouteMatch match(Method method, std::string_view path) const;

private:
    struct Node;
    struct Walk;

    void add(const Route& route);

    std::unique_ptr<Node> root_;
};

} // namespace mfad::http
