#pragma once

#include "mfad/platform/config.hpp"
#include "mfad/platform/key_ring.hpp"
#include "mfad/service/transfer_key.hpp"

#include <chrono>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

/// What the command line does with an installation. Each call opens it, works, and closes it again;
/// each blocks. They throw what keeps them from starting, and return the exit status.
namespace mfad::app {

/// What an export is encrypted with.
using service::read_transfer_key_file;
using service::TransferSecret;

/// `mfad import FILE`: applies what is right, names every line that is not on `err`; 1 when there
/// was one.
/// @param name  of the file, for messages
/// @param progress  whether to show how far it is
/// @param secret  gives what encrypted lines were encrypted with, if there are any; may be empty
int import_file(
    const platform::Config& config, const std::string& name, std::istream& in, std::ostream& err,
    bool progress, service::TransferKeys::Ask secret);

struct ExportWish {
    std::string tenant;                     ///< empty: all
    bool factors = false;                   ///< takes a secret
    const TransferSecret* secret = nullptr; ///< null: nothing is encrypted
};

/// `mfad export`: NDJSON for `mfad import`; 1 when the tenant is not there.
int export_all(
    const platform::Config& config, const ExportWish& wish, std::ostream& out, std::ostream& err);

struct NewCredential {
    std::string tenant;
    std::string kind; ///< server, secret or session
    std::string user; ///< for a secret
    std::string
        permissions; ///< `users:read,update;tenant:update`; empty: what its kind has by default
    std::optional<std::chrono::milliseconds> lifetime;
};

/// `mfad key create`: prints the new secret, alone.
int create_credential(
    const platform::Config& config, const NewCredential& wanted, std::ostream& out,
    std::ostream& err);
/// `mfad key list`: a line each, without secrets. @param tenant empty: all
int list_credentials(const platform::Config& config, const std::string& tenant, std::ostream& out);
/// `mfad key revoke ID`: 1 when there is none, or more than one.
int revoke_credential(
    const platform::Config& config, const std::string& id, std::ostream& out, std::ostream& err);

/// `mfad keys init`: makes the key file; never replaces one.
int init_keys(const platform::Config& config, std::ostream& out);
/// `mfad keys list`: a line each, without secrets.
int list_keys(const platform::Config& config, std::ostream& out);
/// `mfad keys add`: adds a key; servers know it after a SIGHUP. @param alg of one that signs
int add_key(
    const platform::Config& config, platform::KeyUse use, platform::JwtAlg alg, std::ostream& out);
/// `mfad keys retire ID`: 1 when it cannot be.
int retire_key(
    const platform::Config& config, std::uint8_t id, std::ostream& out, std::ostream& err);

/// `mfad user show T U`: his state as JSON, without secrets; 1 when there is no such user.
int show_user(
    const platform::Config& config, const std::string& tenant, const std::string& user,
    std::ostream& out, std::ostream& err);

/// `mfad user reset T U`: removes his factors, with audit and notice mail; 1 when there is no such
/// user.
int reset_user(
    const platform::Config& config, const std::string& tenant, const std::string& user,
    std::ostream& out, std::ostream& err);

struct AuditFilter {
    std::string tenant; ///< empty: all
    std::string user;   ///< empty: all
};

/// `mfad audit list`: what happened, newest first, a JSON object a line.
int list_audit(const platform::Config& config, const AuditFilter& filter, std::ostream& out);

/// `mfad outbox list`: a line for each mail that is owed. @param dead those that were given up
/// instead
int list_outbox(const platform::Config& config, bool dead, std::ostream& out);
/// `mfad outbox retry ID` and `drop ID`: a job that is due or dead is due at once, with all its
/// attempts before it, or is gone; 1 when there is no such job, or it cannot be.
int retry_job(const platform::Config& config, const std::string& id, std::ostream& err);
int drop_job(const platform::Config& config, const std::string& id, std::ostream& err);

/// `mfad limits show KEY` and `reset KEY`: what limits leave to a tenant, a user or a client's
/// address (`tenant/ID`, `user/TENANT/ID`, `address/ADDRESS`), or of mails to a recipient, a domain
/// or in all (`recipient/TENANT/EMAIL`, `domain/DOMAIN`, `mails`), a line each; as if nothing had
/// been counted. 1 when there is no such tenant or user.
int show_limits(
    const platform::Config& config, const std::string& key, std::ostream& out, std::ostream& err);
int reset_limits(
    const platform::Config& config, const std::string& key, std::ostream& out, std::ostream& err);

/// `mfad check`: a line for each finding; 1 when one of them is bad.
int check(const platform::LoadedConfig& config, std::ostream& out);

} // namespace mfad::app
