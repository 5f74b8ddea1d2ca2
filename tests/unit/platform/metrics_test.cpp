#include "mfad/platform/metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <sstream>
#include <thread>

using namespace mfad::platform;
using namespace std::chrono_literals;

namespace {

/// A page of metrics, taken apart by the rules of the text format; throws for what a scraper would
/// not take.
struct Page {
    explicit Page(const std::string& text) {
        if (!text.ends_with('\n')) throw std::runtime_error("no newline at the end");
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);)
            read(line);
    }

    void read(const std::string& line) {
        if (line.starts_with("# HELP ")) return;
        if (line.starts_with("# TYPE ")) {
            const auto space = line.find(' ', 7);
            if (!types.emplace(line.substr(7, space - 7), line.substr(space + 1)).second)
                throw std::runtime_error("a family twice: " + line);
            return;
        }
        const auto space = line.rfind(' ');
        const std::string series = line.substr(0, space);
        const std::string number = line.substr(space + 1);
        char* end = nullptr;
        const double value = std::strtod(number.c_str(), &end);
        if (number.empty() || *end != '\0') throw std::runtime_error("not a number: " + line);
        if (!values.emplace(series, value).second)
            throw std::runtime_error("a series twice: " + line);
        order.push_back(series);
    }

    double at(const std::string& series) const {
        const auto found = values.find(series);
        if (found == values.end()) throw std::runtime_error("no " + series);
        return found->second;
    }

    std::map<std::string, std::string> types{};
    std::map<std::string, double> values{};
    std::vector<std::string> order{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(metrics_tests)

BOOST_AUTO_TEST_CASE(counters_and_gauges_show_what_was_added) {
    Metrics metrics;
    Counter& ok = metrics.counter("mfad_http_requests_total", "Requests.", {{"status", "200"}});
    Counter& bad = metrics.counter("mfad_http_requests_total", "Requests.", {{"status", "400"}});
    Gauge& open = metrics.gauge("mfad_http_connections", "Connections open.");
    ok.add();
    ok.add(41);
    open.add(5);
    open.subtract();
    const Page page(metrics.text());
    BOOST_TEST(page.at("mfad_http_requests_total{status=\"200\"}") == 42);
    BOOST_TEST(page.at("mfad_http_requests_total{status=\"400\"}") == 0); // there before its first
    BOOST_TEST(page.at("mfad_http_connections") == 4);
    BOOST_TEST(page.types.at("mfad_http_requests_total") == "counter");
    BOOST_TEST(page.types.at("mfad_http_connections") == "gauge");
    BOOST_TEST(bad.value() == 0U);
}

BOOST_AUTO_TEST_CASE(a_histogram_counts_up_to_and_including_each_bound) {
    Metrics metrics;
    const double bounds[] = {0.1, 0.5, 1.0};
    Histogram& h = metrics.histogram("mfad_http_request_seconds", "Time.", bounds, {{"r", "x"}});
    for (const double value : {0.05, 0.1, 0.3, 0.5, 0.75, 1.0, 2.0, 100.0})
        h.observe(value);
    h.observe(200ms);
    h.observe(std::nan(""));
    const Page page(metrics.text());
    BOOST_TEST(page.at(R"(mfad_http_request_seconds_bucket{r="x",le="0.1"})") == 2);
    BOOST_TEST(page.at(R"(mfad_http_request_seconds_bucket{r="x",le="0.5"})") == 5);
    BOOST_TEST(page.at(R"(mfad_http_request_seconds_bucket{r="x",le="1"})") == 7);
    BOOST_TEST(page.at(R"(mfad_http_request_seconds_bucket{r="x",le="+Inf"})") == 9);
    BOOST_TEST(page.at(R"(mfad_http_request_seconds_count{r="x"})") == 9);
    BOOST_TEST(
        page.at(R"(mfad_http_request_seconds_sum{r="x"})") == 104.9,
        boost::test_tools::tolerance(1e-9));
    BOOST_TEST(page.types.at("mfad_http_request_seconds") == "histogram");
}

BOOST_AUTO_TEST_CASE(a_histogram_may_have_any_number_of_ranges) {
    for (std::size_t n = 0; n < 40; ++n) {
        std::vector<double> bounds;
        for (std::size_t i = 0; i < n; ++i)
            bounds.push_back(static_cast<double>(i));
        Histogram h(bounds);
        for (std::size_t i = 0; i <= n; ++i)
            h.observe(static_cast<double>(i) - 0.5);
        BOOST_CHECK(h.snapshot().counts == std::vector<std::uint64_t>(n + 1, 1));
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_between_threads) {
    Metrics metrics;
    Counter& counter = metrics.counter("mfad_test_things_total", "Things.");
    Gauge& gauge = metrics.gauge("mfad_test_open", "Open.");
    Histogram& histogram = metrics.histogram("mfad_test_seconds", "Time.", latency_bounds);
    constexpr int threads = 20; // more than there are cells
    constexpr int each = 5000;
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t)
        running.emplace_back([&] {
            for (int i = 0; i < each; ++i) {
                counter.add();
                gauge.add(2);
                gauge.subtract();
                histogram.observe(0.25);
            }
        });
    for (int i = 0; i < 20; ++i)
        Page(metrics.text()); // while they run
    for (auto& thread : running)
        thread.join();
    const Page page(metrics.text());
    BOOST_TEST(page.at("mfad_test_things_total") == threads * each);
    BOOST_TEST(page.at("mfad_test_open") == threads * each);
    BOOST_TEST(page.at("mfad_test_seconds_count") == threads * each);
    BOOST_TEST(page.at("mfad_test_seconds_sum") == threads * each * 0.25);
}

BOOST_AUTO_TEST_CASE(large_counts_are_exact) {
    Metrics metrics;
    metrics.counter("mfad_test_bytes_total", "Bytes.").add(9'007'199'254'740'991);
    BOOST_TEST(
        metrics.text().find("mfad_test_bytes_total 9007199254740991\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(watched_numbers_are_asked_at_each_scrape) {
    Metrics metrics;
    double waiting = 3;
    metrics.watch_gauge("mfad_redis_waiting", "Waiting.", [&] { return waiting; }, {{"t", "0"}});
    metrics.watch_counter("mfad_log_dropped_total", "Lines lost.", [] { return 7.0; });
    BOOST_TEST(Page(metrics.text()).at("mfad_redis_waiting{t=\"0\"}") == 3);
    waiting = 4;
    const Page page(metrics.text());
    BOOST_TEST(page.at("mfad_redis_waiting{t=\"0\"}") == 4);
    BOOST_TEST(page.at("mfad_log_dropped_total") == 7);
    BOOST_TEST(page.types.at("mfad_log_dropped_total") == "counter");
}

BOOST_AUTO_TEST_CASE(the_same_series_is_the_same_number) {
    Metrics metrics;
    Counter& first = metrics.counter("mfad_test_things_total", "Things.", {{"kind", "a"}});
    for (int i = 0; i < 1000; ++i) // references stay good while others are added
        metrics.counter("mfad_test_things_total", "Things.", {{"kind", std::to_string(i)}});
    BOOST_TEST(&first == &metrics.counter("mfad_test_things_total", "Things.", {{"kind", "a"}}));
    first.add();
    BOOST_TEST(Page(metrics.text()).at("mfad_test_things_total{kind=\"a\"}") == 1);
}

BOOST_AUTO_TEST_CASE(mistakes_in_names_are_refused) {
    Metrics metrics;
    metrics.counter("mfad_test_things_total", "Things.", {{"kind", "a"}});
    metrics.histogram("mfad_test_seconds", "Time.", latency_bounds);
    metrics.watch_gauge("mfad_test_watched", "Watched.", [] { return 0.0; });
    const auto refused = [](const auto& call) { BOOST_CHECK_THROW(call(), std::invalid_argument); };
    refused([&] { metrics.counter("test_things_total", "x"); });
    refused([&] { metrics.counter("mfad_Test_total", "x"); });
    refused([&] { metrics.counter("mfad_test_things", "x"); });
    refused([&] { metrics.gauge("mfad_test_open_total", "x"); });
    refused([&] { metrics.gauge("mfad_test_open", ""); });
    refused([&] { metrics.gauge("mfad_test_open", "two\nlines"); });
    refused([&] { metrics.gauge("mfad_test_open", "x", {{"Kind", "a"}}); });
    refused([&] { metrics.gauge("mfad_test_open", "x", {{"le", "a"}}); });
    refused([&] { metrics.gauge("mfad_test_seconds", "Time."); });
    refused([&] { metrics.counter("mfad_test_things_total", "Other.", {{"kind", "b"}}); });
    refused([&] { metrics.counter("mfad_test_things_total", "Things.", {{"other", "a"}}); });
    refused([&] { metrics.counter("mfad_test_things_total", "Things."); });
    refused([&] { metrics.histogram("mfad_test_seconds", "Time.", std::array{1.0}); });
    refused([&] { metrics.gauge("mfad_test_watched", "Watched."); });
    refused([&] { metrics.watch_gauge("mfad_test_watched", "Watched.", [] { return 1.0; }); });
    refused([] { Histogram(std::array{1.0, 1.0}); });
    refused([] { Histogram(std::array{2.0, 1.0}); });
    refused([] { Histogram(std::array{std::numeric_limits<double>::infinity()}); });
}

BOOST_AUTO_TEST_CASE(label_values_may_hold_anything) {
    Metrics metrics;
    metrics.gauge("mfad_test_open", "Open.", {{"what", "a\"b\\c\nd"}}).add(1);
    BOOST_TEST(metrics.text().find(R"(mfad_test_open{what="a\"b\\c\nd"} 1)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(families_come_in_the_order_of_their_names) {
    Metrics metrics;
    metrics.gauge("mfad_b", "B.");
    metrics.gauge("mfad_c", "C.");
    metrics.gauge("mfad_a", "A.");
    const Page page(metrics.text());
    BOOST_TEST(std::is_sorted(page.order.begin(), page.order.end()));
}

BOOST_AUTO_TEST_CASE(the_process_is_described) {
    Metrics metrics;
    const Page before(metrics.text());
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    std::vector<char> memory(64 << 20);
    volatile char* const bytes = memory.data(); // really written, in spite of optimizers
    for (std::size_t i = 0; i < memory.size(); i += 1024)
        bytes[i] = 'x';
    const Page after(metrics.text());
    ::close(fd);
    BOOST_TEST(after.at("process_open_fds") == before.at("process_open_fds") + 1);
    BOOST_TEST(after.at("process_max_fds") >= after.at("process_open_fds"));
    BOOST_TEST(
        after.at("process_resident_memory_bytes") >=
        before.at("process_resident_memory_bytes") + static_cast<double>(memory.size()) / 2);
    BOOST_TEST(
        after.at("process_virtual_memory_bytes") >= after.at("process_resident_memory_bytes"));
    BOOST_TEST(after.at("process_cpu_seconds_total") >= before.at("process_cpu_seconds_total"));
    const auto now = static_cast<double>(std::time(nullptr));
    BOOST_TEST(after.at("process_start_time_seconds") <= now + 1);
    BOOST_TEST(after.at("process_start_time_seconds") > now - 3600);
    BOOST_TEST(after.at("process_start_time_seconds") == before.at("process_start_time_seconds"));
}

BOOST_AUTO_TEST_SUITE_END()
