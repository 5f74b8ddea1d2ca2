#pragma once

#include "mfad/domain/credential.hpp"
#include "mfad/platform/clock.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::store {

/// A record that is stored as a JSON object with its version in `v`. What is not there, or not of
/// the type asked for, is `Corrupt`.
class JsonRecord {
public:
    JsonRecord(std::string_view text, int version);
    ~JsonRecord();

    std::string text(std::string_view member) const;
    std::string text_or_empty(std::string_view member) const;
    /// Milliseconds since 1970; nothing when the member is absent.
    std::optional<platform::UnixMillis> time(std::string_view member) const;
    /// The member as JSON text.
    std::string raw(std::string_view member) const;
    /// `{"users":["read",…],…}`: the permissions among them that the product acts on.
    domain::Permissions permissions(std::string_view member) const;

private:
    struct Parsed;
    std::unique_ptr<Parsed> parsed_;
};

} // namespace mfad::store
