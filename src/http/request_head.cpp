#include "request_head.hpp"

#include "mfad/http/ascii.hpp"

#include "mfad/http/host.hpp"

#include <algorithm>

namespace mfad::http {
namespace {

bool is_framed_soundly(const RequestHead& head) {
    const SingleField& length = head.content_length;
    const SingleField& coding = head.transfer_encoding;
    if (length.count > 1 || coding.count > 1 || length.count + coding.count > 1) return false;
    // Beast takes `2, 2` as a length and reads no body at all for codings that it does not know.
    if (!std::all_of(length.value.begin(), length.value.end(), ascii::is_digit)) return false;
    if (coding.count == 0) return true;
    return head.is_http_1_1 && ascii::equal_ignoring_case(coding.value, "chunked");
}

bool is_plain_coding(const SingleField& coding) {
    return coding.count == 0 ||
           (coding.count == 1 && ascii::equal_ignoring_case(coding.value, "identity"));
}

/// RFC 9110 section 10.1.1: HTTP/1.0 cannot be told to wait.
bool is_known_expectation(const RequestHead& head) {
    const SingleField& expect = head.expect;
    return expect.count == 0 || !head.is_http_1_1 ||
           (expect.count == 1 && ascii::equal_ignoring_case(expect.value, "100-continue"));
}

} // namespace

void RequestHead::clear() {
    std::vector<Header> memory = std::move(headers);
    memory.clear();
    *this = RequestHead{};
    headers = std::move(memory);
}

bool RequestHead::has_origin_form() const {
    const auto allowed = [](char c) { return ascii::is_visible(c) && c != '#'; };
    return target.starts_with('/') && std::all_of(target.begin(), target.end(), allowed);
}

std::string_view RequestHead::query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

std::optional<Fault> fault_of(const RequestHead& head) {
    if (head.forbidden_method) return Fault::not_implemented;
    if (!head.has_origin_form()) return Fault::bad_request;
    if (head.host.count != 1 || !is_host(head.host.value)) return Fault::bad_request;
    if (head.authorization.count > 1) return Fault::bad_request;
    if (!is_framed_soundly(head)) return Fault::bad_request;
    if (!is_plain_coding(head.content_encoding)) return Fault::unsupported_encoding;
    if (!is_known_expectation(head)) return Fault::expectation_failed;
    return std::nullopt;
}

} // namespace mfad::http
