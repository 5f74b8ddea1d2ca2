#include "mfad/redis/errors.hpp"

namespace mfad::redis {

std::string_view to_string(Unavailable::Reason reason) {
    switch (reason) {
    case Unavailable::Reason::not_connected: return "not_connected";
    case Unavailable::Reason::overloaded: return "overloaded";
    case Unavailable::Reason::timed_out: return "timed_out";
    case Unavailable::Reason::lost: return "lost";
    }
    return "";
}

Unavailable::Unavailable(Reason reason)
    : std::runtime_error("Redis: " + std::string(to_string(reason))), reason_(reason) {}

ErrorReply::ErrorReply(std::string_view text) : std::runtime_error(std::string(text)) {}

std::string_view ErrorReply::code() const {
    const std::string_view text = what();
    return text.substr(0, text.find(' '));
}

} // namespace mfad::redis
