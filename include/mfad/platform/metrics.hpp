#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Numbers for Prometheus.
///
/// A metric is looked up once, at start, and used through the reference; using it is an atomic add
/// in a cell that the thread shares with few others or none, so that threads do not slow each other
/// down. A scrape adds the cells up. A counter takes 1 KiB, a histogram some 3 KiB.
/// @par Threads  everything here may be used from any thread
namespace mfad::platform {

namespace detail {
/// A small number of the calling thread's own.
inline unsigned thread_number() {
    static std::atomic<unsigned> next{1};
    static constinit thread_local unsigned number = 0;
    if (number == 0) number = next.fetch_add(1, std::memory_order_relaxed);
    return number;
}

/// More threads than cells share them.
inline constexpr std::size_t metric_cells = 16;
inline constexpr std::size_t cache_line = 64;

template <class T>
struct alignas(cache_line) MetricCell {
    std::atomic<T> value{0};
};

/// A number that many threads add to.
template <class T>
class SpreadNumber {
public:
    void add(T n) noexcept {
        cells_[thread_number() % metric_cells].value.fetch_add(n, std::memory_order_relaxed);
    }
    T value() const noexcept {
        T sum = 0;
        for (const auto& cell : cells_)
            sum += cell.value.load(std::memory_order_relaxed);
        return sum;
    }

private:
    std::array<MetricCell<T>, metric_cells> cells_{};
};
} // namespace detail

/// Only grows.
class Counter {
public:
    void add(std::uint64_t n = 1) noexcept { number_.add(n); }
    std::uint64_t value() const noexcept { return number_.value(); }

private:
    detail::SpreadNumber<std::uint64_t> number_{};
};

/// Goes up and down, such as what is in flight.
class Gauge {
public:
    void add(std::int64_t n = 1) noexcept { number_.add(n); }
    void subtract(std::int64_t n = 1) noexcept { number_.add(-n); }
    std::int64_t value() const noexcept { return number_.value(); }

private:
    detail::SpreadNumber<std::int64_t> number_{};
};

/// How observations are spread over ranges.
class Histogram {
public:
    /// @param bounds upper bounds of the ranges, ascending and finite; else `std::invalid_argument`
    explicit Histogram(std::span<const double> bounds);

    /// What is not a number is left out.
    void observe(double value) noexcept;
    /// In seconds, the unit of all durations here.
    void observe(std::chrono::nanoseconds duration) noexcept {
        observe(std::chrono::duration<double>(duration).count());
    }

    struct Snapshot {
        std::vector<std::uint64_t> counts; ///< by range, the last without an upper bound
        double sum = 0;
    };
    Snapshot snapshot() const;
    const std::vector<double>& bounds() const { return bounds_; }

private:
    static constexpr std::size_t counts_per_line = 8;
    struct alignas(detail::cache_line) Line {
        std::array<std::atomic<std::uint64_t>, counts_per_line> counts{};
    };
    std::size_t line_of(std::size_t cell, std::size_t range) const;

    std::vector<double> bounds_;
    std::size_t lines_per_cell_;
    std::vector<Line> lines_;
    detail::SpreadNumber<double> sum_{};
};

/// Upper bounds in seconds for what takes from 100 µs to 5 s.
inline constexpr std::array latency_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                           0.025,  0.05,    0.1,    0.25,  0.5,    1.0,   5.0};

/// Names and values of a series; the values out of a closed set, never an id of a tenant or a user.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// All metrics of the process.
///
/// Names are `mfad_<area>_<what>_<unit>`, of counters `…_total`. The series of one name have the
/// same help and the same label names. Asking again for a series gives the same one. A wrong name,
/// or one that is something else already, throws `std::invalid_argument`: a mistake in the program,
/// which its first start shows.
class Metrics {
public:
    /// Has the metrics of the process (`process_…`: memory, descriptors, CPU, start) from the
    /// beginning.
    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    /// The references live as long as this object.
    Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
    Histogram& histogram(
        std::string_view name, std::string_view help, std::span<const double> bounds,
        const Labels& labels = {});

    /// For a number that something else keeps. It is asked at each scrape, by the scraping thread,
    /// and must not throw, wait, or ask this object; what it refers to has to live as long as this
    /// object.
    using Source = std::function<double()>;
    void watch_counter(
        std::string_view name, std::string_view help, Source source, const Labels& labels = {});
    void watch_gauge(
        std::string_view name, std::string_view help, Source source, const Labels& labels = {});

    /// All of it in Prometheus' text format (version 0.0.4), sorted by name.
    std::string text() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace mfad::platform
