#include "mfad/platform/log.hpp"

#include "log_line.hpp"
#include "mfad/platform/clock.hpp"
#include "private_dir.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <thread>

using namespace mfad::platform;
using namespace mfad::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

// What must not come into a log does not compile.
static_assert(std::is_constructible_v<log::Field, const char*, std::string>);
static_assert(!std::is_constructible_v<log::Field, const char*, Secret>);
static_assert(!std::is_constructible_v<log::Field, const char*, log::Level>);

/// A log into a file, read when it has ended.
class LogFile {
public:
    log::Options options(log::Level level = log::Level::info) {
        log::Options options;
        options.level = level;
        options.fd = fd_;
        return options;
    }
    ~LogFile() { ::close(fd_); }

    std::vector<std::string> lines() const {
        std::vector<std::string> out;
        std::istringstream text(content_of(path_));
        for (std::string line; std::getline(text, line);)
            out.push_back(line);
        return out;
    }
    json::object only_line() const {
        const auto all = lines();
        if (all.size() != 1) throw std::runtime_error(std::to_string(all.size()) + " lines");
        return json::parse(all[0]).as_object();
    }

private:
    PrivateDir dir_{};
    std::filesystem::path path_ = dir_.write("log", "");
    int fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
};

/// A pipe whose reader stands still until `read_all`.
class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
        size_ = ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    }
    ~Pipe() {
        close_reader();
        ::close(ends_[1]);
    }
    int writer() const { return ends_[1]; }
    std::size_t size() const { return static_cast<std::size_t>(size_); }
    void close_reader() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }
    /// What the pipe holds now.
    std::string content() const {
        std::string out(size() + 1, '\0');
        const ssize_t got = ::read(ends_[0], out.data(), out.size());
        out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return out;
    }

private:
    int ends_[2] = {-1, -1};
    int size_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_tests)

BOOST_AUTO_TEST_CASE(a_line_has_time_level_event_and_fields_in_order) {
    LogFile file;
    const auto before = wall_now();
    {
        const log::Writer log(file.options());
        log::event(
            log::Level::warn, "store.lost",
            {{"text", "a\"b"},
             {"string", std::string("c")},
             {"int", -7},
             {"size", std::numeric_limits<std::size_t>::max()},
             {"least", std::numeric_limits<std::int64_t>::min()},
             {"flag", true},
             {"half", 0.5},
             {"nan", std::nan("")}});
    }
    const auto after = wall_now();
    const std::string line = file.lines().at(0);
    BOOST_TEST(
        line.substr(line.find(",\"level\"")) ==
        R"(,"level":"warn","event":"store.lost","text":"a\"b","string":"c","int":-7,)"
        R"("size":18446744073709551615,"least":-9223372036854775808,"flag":true,)"
        R"("half":0.5,"nan":null})");
    const std::string ts(file.only_line().at("ts").as_string());
    BOOST_TEST(ts.size() == std::string_view("2026-11-22T05:03:00.000Z").size());
    const auto time = from_rfc3339(ts);
    BOOST_REQUIRE(time.has_value());
    BOOST_CHECK(*time >= before && *time <= after);
}

BOOST_AUTO_TEST_CASE(times_have_milliseconds_always) {
    const auto line = [](UnixMillis time) {
        std::string out;
        log::append_line(out, time, log::Level::debug, "e", {});
        return out;
    };
    const UnixMillis example{1795323780000ms}; // date -u -d @1795323780: Sun Nov 22 05:03:00 2026
    for (const auto& [time, text] : std::vector<std::pair<UnixMillis, const char*>>{
             {example, "2026-11-22T05:03:00.000Z"},
             {example + 7ms, "2026-11-22T05:03:00.007Z"},
             {example + 999ms, "2026-11-22T05:03:00.999Z"},
             {example + 1000ms, "2026-11-22T05:03:01.000Z"},
             {example - 1ms, "2026-11-22T05:02:59.999Z"}, // clocks may be set back
             {UnixMillis{0ms}, "1970-01-01T00:00:00.000Z"}})
        BOOST_TEST(
            line(time) ==
            std::string("{\"ts\":\"") + text + "\",\"level\":\"debug\",\"event\":\"e\"}");
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_made) {
    LogFile file;
    {
        const log::Writer log(file.options(log::Level::warn));
        BOOST_TEST(!log::enabled(log::Level::info));
        BOOST_TEST(log::enabled(log::Level::warn));
        log::event(log::Level::debug, "no");
        log::event(log::Level::info, "no");
        log::event(log::Level::warn, "yes");
        log::event(log::Level::error, "yes");
    }
    BOOST_TEST(file.lines().size() == 2U);
    BOOST_TEST(!log::enabled(log::Level::error)); // none runs
    log::event(log::Level::error, "nobody listens");
    BOOST_TEST(file.lines().size() == 2U);
}

BOOST_AUTO_TEST_CASE(no_value_breaks_a_line) {
    std::string all_bytes;
    for (int i = 0; i < 256; ++i)
        all_bytes.push_back(static_cast<char>(i));
    const std::string hostile[] = {
        all_bytes,
        "x\",\"level\":\"error\",\"event\":\"forged",
        "line\r\n{\"ts\":\"forged\"}\n",
        "\xE2\x80\xA8 \xE2\x80\xA9 \x1b[31m",
        "\xC3",
        "\\",
        std::string(1, '\0'),
        "{}{}%s%n {0:>100000}", // formats of spdlog and printf
    };
    for (const std::string& value : hostile) {
        LogFile file;
        {
            const log::Writer log(file.options());
            log::event(log::Level::info, "test", {{"value", value}, {value, 1}, {"after", true}});
        }
        const json::object line = file.only_line();
        BOOST_TEST(line.size() == 6U);
        BOOST_TEST(line.at("event").as_string() == "test");
        BOOST_TEST(line.at("after").as_bool());
    }
}

BOOST_AUTO_TEST_CASE(long_values_are_cut_between_characters) {
    LogFile file;
    {
        const log::Writer log(file.options());
        for (std::size_t shift = 0; shift < 4; ++shift) {
            std::string text(shift, 'x');
            while (text.size() < 5000)
                text += "\xF0\x9F\x94\x91";
            log::event(log::Level::info, "long", {{"text", text}});
        }
    }
    for (const auto& line : file.lines()) {
        const std::string text(json::parse(line).at("text").as_string());
        BOOST_TEST(text.size() <= 2048U + 3U);
        BOOST_TEST(text.size() > 2048U - 3U);
        BOOST_TEST(text.ends_with("\x91…"));
        BOOST_TEST(text.find("\xEF\xBF\xBD") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_stay_whole_and_in_each_thread_s_order) {
    constexpr int threads = 8;
    constexpr int each = 1000; // together less than the queue holds
    LogFile file;
    {
        const log::Writer log(file.options());
        std::vector<std::thread> running;
        for (int t = 0; t < threads; ++t)
            running.emplace_back([t] {
                const std::string filling(static_cast<std::size_t>(t * 40), 'x');
                for (int i = 0; i < each; ++i)
                    log::event(log::Level::info, "line", {{"t", t}, {"i", i}, {"f", filling}});
            });
        for (auto& thread : running)
            thread.join();
        BOOST_TEST(log.dropped() == 0U);
    }
    std::array<int, threads> next{};
    for (const auto& text : file.lines()) {
        const json::object line = json::parse(text).as_object();
        const auto t = static_cast<std::size_t>(line.at("t").as_int64());
        BOOST_TEST_REQUIRE(line.at("i").as_int64() == next.at(t));
        ++next[t];
    }
    for (const int count : next)
        BOOST_TEST(count == each);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stands_still_costs_lines_but_nobody_waits) {
    Pipe pipe;
    log::Options options;
    options.fd = pipe.writer();
    options.queue = 16;
    options.patience = 10ms;
    constexpr std::uint64_t lines = 1000;
    const std::string filling(200, 'x');
    {
        const log::Writer log(options);
        // The pipe holds a few lines, the queue 16, the writer's batch some more: the rest has to
        // go. That this loop and the end of the log come to an end at all is the point.
        for (std::uint64_t i = 0; i < lines; ++i)
            log::event(log::Level::info, "line", {{"i", i}, {"filling", filling}});
        BOOST_TEST(log.dropped() > 0U);
        BOOST_TEST(log.dropped() < lines);
    }
    BOOST_TEST(pipe.content().starts_with("{\"ts\":"));
}

BOOST_AUTO_TEST_CASE(lost_lines_are_announced_when_the_reader_is_back) {
    Pipe pipe;
    log::Options options;
    options.fd = pipe.writer();
    options.queue = 4;
    std::string text;
    std::thread reader;
    constexpr int lines = 2000;
    {
        const log::Writer log(options);
        const std::string filling(200, 'x');
        for (int i = 0; i < lines; ++i)
            log::event(log::Level::info, "line", {{"filling", filling}});
        reader = std::thread([&] {
            // Until the announcement has come, the reader does not know how much there is to read.
            while (text.find("log.dropped") == std::string::npos || text.back() != '\n')
                text += pipe.content();
        });
        log::event(log::Level::info, "last");
        reader.join();
    }
    std::int64_t written = 0;
    std::int64_t announced = 0;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
        const json::object object = json::parse(line).as_object();
        if (object.at("event") == "log.dropped")
            announced += object.at("lines").to_number<std::int64_t>();
        else
            ++written;
    }
    BOOST_TEST(announced > 0);
    BOOST_TEST(written + announced <= lines + 1);
}

BOOST_AUTO_TEST_CASE(a_broken_pipe_is_counted_and_survived) {
    Pipe pipe;
    pipe.close_reader();
    auto* const before = std::signal(SIGPIPE, SIG_IGN); // as the server does
    log::Options options;
    options.fd = pipe.writer();
    {
        const log::Writer log(options);
        log::event(log::Level::info, "into nothing");
        while (log.dropped() == 0)
            std::this_thread::sleep_for(1ms);
        BOOST_TEST(log.dropped() == 1U);
    }
    std::signal(SIGPIPE, before);
}

BOOST_AUTO_TEST_CASE(there_is_one_log_at_a_time) {
    LogFile file;
    {
        const log::Writer log(file.options());
        BOOST_CHECK_THROW(log::Writer(file.options()), std::logic_error);
        log::event(log::Level::info, "still.there");
    }
    BOOST_TEST(file.lines().size() == 1U);
    {
        const log::Writer log(file.options());
        log::event(log::Level::info, "again");
    }
    BOOST_TEST(file.lines().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
