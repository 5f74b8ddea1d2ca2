#pragma once

#include "mfad/http/request_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Reading requests in tests: from pieces of text to what became of them.
namespace mfad::test {

using http::Fault;
using http::RequestReader;
using Progress = RequestReader::Progress;

/// What became of one request.
struct Outcome {
    bool complete = false;
    bool asked_to_continue = false;
    bool keeps_alive = false;
    bool has_target = false;
    Fault fault = Fault::internal;
    http::Method method = http::Method::other;
    std::string path;
    std::string query;
    std::vector<std::string> headers;
    std::string body;

    bool operator==(const Outcome&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Outcome& o) {
    out << (o.complete ? "complete" : "refused " + std::to_string(http::status_of(o.fault)));
    out << " continue=" << o.asked_to_continue << " keep=" << o.keeps_alive
        << " target=" << o.has_target << ' ' << http::to_string(o.method) << ' '
        << o.path.substr(0, 80) << '?' << o.query;
    for (const std::string& header : o.headers)
        out << " [" << header.substr(0, 80) << ']';
    return out << " body=" << o.body.substr(0, 80);
}

inline Outcome outcome_of(RequestReader& reader, bool complete) {
    Outcome o;
    o.complete = complete;
    o.has_target = reader.has_target();
    o.keeps_alive = reader.keeps_alive();
    const http::Request& request = reader.request();
    if (o.has_target) {
        o.method = request.method;
        o.path = request.path;
        o.query = request.query;
    }
    if (!complete) {
        o.fault = reader.fault();
        return o;
    }
    for (const http::Header& header : request.headers)
        o.headers.push_back(std::string(header.name) + '=' + std::string(header.value));
    o.body = request.body;
    return o;
}

/// Feeds `pieces` one after the other; the requests that came out, up to the first that was
/// refused.
inline std::vector<Outcome> read(
    RequestReader& reader, const std::vector<std::string_view>& pieces) {
    std::vector<Outcome> outcomes;
    bool asked = false;
    const auto drain = [&] {
        for (;;) {
            const Progress progress = reader.advance();
            if (progress == Progress::expects_continue) asked = true;
            if (progress == Progress::need_more || progress == Progress::expects_continue)
                return true;
            outcomes.push_back(outcome_of(reader, progress == Progress::complete));
            outcomes.back().asked_to_continue = std::exchange(asked, false);
            if (progress == Progress::refused) return false;
            reader.next();
        }
    };
    for (std::string_view piece : pieces) {
        while (!piece.empty()) {
            const std::span<char> space = reader.space();
            BOOST_REQUIRE(!space.empty());
            const std::size_t count = std::min(space.size(), piece.size());
            std::memcpy(space.data(), piece.data(), count);
            reader.commit(count);
            piece.remove_prefix(count);
            if (!drain()) return outcomes;
        }
    }
    if (asked && outcomes.empty()) outcomes.emplace_back().asked_to_continue = true;
    return outcomes;
}

inline std::vector<Outcome> read(
    const std::vector<std::string_view>& pieces, const http::RequestLimits& limits = {}) {
    RequestReader reader(limits);
    return read(reader, pieces);
}

inline std::vector<std::string_view> bytes_of(std::string_view text) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i)
        bytes.push_back(text.substr(i, 1));
    return bytes;
}

/// The only request in `text`; its outcome is the same when it arrives byte by byte.
inline Outcome only(std::string_view text, const http::RequestLimits& limits = {}) {
    const std::vector<Outcome> outcomes = read({text}, limits);
    BOOST_REQUIRE_EQUAL(outcomes.size(), 1);
    BOOST_TEST(outcomes == read(bytes_of(text), limits), boost::test_tools::per_element());
    return outcomes.front();
}

inline unsigned refusal(std::string_view text, const http::RequestLimits& limits = {}) {
    const Outcome outcome = only(text, limits);
    return outcome.complete ? 200 : http::status_of(outcome.fault);
}

inline std::string get(std::string_view fields, std::string_view target = "/healthz") {
    return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

inline std::string post(std::string_view fields, std::string_view rest) {
    return "POST /v1/x HTTP/1.1\r\nHost: mfa.example\r\n" + std::string(fields) + "\r\n" +
           std::string(rest);
}

inline constexpr std::string_view host = "Host: mfa.example\r\n";

} // namespace mfad::test
