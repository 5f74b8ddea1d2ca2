#include "process_metrics.hpp"

#include "file.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <system_error>

namespace mfad::platform {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t file_limit = 8192;

/// The number at a place in a line of numbers.
double field_of(std::string_view line, std::size_t index) {
    std::istringstream fields{std::string(line)};
    double value = unknown;
    for (std::size_t i = 0; i <= index; ++i)
        if (!(fields >> value)) return unknown;
    return value;
}

std::string content_of(const char* path) {
    try {
        return read_file(path, file_limit);
    } catch (const std::system_error&) {
        return {};
    }
}

/// Pages, by their place in /proc/self/statm.
double pages(std::size_t index) {
    return field_of(content_of("/proc/self/statm"), index) *
           static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double seconds(const timespec& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double clock_seconds(clockid_t clock) {
    timespec now{};
    return ::clock_gettime(clock, &now) == 0 ? seconds(now) : unknown;
}

double read_start_time() {
    // The name of the program is in parentheses and may hold anything; start time is field 22, in
    // ticks since boot.
    const std::string stat = content_of("/proc/self/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return unknown;
    // After the name comes the state, a letter, and then field 4.
    const double ticks = field_of(std::string_view(stat).substr(name_end + 3), 22 - 4);
    const double age =
        clock_seconds(CLOCK_BOOTTIME) - ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return clock_seconds(CLOCK_REALTIME) - age;
}

} // namespace

namespace process {

double virtual_bytes() {
    return pages(0);
}

double resident_bytes() {
    return pages(1);
}

double open_descriptors() {
    DIR* const directory = ::opendir("/proc/self/fd");
    if (!directory) return unknown;
    double count = -3; // ".", ".." and the descriptor of the directory itself
    while (::readdir(directory) != nullptr)
        ++count;
    ::closedir(directory);
    return count;
}

double descriptor_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : unknown;
}

double cpu_seconds() {
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double start_time() {
    static const double time = read_start_time();
    return time;
}

} // namespace process

void watch_process(Metrics& metrics) {
    metrics.watch_counter(
        "process_cpu_seconds_total", "CPU time used, user and system.", process::cpu_seconds);
    metrics.watch_gauge(
        "process_max_fds", "Most descriptors that may be open.", process::descriptor_limit);
    metrics.watch_gauge("process_open_fds", "Descriptors open.", process::open_descriptors);
    metrics.watch_gauge(
        "process_resident_memory_bytes", "Memory in use, resident.", process::resident_bytes);
    metrics.watch_gauge(
        "process_start_time_seconds", "Start of the process, since 1970.", process::start_time);
    metrics.watch_gauge(
        "process_virtual_memory_bytes", "Memory in use, virtual.", process::virtual_bytes);
}

} // namespace mfad::platform
