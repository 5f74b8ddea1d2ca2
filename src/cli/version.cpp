#include "command.hpp"

#include "version.hpp"

#include <boost/version.hpp>
#include <openssl/crypto.h>

#include <iostream>

namespace mfad::cli {

void add_version(CLI::App& app, Invocation&) {
    auto* call = app.add_subcommand("version", "print the version");
    call->callback([] {
        std::cout << "mfad " << version << " (Boost " << BOOST_VERSION / 100000 << "."
                  << BOOST_VERSION / 100 % 1000 << ", " << OpenSSL_version(OPENSSL_VERSION)
                  << ")\n";
    });
}

} // namespace mfad::cli
