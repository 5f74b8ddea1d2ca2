#pragma once

#include "child_process.hpp"
#include "temp_dir.hpp"

#include <boost/json.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace mfad::test {

/// A throw-away authority and a certificate of it for one host, made by openssl.
class Certificate {
public:
    /// @param names subjectAltName entries: "DNS:localhost,IP:127.0.0.1"
    explicit Certificate(const std::string& names) {
        run_program(
            {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=" + names,
             "-keyout", key(), "-out", file(), "-batch"});
    }

    std::string file() const { return (folder_ / "cert.pem").string(); }
    std::string key() const { return (folder_ / "key.pem").string(); }

private:
    TempDir folder_;
};

/// tests/support/smtp_server.py under a test's control; that file says what the options and the log
/// mean.
class SmtpServer {
public:
    /// @param rules JSON, `[]` for a server that takes everything
    explicit SmtpServer(const std::string& rules = "[]", std::vector<std::string> options = {})
        : process_(command(rules, std::move(options))) {
        const std::string ready = process_.read_line();
        if (!ready.starts_with("ready ")) throw std::runtime_error("no mail server: " + ready);
        port_ = ready.substr(6);
    }

    const std::string& port() const { return port_; }
    /// `127.0.0.1:PORT`
    std::string address() const { return "127.0.0.1:" + port_; }

    /// What has happened so far, in order.
    std::vector<boost::json::object> events() const {
        std::vector<boost::json::object> events;
        std::istringstream log(read_file(folder_ / "log.ndjson"));
        for (std::string line; std::getline(log, line);)
            events.push_back(boost::json::parse(line).as_object());
        return events;
    }

    /// How many events of this name there were.
    std::size_t count(std::string_view name) const {
        std::size_t count = 0;
        for (const auto& event : events())
            count += event.at("event").as_string() == name;
        return count;
    }

    /// The commands of all sessions, in order: "EHLO", "MAIL", …
    std::vector<std::string> verbs() const {
        std::vector<std::string> verbs;
        for (const auto& event : events())
            if (event.at("event").as_string() == "command")
                verbs.emplace_back(event.at("verb").as_string());
        return verbs;
    }

    std::size_t count_verb(std::string_view verb) const {
        std::size_t count = 0;
        for (const auto& v : verbs())
            count += v == verb;
        return count;
    }

    /// The messages taken, as they came, in order.
    std::vector<std::string> messages() const {
        std::vector<std::string> messages;
        for (const auto& event : events())
            if (event.at("event").as_string() == "message")
                messages.push_back(read_file(folder_ / std::string(event.at("file").as_string())));
        return messages;
    }

private:
    std::vector<std::string> command(const std::string& rules, std::vector<std::string> options) {
        std::vector<std::string> all{
            "/usr/bin/python3",
            MFAD_TEST_SUPPORT "/smtp_server.py",
            "--dir",
            folder_.path().string(),
            "--rules",
            rules};
        all.insert(all.end(), options.begin(), options.end());
        return all;
    }

    TempDir folder_;
    ChildProcess process_;
    std::string port_;
};

} // namespace mfad::test
