#pragma once

#include "mfad/platform/log_level.hpp"
#include "mfad/platform/secret.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <type_traits>
#include <variant>

/// The log: one JSON object a line,
/// `{"ts":"2026-11-22T05:03:00.007Z","level":"info","event":"challenge.created",…}`.
///
/// Event names are fixed (`area.what_happened`), what varies is in fields; no sentences. `error`
/// means that someone has to look. Codes, secrets and addresses have types that no field takes.
///
/// A line is made on the calling thread and written by a thread of the log's own, so nobody ever
/// waits for the reader of stderr: when the queue is full, the oldest line goes, and is counted.
/// Lines come out some 10 ms late: that thread gathers them, since to wake it for each would cost
/// more than to make them. There is one log in a process.
namespace mfad::platform::log {

/// A named value. Views are read before `event` returns. Texts over 2 KiB are cut.
class Field {
public:
    using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, bool, double>;

    constexpr Field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
    constexpr Field(std::string_view name, const char* value)
        : Field(name, std::string_view(value)) {}
    template <std::same_as<bool> Flag>
    constexpr Field(std::string_view name, Flag value) : name_(name), value_(value) {}
    template <std::signed_integral Number>
    constexpr Field(std::string_view name, Number value)
        : name_(name), value_(std::int64_t{value}) {}
    template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>) constexpr Field(std::string_view name, Number value)
        : name_(name), value_(std::uint64_t{value}) {}
    /// Not a number and infinity are written as null.
    template <std::floating_point Number>
    constexpr Field(std::string_view name, Number value)
        : name_(name), value_(static_cast<double>(value)) {}
    Field(std::string_view name, const Secret& value) = delete;

    constexpr std::string_view name() const { return name_; }
    constexpr const Value& value() const { return value_; }

private:
    std::string_view name_;
    Value value_;
};

struct Options {
    Level level = Level::info; ///< lines below it are not made at all
    int fd = 2;                ///< where lines go, stays the caller's; ignore SIGPIPE
    std::size_t queue = 8192;  ///< lines that wait for the reader, at least 1
    std::chrono::milliseconds patience{2000}; ///< for a reader that stands still, at the end
};

/// The running log. Before it and after it, events go nowhere.
///
/// The end of this object writes what is queued, for at most `patience`.
/// @par Threads  made and ended while no other thread logs; one at a time (`std::logic_error` for a
/// second)
class Writer {
public:
    explicit Writer(const Options& options);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer();

    /// Lines that were lost, to a full queue or a broken stderr, since the start. Any thread.
    std::uint64_t dropped() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

namespace detail {
/// Level of the running log; above all levels when there is none.
inline std::atomic<int> threshold{256};
} // namespace detail

/// Whether a line of this level would be written: for fields that cost something to make.
inline bool enabled(Level level) {
    return static_cast<int>(level) >= detail::threshold.load(std::memory_order_relaxed);
}

/// Makes and queues a line, whatever its level. Use `event`.
void write(Level level, std::string_view name, std::initializer_list<Field> fields);

/// Logs an event. Never blocks and never throws on account of the reader. Any thread.
/// ```
/// log::event(log::Level::warn, "store.lost", {{"after_ms", 700}, {"waiting", queue.size()}});
/// ```
inline void event(Level level, std::string_view name, std::initializer_list<Field> fields = {}) {
    if (enabled(level)) write(level, name, fields);
}

} // namespace mfad::platform::log
