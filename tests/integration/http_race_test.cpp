#include "http_client.hpp"
#include "http_toy.hpp"
#include "session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

using namespace mfad::test;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// One session, whose context runs only when the test says so.
struct Step {
    Step() {
        tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        client.connect(acceptor.local_endpoint());
        mfad::runtime::TcpSocket accepted(io.get_executor());
        acceptor.accept(accepted);
        accepted.non_blocking(true);
        session.emplace(
            context, std::move(accepted), *mfad::platform::IpAddress::parse("127.0.0.1"),
            mfad::http::ConnectionTally::Place());
        asio::co_spawn(io, session->run(), [this](const std::exception_ptr& failure) {
            ended = true;
            failed = failure != nullptr;
        });
        io.poll();
    }

    std::string status_line() {
        io.restart();
        io.poll();
        const std::size_t size = asio::read_until(client, asio::dynamic_buffer(received), "\r\n");
        return received.substr(0, size);
    }

    asio::io_context io;
    ToyApplication application{io};
    mfad::http::SessionContext context{{}, application};
    std::optional<mfad::http::Session> session;
    tcp::socket client{io};
    std::string received;
    bool ended = false;
    bool failed = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_race_tests)

BOOST_AUTO_TEST_CASE(when_a_request_comes_as_the_idle_time_ends_then_it_is_answered) {
    Step step;
    asio::write(step.client, asio::buffer("GET /fixed HTTP/1.1\r\nHost: a\r\n\r\n", 34));
    step.session->tick(mfad::http::Session::TimePoint::max());
    BOOST_TEST(step.status_line() == "HTTP/1.1 200 OK\r\n");
    BOOST_TEST(!step.ended);
    step.session->tick(mfad::http::Session::TimePoint::max());
    step.io.run();
    BOOST_TEST(step.ended);
    BOOST_TEST(!step.failed);
}

BOOST_AUTO_TEST_CASE(when_a_handler_ends_inside_of_its_cancellation_then_the_session_survives_it) {
    ToyServer server;
    HttpClient client(server.port());
    client.send(get_request("/abrupt"));
    BOOST_TEST(eventually([&] { return server.application().waiting_at_gate() == 1; }));
    BOOST_TEST(!server.drain(std::chrono::milliseconds(10)).get());
    BOOST_TEST(client.ended());
    BOOST_TEST(server.counters().of(mfad::http::Fault::internal).value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
