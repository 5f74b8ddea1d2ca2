// Holds a private server for the tests of PrivateServer: `private_server_holder DIR CONFIG`. Says
// "owner PID" or "guest 0" on stdout, "error TEXT" when there is none, and keeps it until stdin
// ends.
#include "mfad/redis/private_server.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>

int main(int, char** arguments) {
    using mfad::redis::PrivateServer;
    try {
        std::ifstream file(arguments[2]);
        mfad::redis::PrivateServerOptions options;
        options.config.assign(std::istreambuf_iterator<char>(file), {});
        PrivateServer server = PrivateServer::acquire(arguments[1], options);
        const bool owner = server.role() == PrivateServer::Role::owner;
        std::printf("%s %d\n", owner ? "owner" : "guest", static_cast<int>(server.pid()));
        std::fflush(stdout);
        while (std::getchar() != EOF) {
        }
        server.stop();
        return 0;
    } catch (const std::exception& e) {
        std::printf("error %s\n", e.what());
        return 1;
    }
}
