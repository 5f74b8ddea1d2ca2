#pragma once

#include "mfad/http/message.hpp"

#include <string>
#include <string_view>

namespace mfad::http {

/// What an answer says beside what its maker put into it.
struct AnswerFacts {
    std::string_view date;
    std::string_view request_id;
    bool closes = false;       ///< `Connection: close`
    bool without_body = false; ///< to a HEAD: the length is told, the body is not sent
};

/// Appends the answer as it goes over the wire, header and body in one piece.
/// @throws std::logic_error for a status that is not final
void append_answer(std::string& out, const Response& response, const AnswerFacts& facts);

/// The answer to a request whose target is not known, so that no owner of a path can give it: RFC
/// 9457, closing.
Response nobodys_answer(Fault fault);

} // namespace mfad::http
