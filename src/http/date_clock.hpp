#pragma once

#include "mfad/platform/clock.hpp"

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

namespace mfad::http {

/// The text of the `Date` field, written once a second. One thread.
class DateClock {
public:
    /// The view lives until the next call.
    std::string_view text() {
        // The coarse clock costs a tenth of the exact one.
        if (const std::time_t second = std::time(nullptr); second != second_) {
            second_ = second;
            text_ = platform::http_date(platform::UnixMillis{std::chrono::seconds{second}});
        }
        return text_;
    }

private:
    std::time_t second_ = 0;
    std::string text_;
};

} // namespace mfad::http
