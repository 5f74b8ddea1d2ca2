#pragma once

#include "mfad/domain/refusal.hpp"
#include "mfad/http/form.hpp"
#include "mfad/http/message.hpp"

#include <boost/json/fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mfad::dialects {

/// The parameters of a Navixy call, wherever they came: members of a JSON body, fields of a form
/// body, or the query, in this order of precedence. In forms and queries an object is JSON
/// text.
class NavixyParameters {
public:
    /// @return `malformed` for a body that is neither a JSON object nor a form, `too many fields`
    ///   included
    static domain::Result<NavixyParameters> read(const http::Request& request);

    NavixyParameters(NavixyParameters&&) noexcept;
    NavixyParameters& operator=(NavixyParameters&&) noexcept;
    ~NavixyParameters();

    /// A parameter that is text; `wrong_type` for another JSON value.
    domain::Result<std::optional<std::string>> text(std::string_view name) const;

    /// A parameter that is an object; `malformed` for text that is no JSON, `wrong_type` for
    /// another value, `missing` when it was not sent.
    domain::Result<boost::json::object> object(std::string_view name) const;

private:
    struct Parts;
    explicit NavixyParameters(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::dialects
