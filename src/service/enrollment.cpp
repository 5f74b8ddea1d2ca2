#include "mfad/service/enrollment.hpp"

#include "mfad/service/addresses.hpp"

#include "mfad/domain/one_time_code.hpp"
#include "mfad/platform/concat.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"
#include "mfad/service/factor_view.hpp"
#include "mfad/service/mail_job.hpp"

namespace mfad::service {
namespace {

using platform::SealPurpose;
using runtime::Awaitable;
using store::LinkState;

constexpr std::size_t secret_size = 24;
constexpr std::size_t head_size = 2; // partition, big endian; before the secret, and before the id
constexpr std::size_t token_size = head_size + secret_size;
constexpr std::size_t id_size = 16;

std::string head_of(unsigned partition) {
    return {static_cast<char>(partition >> 8), static_cast<char>(partition & 255)};
}

unsigned partition_of(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    return unsigned{byte(0)} << 8 | byte(1);
}

/// The id of a token: its partition, and as much of its hash as no two tokens share.
std::string id_of(std::string_view token_bytes) {
    return platform::base64url(platform::sha256(token_bytes).substr(0, id_size));
}

platform::Place code_place(const store::LinkRef& link) {
    return platform::Place().part("code").part(link.id);
}

} // namespace

std::optional<store::LinkRef> link_of_token(std::string_view token, unsigned partitions) {
    const auto bytes = platform::from_base64url(token);
    if (!bytes || bytes->size() != token_size) return std::nullopt;
    const unsigned partition = partition_of(*bytes);
    if (partition >= partitions) return std::nullopt;
    return store::LinkRef{partition, id_of(*bytes)};
}

std::string public_link_id(const store::LinkRef& link) {
    return platform::base64url(
        platform::concat(head_of(link.partition), platform::from_base64url(link.id).value_or("")));
}

std::optional<store::LinkRef> link_of_public_id(std::string_view text, unsigned partitions) {
    const auto bytes = platform::from_base64url(text);
    if (!bytes || bytes->size() != head_size + id_size) return std::nullopt;
    const unsigned partition = partition_of(*bytes);
    if (partition >= partitions) return std::nullopt;
    return store::LinkRef{
        partition, platform::base64url(std::string_view(*bytes).substr(head_size))};
}

std::string enrollment_href(std::string_view public_url, std::string_view token) {
    return platform::concat(public_url, "/enroll/#", token);
}

Enrollment::Enrollment(
    const store::Context& context, TenantSource& tenants, Vault& vault, EnrollmentOptions options)
    : keys_(context.keys()), links_(context), users_(context), tenants_(tenants), vault_(vault),
      options_(std::move(options)) {}

NewLink Enrollment::new_link(const domain::UserRef& user) {
    const unsigned partition = keys_.partition(user);
    const std::string bytes =
        platform::concat(head_of(partition), platform::random_bytes(secret_size));

    NewLink link;
    link.token = platform::base64url(bytes);
    link.order.id = id_of(bytes);
    MailJob job = new_job(MailJob::Kind::enrollment_link, user);
    job.link_id = link.order.id;
    job.secret = link.token;
    job.not_after = job.created + options_.link_lifetime;
    link.order.job = seal_job(job, vault_);
    return link;
}

Awaitable<std::optional<Followed>> Enrollment::follow(std::string_view token) {
    const std::optional<store::LinkRef> link = link_of_token(token, keys_.partitions());
    if (!link) co_return std::nullopt;
    std::optional<domain::UserRef> user = co_await links_.owner(*link);
    if (!user) co_return std::nullopt;
    Followed found;
    found.link = *link;
    found.user = std::move(*user);
    co_return found;
}

Awaitable<store::Link> Enrollment::read(const Followed& followed) {
    co_return co_await links_.read(followed.link, followed.user, options_.code_tries);
}

std::string Enrollment::public_id(std::string_view href) const {
    const auto link = link_of_token(href.substr(href.find('#') + 1), keys_.partitions());
    return link ? public_link_id(*link) : std::string();
}

Awaitable<LinkView> Enrollment::view(std::string_view token) {
    LinkView view;
    const std::optional<Followed> found = co_await follow(token);
    if (!found) co_return view;
    const store::Link link = co_await read(*found);
    view.state = link.state;
    view.kind = link.kind;
    view.ends = link.ends;
    view.code_ends = link.code_ends;
    const auto tenant = co_await tenants_.find_tenant(found->user.tenant);
    if (tenant) view.tenant_name = tenant->name;
    if (view.state != LinkState::open) co_return view;

    const std::optional<store::Contact> contact = co_await users_.contact(found->user);
    if (!contact) co_return view;
    view.locale = contact->locale;
    const auto address = open_address(contact->address, found->user, vault_);
    if (address) view.masked_address = address->masked();
    co_return view;
}

Awaitable<std::optional<store::Link>> Enrollment::status(
    const std::string& tenant, std::string_view public_id) {
    const std::optional<store::LinkRef> ref = link_of_public_id(public_id, keys_.partitions());
    if (!ref) co_return std::nullopt;
    const std::optional<domain::UserRef> user = co_await links_.owner(*ref);
    if (!user || user->tenant != tenant) co_return std::nullopt;
    store::Link link = co_await links_.read(*ref, *user, options_.code_tries);
    if (link.state == LinkState::unknown) co_return std::nullopt;
    co_return link;
}

Awaitable<store::CodeSent> Enrollment::send_code(const Followed& followed) {
    const std::string code = domain::new_code(options_.code_length);
    MailJob job = new_job(MailJob::Kind::enrollment_code, followed.user);
    job.link_id = followed.link.id;
    job.secret = code;
    job.not_after = job.created + options_.code_lifetime;

    store::CodeOrder order;
    order.digest =
        vault_.pepper.digest(platform::DigestPurpose::code, code_place(followed.link), code);
    order.job = seal_job(job, vault_);
    order.lifetime = options_.code_lifetime;
    order.tries = options_.code_tries;
    order.asker = followed.asker;
    order.gap = options_.code_gap;
    order.budget = options_.codes;
    co_return co_await links_.send_code(followed.link, followed.user, order);
}

Awaitable<store::CodeChecked> Enrollment::verify_code(
    const Followed& followed, std::string_view code) {
    const std::vector<std::string> digests =
        vault_.pepper.digests(platform::DigestPurpose::code, code_place(followed.link), code);
    store::CodeCheck check;
    check.digests = digests;
    check.tries = options_.code_tries;
    check.asker = followed.asker;
    check.public_id = public_link_id(followed.link);
    check.notice =
        seal_notice(MailJob::Kind::factor_added, domain::FactorType::email, followed.user, vault_);
    co_return co_await links_.verify_code(followed.link, followed.user, check);
}

} // namespace mfad::service
