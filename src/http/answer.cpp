#include "answer.hpp"

#include "mfad/http/problem.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

namespace mfad::http {
namespace {

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

/// RFC 9110 sections 8.6, 15.3.5 and 15.4.5: these have no content, and the first no length either.
bool has_length(unsigned status) {
    return status != 204 && status != 304;
}

} // namespace

void append_answer(std::string& out, const Response& response, const AnswerFacts& facts) {
    const unsigned status = response.status();
    if (status < 200 || status > 599) throw std::logic_error("not a final status");
    out.append("HTTP/1.1 ");
    append_number(out, status);
    out.append(" ").append(reason_phrase(status));
    out.append("\r\nDate: ").append(facts.date);
    if (!response.content_type().empty())
        out.append("\r\nContent-Type: ").append(response.content_type());
    if (has_length(status)) {
        out.append("\r\nContent-Length: ");
        append_number(out, response.body().size());
    }
    if (!response.has_cache_control()) out.append("\r\nCache-Control: no-store");
    if (facts.closes) out.append("\r\nConnection: close");
    out.append("\r\nX-Request-Id: ").append(facts.request_id);
    out.append("\r\n").append(response.fields()).append("\r\n");
    if (has_length(status) && !facts.without_body) out.append(response.body());
}

Response nobodys_answer(Fault fault) {
    const unsigned status = status_of(fault);
    Response response = problem(status, reason_phrase(status), {}, {});
    return std::move(response.close());
}

} // namespace mfad::http
