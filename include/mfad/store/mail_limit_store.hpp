#pragma once

#include "mfad/domain/mail_limits.hpp"
#include "mfad/store/context.hpp"
#include "mfad/store/keys.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mfad::store {

/// Whom a mail counts for. The recipient and his domain are digests: no address is in a key.
struct MailSubject {
    std::string tenant{};
    std::string recipient{}; ///< digest of the tenant's own
    std::string domain{};    ///< digest
};

/// A limit on mails, and where it is counted.
struct MailLimit {
    domain::RatePolicy policy;
    std::string key;
    bool binds = true; ///< false: it counts, and refuses nothing
};

/// The limits that a mail counts against. A code is bound by the recipient's alone, so that no bulk
/// of links delays anybody's sign-in; a notice by none, so that none can be kept from its reader.
std::vector<MailLimit> mail_limits_of(
    const domain::MailLimits& limits, const MailSubject& subject, MailClass mail);

/// The limits of a mail that have no room for it.
struct MailsUsedUp {
    std::vector<std::string> policies;
    std::chrono::microseconds retry_after{0}; ///< until all of them have
};

/// Counts mails as they are about to be sent: each limit, or none when one that binds has no room.
class MailLimitStore {
public:
    explicit MailLimitStore(const Context& context) : context_(context) {}

    /// @return nothing: it may be sent, and is counted
    runtime::Awaitable<std::optional<MailsUsedUp>> take(std::vector<MailLimit> limits) const;

private:
    const Context& context_;
};

} // namespace mfad::store
