#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/domain/tenant.hpp"
#include "mfad/service/tenants.hpp"
#include "mfad/service/vault.hpp"
#include "mfad/store/link_store.hpp"
#include "mfad/store/user_store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::service {

struct EnrollmentOptions {
    std::string public_url; ///< what every link starts with
    std::chrono::milliseconds link_lifetime{0};
    domain::RatePolicy links; ///< send budget of link mails, a user
    unsigned code_length = 6;
    std::chrono::milliseconds code_lifetime{0};
    unsigned code_tries = 5; ///< wrong codes that end a link
    domain::RatePolicy code_gap;
    domain::RatePolicy codes; ///< send budget of code mails, a user
};

/// A link that was made up for a user: what is stored if it is needed, and what its answer shows.
struct NewLink {
    store::LinkOrder order;
    std::string token;
};

/// A link that was found, its user, and from where it is used.
struct Followed {
    store::LinkRef link;
    domain::UserRef user;
    store::CodeAsker asker = store::CodeAsker::link;
};

/// What the page may show of a link. `state` says whether it can be followed.
struct LinkView {
    store::LinkState state = store::LinkState::unknown;
    store::LinkKind kind = store::LinkKind::none;
    std::string tenant_name;
    std::string masked_address; ///< `u***@example.org`; empty when there is none
    std::string locale;
    platform::UnixMillis ends{};
    std::optional<platform::UnixMillis> code_ends; ///< of the last code that was sent and counts
};

/// Enrollment links and what follows from them: the token leads to a page, the page has a code
/// mailed, the code proves the address.
///
/// A token is the number of its partition and 24 random bytes, in base64url; it is stored nowhere.
/// Its id, under which the link lies, is made of its SHA-256 and says nothing of it.
class Enrollment {
public:
    Enrollment(
        const store::Context& context, TenantSource& tenants, Vault& vault,
        EnrollmentOptions options);

    const EnrollmentOptions& options() const { return options_; }

    /// Makes a link up for a user, with the mail that brings it.
    NewLink new_link(const domain::UserRef& user);

    /// The id by which it can be asked how the link of this URL stands; of one that was made here.
    std::string public_id(std::string_view href) const;

    /// How a link stands. Changes nothing, whoever fetches it.
    runtime::Awaitable<LinkView> view(std::string_view token);

    /// How a link stands, for the tenant whose server knows its public id; nothing for an unknown
    /// one.
    runtime::Awaitable<std::optional<store::Link>> status(
        const std::string& tenant, std::string_view public_id);

    /// The link of a token, whatever its state. @return nothing for an unknown one
    runtime::Awaitable<std::optional<Followed>> follow(std::string_view token);

    /// How a link stands that was followed.
    runtime::Awaitable<store::Link> read(const Followed& followed);

    /// Has a fresh code mailed to the user's stored address.
    runtime::Awaitable<store::CodeSent> send_code(const Followed& followed);

    /// Checks a code; if it is right, the address is verified and the link is spent.
    runtime::Awaitable<store::CodeChecked> verify_code(
        const Followed& followed, std::string_view code);

private:
    store::Keys keys_;
    store::LinkStore links_;
    store::UserStore users_;
    TenantSource& tenants_;
    Vault& vault_;
    EnrollmentOptions options_;
};

/// The URL that a token is followed by: the page, with the token in the fragment.
std::string enrollment_href(std::string_view public_url, std::string_view token);

/// What a link is called where it may be seen: it leads to the record, and says nothing of the
/// token. Partition and id of the record, in base64url.
std::string public_link_id(const store::LinkRef& link);

/// @return nothing for a text that is no id of this installation
std::optional<store::LinkRef> link_of_public_id(std::string_view text, unsigned partitions);

/// The record that a token stands for; nothing for a text that is no token of this installation.
std::optional<store::LinkRef> link_of_token(std::string_view token, unsigned partitions);

} // namespace mfad::service
