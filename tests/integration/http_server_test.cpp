#include "http_client.hpp"
#include "http_toy.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <sys/resource.h>
#include <unistd.h>

using namespace mfad::test;
using namespace std::chrono_literals;
namespace ip = boost::asio::ip;

namespace {

/// Takes all descriptors that the process may open, but for a few. They are free again at the end.
class DescriptorShortage {
public:
    explicit DescriptorShortage(std::size_t left) {
        getrlimit(RLIMIT_NOFILE, &old_);
        const rlimit low{std::min<rlim_t>(old_.rlim_cur, 1024), old_.rlim_max};
        BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
        for (int taken = dup(STDERR_FILENO); taken >= 0; taken = dup(STDERR_FILENO))
            taken_.push_back(taken);
        BOOST_REQUIRE(taken_.size() > left);
        for (; left > 0; --left)
            give_back();
    }
    ~DescriptorShortage() {
        while (!taken_.empty())
            give_back();
        setrlimit(RLIMIT_NOFILE, &old_);
    }
    DescriptorShortage(const DescriptorShortage&) = delete;
    DescriptorShortage& operator=(const DescriptorShortage&) = delete;

private:
    void give_back() {
        close(taken_.back());
        taken_.pop_back();
    }

    rlimit old_{};
    std::vector<int> taken_;
};

mfad::http::ServerOptions on(const char* address, std::uint16_t port = 0) {
    mfad::http::ServerOptions options;
    options.endpoint = {ip::make_address(address), port};
    return options;
}

bool has_ipv6() {
    try {
        const ToyServer server(on("::1"));
        return true;
    } catch (const boost::system::system_error&) {
        BOOST_TEST_MESSAGE("SKIPPED: this machine has no IPv6 loopback");
        return false;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_server_tests)

BOOST_AUTO_TEST_CASE(when_threads_share_a_port_then_connections_are_spread_over_them) {
    ToyServer first;
    ToyServer second(on("127.0.0.1", first.port()));
    BOOST_TEST(second.port() == first.port());
    std::vector<HttpClient> clients;
    for (int i = 0; i < 64; ++i) {
        clients.emplace_back(first.port());
        BOOST_TEST(clients.back().get("/fixed").status == 200);
    }
    BOOST_TEST(first.counters().connections_total.value() > 0);
    BOOST_TEST(second.counters().connections_total.value() > 0);
    BOOST_TEST(first.counters().requests.value() + second.counters().requests.value() == 64);
}

BOOST_AUTO_TEST_CASE(when_a_port_cannot_be_had_then_construction_fails) {
    boost::asio::io_context io;
    ToyApplication application(io);
    BOOST_CHECK_THROW(
        mfad::http::Server(io, on("192.0.2.1"), application), boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(when_a_server_was_never_started_then_it_may_go) {
    boost::asio::io_context io;
    ToyApplication application(io);
    const mfad::http::Server server(io, on("127.0.0.1"), application);
    BOOST_TEST(server.endpoint().port() != 0);
}

BOOST_AUTO_TEST_CASE(when_it_listens_on_ipv6_then_peers_are_named_as_they_are) {
    if (!has_ipv6()) return;
    ToyServer both(on("::"));
    BOOST_TEST(HttpClient(both.port(), "::1").get("/peer").body == "::1");
    BOOST_TEST(HttpClient(both.port(), "127.0.0.1").get("/peer").body == "127.0.0.1");
    ToyServer only(on("::1"));
    BOOST_TEST(HttpClient(only.port(), "::1").get("/peer").body == "::1");
    BOOST_TEST(!HttpClient::can_connect(only.port()));
}

BOOST_AUTO_TEST_CASE(when_the_cap_is_reached_then_further_connections_are_closed_until_one_ends) {
    mfad::http::ServerOptions options;
    options.max_connections = 2;
    ToyServer server(options);
    std::optional<HttpClient> first(std::in_place, server.port());
    HttpClient second(server.port());
    BOOST_TEST(first->get("/fixed").status == 200);
    BOOST_TEST(second.get("/fixed").status == 200);
    BOOST_TEST(HttpClient(server.port()).ended());
    BOOST_TEST(server.counters().connections_refused.value() == 1);
    first.reset();
    BOOST_TEST(eventually([&] { return server.counters().connections_open.value() == 1; }));
    HttpClient third(server.port());
    BOOST_TEST(third.get("/fixed").status == 200);
    BOOST_TEST(second.get("/fixed").status == 200);
}

BOOST_AUTO_TEST_CASE(
    when_descriptors_run_out_then_it_pauses_and_goes_on_when_there_are_some_again) {
    mfad::http::ServerOptions options;
    options.accept_pause = 5ms;
    ToyServer server(options);
    std::vector<HttpClient> clients;
    std::promise<void> release = server.hold();
    for (int i = 0; i < 6; ++i)
        clients.emplace_back(server.port());
    {
        const DescriptorShortage shortage(4);
        release.set_value();
        BOOST_TEST(eventually([&] { return server.counters().accept_failures.value() > 1; }));
        BOOST_TEST(server.counters().connections_total.value() == 4);
        for (std::size_t i = 0; i < 4; ++i)
            BOOST_TEST(clients[i].get("/fixed").status == 200);
    }
    for (HttpClient& client : clients)
        BOOST_TEST(client.get("/fixed").status == 200);
    BOOST_TEST(server.counters().connections_total.value() == 6);
    BOOST_TEST(server.counters().sessions_failed.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
