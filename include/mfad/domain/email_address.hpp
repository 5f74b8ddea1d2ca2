#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mfad::domain {

/// Why a text is no address that mail is sent to.
enum class AddressFault : std::uint8_t {
    no_at_sign, ///< not of the form local@domain
    not_ascii,  ///< the local part would need SMTPUTF8, which is off
    local_part, ///< not a dot-atom (RFC 5321 section 4.1.2), or over 64 octets
    domain,     ///< not two or more LDH labels after IDNA2008, or an all-numeric last label
    too_long,   ///< over 254 octets (RFC 5321 section 4.5.3.1.3)
};

/// The fault as a clause for a message: "the domain is not a valid host name".
std::string_view to_string(AddressFault fault);

/// An email address that mail can be sent to, in the one form that is stored.
///
/// The local part is a dot-atom of ASCII, kept as it was typed: no quoted strings, comments, source
/// routes, spaces or controls. The domain is in lower case, international labels as A-labels
/// (IDNA2008 non-transitional).
///
/// There is no formatter on purpose: logs and pages show `masked()`.
class EmailAddress {
public:
    /// @param text as a person or a program gave it, in UTF-8; nothing is trimmed
    static boost::system::result<EmailAddress, AddressFault> parse(std::string_view text);

    /// The address for an SMTP envelope or a header.
    const std::string& address() const { return address_; }

    /// What is behind the at sign.
    std::string_view domain() const {
        return std::string_view(address_).substr(address_.rfind('@') + 1);
    }

    /// What makes an address the same as another: local parts are compared as typed, since only the
    /// domain's owner knows whether they fold case, and folding it wrongly hands one person
    /// another's mail.
    std::string_view lookup_key() const { return address_; }

    /// The address for logs and pages: `u***@example.org`.
    std::string masked() const;

    friend bool operator==(const EmailAddress&, const EmailAddress&) = default;

private:
    explicit EmailAddress(std::string address) : address_(std::move(address)) {}

    std::string address_;
};

} // namespace mfad::domain
