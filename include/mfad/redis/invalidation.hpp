#pragma once

#include "mfad/runtime/executor.hpp"

#include <string_view>

namespace mfad::redis {

/// Who keeps copies of Redis keys.
class InvalidationListener {
public:
    virtual ~InvalidationListener() = default;

    /// `key` was written, has expired or was deleted.
    virtual void on_invalidate(std::string_view key) = 0;
    /// Any key may have changed unseen.
    virtual void on_reset() = 0;
};

/// Says which copies are out of date, and whether it would know.
class InvalidationSource {
public:
    virtual ~InvalidationSource() = default;

    /// Whether copies may be used at `now`: every change older than the source's bound has been
    /// told.
    virtual bool coherent_at(runtime::SteadyClock::time_point now) const = 0;
    bool coherent() const { return coherent_at(runtime::SteadyClock::now()); }

    virtual void subscribe(InvalidationListener& listener) = 0;
    virtual void unsubscribe(InvalidationListener& listener) = 0;
};

} // namespace mfad::redis
