#include "mfad/http/message.hpp"

#include "mfad/http/ascii.hpp"
#include "mfad/platform/plain_text.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mfad::http {
namespace {

// In the order of Method.
constexpr std::array<std::string_view, 8> method_names{"GET",   "HEAD",   "POST",    "PUT",
                                                       "PATCH", "DELETE", "OPTIONS", ""};

// In the order of Fault.
constexpr std::array<std::uint16_t, fault_count> fault_statuses{400, 431, 414, 413, 415,
                                                                417, 501, 408, 500, 503};

bool is_named(const Header& header, std::string_view name) {
    return ascii::equal_ignoring_case(header.name, name);
}

} // namespace

std::string_view to_string(Method method) {
    return method_names[static_cast<std::size_t>(method)];
}

unsigned status_of(Fault fault) {
    return fault_statuses.at(static_cast<std::size_t>(fault));
}

std::string_view reason_phrase(unsigned status) {
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "";
    }
}

std::optional<std::string_view> Request::header(std::string_view name) const {
    for (const Header& header : headers)
        if (is_named(header, name)) return header.value;
    return std::nullopt;
}

std::size_t Request::count(std::string_view name) const {
    const auto named = [name](const Header& header) { return is_named(header, name); };
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), named));
}

Response& Response::header(FieldName name, std::string_view value) {
    if (platform::has_control(value))
        throw std::logic_error("control character in the value of " + std::string(name.text()));
    has_cache_control_ = has_cache_control_ || name.is_cache_control();
    if (fields_.empty()) fields_.reserve(512); // most answers' fields
    fields_.append(name.text()).append(": ").append(value).append("\r\n");
    return *this;
}

} // namespace mfad::http
