#pragma once

#include "mfad/domain/email_address.hpp"
#include "mfad/domain/refusal.hpp"
#include "mfad/service/call.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/user_store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mfad::service {

/// What a tenant has told of a user.
struct UserView {
    std::string id;
    std::optional<domain::EmailAddress> email;
    std::string locale; ///< empty: none

    /// What apps and browsers show for him: his address, or else his id.
    std::string account() const { return email ? email->address() : id; }
};

struct UserPage {
    std::vector<UserView> users;
    std::string cursor; ///< opaque; empty: that was the last page
};

/// A tenant's users, as his server makes, finds and removes them.
class Users {
public:
    Users(const store::Context& context, Vault& vault, const KeyLifetimes& lifetimes)
        : context_(context), users_(context), vault_(vault), lifetimes_(lifetimes) {}

    runtime::Awaitable<domain::Result<UserView>> find(const Call& call, const std::string& user);

    /// Creates a user, or replaces what is told of him. @return whether he is new; `forbidden` when
    /// the caller may not do the one of both that it comes to
    runtime::Awaitable<domain::Result<bool>> put(Call& call, const UserView& user);

    /// Removes a user with everything that is his, so that to every dialect there is no such user.
    /// His own credentials go with him.
    runtime::Awaitable<domain::Result<void>> remove(Call& call, const std::string& user);

    /// All users with this address. @return `invalid` for a text that is none
    runtime::Awaitable<domain::Result<std::vector<UserView>>> by_email(
        const Call& call, std::string_view email);

    /// Some more users, in no order. A page may have any number of them, none too; one may come
    /// twice.
    /// @param cursor empty: from the beginning
    /// @return `invalid` for a cursor that is none of this tenant's
    runtime::Awaitable<domain::Result<UserPage>> list(const Call& call, std::string_view cursor);

private:
    runtime::Awaitable<std::vector<UserView>> read(
        const std::string& tenant, const std::vector<std::string>& users);
    UserView view(const domain::UserRef& user, const store::Contact& contact);

    const store::Context& context_;
    store::UserStore users_;
    Vault& vault_;
    KeyLifetimes lifetimes_;
};

} // namespace mfad::service
