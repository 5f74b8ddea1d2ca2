#pragma once

#include "mfad/domain/rate_limit.hpp"

#include <vector>

namespace mfad::domain {

/// How many mails are sent, of whatever kind; each list may be empty.
struct MailLimits {
    std::vector<RatePolicy> recipient{}; ///< to one address of a tenant's users
    std::vector<RatePolicy> tenant{};    ///< of one tenant
    std::vector<RatePolicy> domain{};    ///< to all addresses of one domain
    std::vector<RatePolicy> all{};
};

} // namespace mfad::domain
