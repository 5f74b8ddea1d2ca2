#pragma once

#include "mfad/mail/transport.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace mfad::mail {

// For Boost.Test, which finds it by the enumeration's namespace.
inline std::ostream& boost_test_print_type(std::ostream& out, Delivery::Outcome outcome) {
    return out << to_string(outcome);
}
inline std::ostream& boost_test_print_type(std::ostream& out, Phase phase) {
    return out << to_string(phase);
}

} // namespace mfad::mail

namespace mfad::test {

/// Long enough for a slow machine under a sanitizer; what is waited for comes far sooner.
inline constexpr std::chrono::seconds patience{60};

inline mail::Envelope envelope_to(std::string to, std::string body = "Hello\r\n") {
    return {
        "no-reply@acme.example", std::move(to),
        "From: no-reply@acme.example\r\nMessage-ID: <1@acme.example>\r\n\r\n" + body};
}

inline std::future<mail::Delivery> send(mail::Transport& transport, mail::Envelope envelope) {
    auto result = std::make_shared<std::promise<mail::Delivery>>();
    auto future = result->get_future();
    transport.submit(
        std::move(envelope), [result](mail::Delivery d) { result->set_value(std::move(d)); });
    return future;
}

inline mail::Delivery result_of(std::future<mail::Delivery>& future) {
    if (future.wait_for(patience) != std::future_status::ready)
        throw std::runtime_error("a mail was not reported");
    return future.get();
}

/// Sends one mail and waits for its outcome.
inline mail::Delivery sent(mail::Transport& transport, mail::Envelope envelope) {
    auto future = send(transport, std::move(envelope));
    return result_of(future);
}

/// Waits until `condition` holds; throws when it does not come to hold.
template <class Condition>
void wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited in vain");
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

/// A transport to `smtp://ADDRESS` without TLS.
inline std::unique_ptr<mail::Transport> plain_transport(
    const std::string& address, mail::TransportOptions options = {}) {
    options.starttls = mail::StartTls::never;
    return mail::make_transport(*mail::parse_mail_url("smtp://" + address), options);
}

} // namespace mfad::test
