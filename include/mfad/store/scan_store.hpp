#pragma once

#include "mfad/domain/identity.hpp"
#include "mfad/store/context.hpp"

#include <string>
#include <vector>

namespace mfad::store {

/// Some of what the database holds, by the names of the keys.
struct ScanPage {
    std::vector<domain::UserRef> users;
    std::vector<std::string> credentials; ///< digests
    std::vector<std::string> logins;      ///< of panel accounts
    std::string cursor;                   ///< where it goes on; empty: that was the last
};

/// Goes through the whole database, a bounded number of keys at a time, so that Redis serves others
/// in between: for the command line. What is there all the while comes at least once, and may come
/// twice.
class ScanStore {
public:
    explicit ScanStore(const Context& context) : context_(context) {}

    /// @param cursor empty: from the beginning; else as the last page had it
    runtime::Awaitable<ScanPage> page(const std::string& cursor) const;

private:
    const Context& context_;
};

} // namespace mfad::store
