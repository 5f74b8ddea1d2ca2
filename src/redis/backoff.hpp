#pragma once

#include <algorithm>
#include <chrono>

namespace mfad::redis {

/// Waits between attempts: doubling from `least` to `most`, each shortened by up to a half at
/// random, so that the clients of a restarted server do not come back in step.
class Backoff {
public:
    using Millis = std::chrono::milliseconds;

    Backoff(Millis least, Millis most) : least_(least), most_(most), next_(least) {}

    /// @param random uniform in [0, 1)
    Millis next(double random) {
        const Millis full = next_;
        next_ = std::min(most_, next_ * 2);
        return full -
               Millis(static_cast<Millis::rep>(static_cast<double>(full.count()) * random / 2));
    }

    void reset() { next_ = least_; }

private:
    Millis least_;
    Millis most_;
    Millis next_;
};

} // namespace mfad::redis
