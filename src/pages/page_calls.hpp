#pragma once

#include "mfad/pages/pages.hpp"

#include "mfad/domain/refusal.hpp"
#include "mfad/http/problem.hpp"
#include "mfad/platform/json_text.hpp"
#include "mfad/service/field_reader.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string_view>

/// What the calls of the pages share. All of them are POST and JSON; what the page has a text of
/// its own for is a `state`, anything else a problem.
namespace mfad::pages {

using Answer = runtime::Awaitable<http::Response>;

inline constexpr std::string_view json_type = "application/json; charset=utf-8";

http::Response problem(
    const Exchange& x, unsigned status, std::string_view title, std::string_view detail);
http::Response bad_message(const Exchange& x);

/// The body of a call that our own page makes. @return the answer instead, where it is refused
struct Message {
    boost::json::object body;
    std::optional<http::Response> refusal;
};
Message read_message(const Exchange& x);

/// What is asked in a visit that holds. @return the answer instead, where it is refused
struct Asked {
    service::Visit visit;
    store::VisitRecord record;
    boost::json::object body;
    std::optional<http::Response> refusal;
};
runtime::Awaitable<Asked> visit_of(Exchange& x, Message message);
runtime::Awaitable<Asked> read_visit(Exchange& x);

/// The same for what changes factors: refused while MFA is active and this visit was not proved.
runtime::Awaitable<Asked> proved_visit_of(Exchange& x, Message message);
runtime::Awaitable<Asked> read_proved_visit(Exchange& x);

/// What the user may bind now. What a link is for holds until it is used.
domain::FactorSet offered(const Asked& asked);

/// An answer that says how it stands; the caller adds to it, and ends it by `state_answer`.
platform::JsonText begin_state(std::string_view state);
http::Response state_answer(unsigned status, platform::JsonText body);
http::Response state_answer(unsigned status, std::string_view state);
/// With the time after which it may be tried again, in the body and in its header.
http::Response wait_answer(std::string_view state, std::chrono::milliseconds wait);

/// What a service refuses, as the page has texts for it.
http::Response refuse(const Exchange& x, const domain::Refusal& refusal);

void append_time(platform::JsonText& body, std::string_view name, platform::UnixMillis time);
/// The visit as it goes on, for the page to keep.
void append_visit(platform::JsonText& body, Exchange& x, const service::Visit& visit);

// ---- the calls, each in the file of its concern -------------------------------------------------

Answer post_link(Exchange& x);
Answer post_begin(Exchange& x);
Answer post_code(Exchange& x);
Answer post_verify(Exchange& x);

Answer post_challenge(Exchange& x);
Answer post_challenge_send(Exchange& x);
Answer post_challenge_verify(Exchange& x);

Answer post_status(Exchange& x);
Answer post_totp(Exchange& x);
Answer post_totp_confirm(Exchange& x);
Answer post_passkey(Exchange& x);
Answer post_passkey_confirm(Exchange& x);
Answer post_recovery_codes(Exchange& x);
Answer post_remove(Exchange& x);

Answer post_device_remove(Exchange& x);

Answer post_lost_reset(Exchange& x);
Answer post_lost_schedule(Exchange& x);
Answer post_lost_cancel(Exchange& x);

/// Opens a challenge in the visit, and tells of it and of the visit as it goes on: `challenge` is
/// null where there is none. The browser's device is used, and has its successor.
runtime::Awaitable<http::Response> challenge_answer(
    Exchange& x, service::Visit visit, bool recovers);

/// The user's remembered devices, in `devices`.
runtime::Awaitable<void> append_devices(
    platform::JsonText& body, Exchange& x, const domain::UserRef& user);

} // namespace mfad::pages
