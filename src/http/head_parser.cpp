#include "request_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace mfad::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

Method method_of(beast::http::verb named) {
    using beast::http::verb;
    switch (named) {
    case verb::get: return Method::get;
    case verb::head: return Method::head;
    case verb::post: return Method::post;
    case verb::put: return Method::put;
    case verb::patch: return Method::patch;
    case verb::delete_: return Method::delete_;
    case verb::options: return Method::options;
    default: return Method::other;
    }
}

/// Beast's parser of one request, over bytes that stay where they are while the header is in use:
/// fields are views.
class Parser final : public beast::http::basic_parser<true> {
public:
    Parser(RequestHead& head, const RequestLimits& limits) : head_(head), limits_(limits) {
        header_limit(std::numeric_limits<std::uint32_t>::max()); // both counted by the reader
        body_limit(boost::none);
    }

    /// Reads `bytes`; `error` is Beast's.
    void read(std::string_view bytes, error_code& error) {
        end_ = bytes.data() + bytes.size();
        put(beast::net::const_buffer(bytes.data(), bytes.size()), error);
    }

    /// What a failure of `read` means.
    Fault fault() const { return fault_; }

private:
    void on_request_impl(
        beast::http::verb verb, beast::string_view, beast::string_view target, int version,
        error_code& error) override {
        head_.method = method_of(verb);
        head_.forbidden_method =
            verb == beast::http::verb::connect || verb == beast::http::verb::trace;
        head_.is_http_1_1 = version == 11;
        head_.target = target; // a long one, too: it says whose answer this is
        if (target.size() > limits_.target_bytes) refuse(Fault::target_too_long, error);
    }

    void on_field_impl(
        beast::http::field field, beast::string_view name, beast::string_view value,
        error_code& error) override {
        if (is_folded(name, value)) return refuse(Fault::bad_request, error);
        if (head_.headers.size() == limits_.header_fields)
            return refuse(Fault::header_too_large, error);
        head_.headers.push_back({name, value});
        if (SingleField* single = single_field(field)) single->take(value);
    }

    // The reader takes bodies by itself.
    std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override {
        return 0;
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    void refuse(Fault fault, error_code& error) {
        fault_ = fault;
        error = beast::http::error::bad_field; // any error stops the parser
    }

    /// Whether the value stands on another line than the name (obs-fold), or was put together from
    /// several.
    bool is_folded(std::string_view name, std::string_view value) const {
        const char* at = name.data() + name.size() + 1;
        if (std::less<>{}(value.data(), at) || std::less<>{}(end_, value.data())) return true;
        return std::find(at, value.data(), '\n') != value.data();
    }

    SingleField* single_field(beast::http::field named) {
        using beast::http::field;
        switch (named) {
        case field::host: return &head_.host;
        case field::content_length: return &head_.content_length;
        case field::transfer_encoding: return &head_.transfer_encoding;
        case field::content_encoding: return &head_.content_encoding;
        case field::expect: return &head_.expect;
        case field::authorization: return &head_.authorization;
        default: return nullptr;
        }
    }

    RequestHead& head_;
    const RequestLimits& limits_;
    const char* end_ = nullptr;
    Fault fault_ = Fault::bad_request;
};

} // namespace

HeadParse parse_head(std::string_view bytes, const RequestLimits& limits, RequestHead& head) {
    Parser parser(head, limits);
    error_code error;
    parser.read(bytes, error);
    if (error == beast::http::error::need_more) return {};
    if (error) return {false, parser.fault()};
    head.keeps_alive = head.is_http_1_1 && parser.keep_alive();
    head.body_length = parser.content_length().value_or(0);
    return {true, std::nullopt};
}

} // namespace mfad::http
