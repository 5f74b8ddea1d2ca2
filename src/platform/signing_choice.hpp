#pragma once

#include "mfad/platform/clock.hpp"

namespace mfad::platform {

/// Finds the key that signs now among active ones that are offered one by one: the newest whose
/// time has come, else the one whose time comes first. `Keyed` has a member `signs_from`.
template <class Keyed>
class SigningChoice {
public:
    explicit SigningChoice(UnixMillis now) : now_(now) {}

    void offer(const Keyed& key) {
        if (first_ == nullptr || key.signs_from < first_->signs_from) first_ = &key;
        if (key.signs_from > now_) return;
        if (newest_ == nullptr || key.signs_from >= newest_->signs_from) newest_ = &key;
    }

    /// Null when none was offered.
    const Keyed* chosen() const { return newest_ != nullptr ? newest_ : first_; }

private:
    UnixMillis now_;
    const Keyed* first_ = nullptr;
    const Keyed* newest_ = nullptr;
};

} // namespace mfad::platform
