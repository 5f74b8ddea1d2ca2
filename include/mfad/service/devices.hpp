#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/device_store.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// Remembered devices: where a challenge was passed, so that later ones that are opened with the
/// token are not in the way of what strangers do (docs/dialects.md, "Signing in"). A device has a
/// budget of attempts and of code mails of its own; it takes the place of no factor. One object a
/// thread.
///
/// The token of a device is handed out when it is remembered. Each challenge that is opened with
/// it (`Challenges::open`) gives its successor, to be kept in its place. The one before is taken
/// for 60 s more, for answers that were lost; after that it is somebody else's copy, and the
/// device is forgotten, with a notice. A page keeps it as a `__Host-` cookie (Secure, HttpOnly,
/// SameSite=Strict, no longer than `lifetime`); one user's token is none of another's.
class Devices {
public:
    static constexpr std::chrono::hours lifetime{30 * 24}; ///< from when it was remembered last
    /// Of a user; the one that was used longest ago goes. So that with ten failures at each of them
    /// and ten at the user no factor sees more than 100 in a row (NIST SP 800-63B-4, 3.2.2).
    static constexpr unsigned most = 9;
    static constexpr std::size_t max_label = 64; ///< bytes

    /// @param wake called when a mail is owed
    Devices(const store::Context& context, Vault& vault, std::function<void()> wake);

    /// Remembers the device from which a challenge was passed; once for a challenge. The device
    /// that it was opened with is remembered anew.
    /// @param challenge_token as Challenges::open gave it  @param tenant empty: of any
    /// @return its token; `expired` for a challenge that has not been passed, or whose proof was
    ///   voided since
    runtime::Awaitable<domain::Result<std::string>> remember(
        std::string_view challenge_token, std::string_view tenant, std::string_view label);

    /// @return `no_such_user`
    runtime::Awaitable<domain::Result<std::vector<store::Device>>> list(
        const domain::UserRef& user);

    /// @return `no_such_user`; `not_enrolled` when there is none of this id
    runtime::Awaitable<domain::Result<void>> forget(
        const domain::UserRef& user, std::string_view id, store::Actor by);

    /// @return `no_such_user`
    runtime::Awaitable<domain::Result<void>> forget_all(
        const domain::UserRef& user, store::Actor by);

private:
    runtime::Awaitable<domain::Result<unsigned>> forget_some(
        const domain::UserRef& user, const std::string& id, store::Actor by);

    store::DeviceStore devices_;
    Vault& vault_;
    std::function<void()> wake_;
};

} // namespace mfad::service
