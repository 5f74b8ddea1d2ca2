#include "mfad/mail/transport.hpp"

#include "courier.hpp"
#include "mfad/mail/address.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace mfad::mail {
namespace {

using Outcome = Delivery::Outcome;
using std::chrono::milliseconds;

constexpr std::size_t longest_line = 998; // RFC 5322 section 2.1.1

/// Whether the message is lines of CRLF: a bare CR or LF lets some servers see the end of a
/// message, and a second envelope, where others see text.
bool is_wire_message(std::string_view data) {
    while (!data.empty()) {
        const std::size_t end = data.find_first_of("\r\n");
        if (end > longest_line || !data.substr(end).starts_with("\r\n")) return false;
        data.remove_prefix(end + 2);
    }
    return true;
}

std::optional<Delivery> refuse(const Envelope& envelope) {
    if (!is_wire_address(envelope.from))
        return Delivery{Outcome::misconfigured, Phase::mail, false, "the sender is no address"};
    if (!is_wire_address(envelope.to))
        return Delivery{Outcome::permanent, Phase::rcpt, false, "the recipient is no address"};
    if (!is_wire_message(envelope.data))
        return Delivery{
            Outcome::permanent, Phase::data, false, "the message is not of lines that end in CRLF"};
    return std::nullopt;
}

Delivery stopping() {
    return {Outcome::unreachable, Phase::connect, false, "the mail sender is stopping"};
}

/// Blocks all signals for the threads started within its life: they are the main thread's, and a
/// broken connection is an error code.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

/// A courier a thread, and one queue.
class ThreadedTransport final : public Transport {
public:
    ThreadedTransport(std::vector<std::unique_ptr<Courier>> couriers, milliseconds idle_timeout);
    ~ThreadedTransport() override { stop(milliseconds{0}); }

    void submit(Envelope envelope, Callback done) override;
    void stop(milliseconds grace) override;

private:
    struct Job {
        Envelope envelope;
        Callback done;
    };
    struct Lane {
        std::unique_ptr<Courier> courier;
        std::condition_variable wake;
        bool idle = false;
        std::thread thread;
    };

    void run(Lane& lane);
    std::optional<Job> next(Lane& lane);
    bool wait(Lane& lane, std::unique_lock<std::mutex>& lock, bool rested);
    Delivery attempt(Lane& lane, const Envelope& envelope);
    bool is_stopping();

    const milliseconds idle_timeout_;
    std::vector<std::unique_ptr<Lane>> lanes_;

    std::mutex mutex_; // of all below, and of Lane::idle
    std::deque<Job> waiting_;
    std::vector<Lane*> idle_; // the last to go idle is called first: still connected
    std::condition_variable ended_;
    std::size_t running_ = 0; // lanes
    bool stopping_ = false;
};

ThreadedTransport::ThreadedTransport(
    std::vector<std::unique_ptr<Courier>> couriers, milliseconds idle_timeout)
    : idle_timeout_(idle_timeout) {
    for (auto& courier : couriers) {
        lanes_.push_back(std::make_unique<Lane>());
        lanes_.back()->courier = std::move(courier);
    }
    running_ = lanes_.size();
    const SignalsBlocked blocked;
    for (const auto& lane : lanes_)
        lane->thread = std::thread([this, &l = *lane] { run(l); });
}

void ThreadedTransport::submit(Envelope envelope, Callback done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            waiting_.push_back({std::move(envelope), std::move(done)});
            if (idle_.empty()) return;
            Lane* const lane = idle_.back();
            idle_.pop_back();
            lane->idle = false;
            lane->wake.notify_one();
            return;
        }
    }
    done(stopping());
}

void ThreadedTransport::stop(milliseconds grace) {
    {
        std::unique_lock lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
        for (const auto& lane : lanes_)
            lane->wake.notify_one();
        ended_.wait_for(lock, grace, [this] { return running_ == 0; });
    }
    for (const auto& lane : lanes_)
        lane->courier->abort();
    for (const auto& lane : lanes_)
        lane->thread.join();
}

void ThreadedTransport::run(Lane& lane) {
    pthread_setname_np(pthread_self(), "mfad-mail");
    while (auto job = next(lane))
        job->done(attempt(lane, job->envelope));
    lane.courier->rest();
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
}

/// The next job, for which it waits; nothing when the transport stops and the queue is empty.
std::optional<ThreadedTransport::Job> ThreadedTransport::next(Lane& lane) {
    std::unique_lock lock(mutex_);
    bool rested = false;
    while (waiting_.empty()) {
        if (stopping_) return std::nullopt;
        if (!wait(lane, lock, rested)) {
            lock.unlock();
            lane.courier->rest();
            rested = true;
            lock.lock();
        }
    }
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    return job;
}

/// Waits to be called; false when the time to let go of the connection has come first.
bool ThreadedTransport::wait(Lane& lane, std::unique_lock<std::mutex>& lock, bool rested) {
    lane.idle = true;
    idle_.push_back(&lane);
    const auto called = [&] { return !lane.idle || stopping_; };
    bool in_time = true;
    if (rested)
        lane.wake.wait(lock, called);
    else
        in_time = lane.wake.wait_for(lock, idle_timeout_, called);
    if (lane.idle) std::erase(idle_, &lane);
    lane.idle = false;
    return in_time;
}

Delivery ThreadedTransport::attempt(Lane& lane, const Envelope& envelope) {
    if (is_stopping()) return stopping();
    if (auto refusal = refuse(envelope)) return *std::move(refusal);
    return lane.courier->deliver(envelope);
}

bool ThreadedTransport::is_stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

void check(const TransportOptions& options) {
    const auto require = [](bool ok, const char* what) {
        if (!ok) throw std::invalid_argument(what);
    };
    const auto is_duration = [](milliseconds time) {
        return time > milliseconds{0} && time <= std::chrono::hours{1};
    };
    require(
        options.connections >= 1 && options.connections <= 64,
        "the mail server gets 1 to 64 connections");
    require(
        is_duration(options.connect_timeout) && is_duration(options.overall_timeout) &&
            is_duration(options.idle_timeout),
        "a timeout of mail is from 1ms to 1h");
    const bool plain = std::all_of(options.ehlo_name.begin(), options.ehlo_name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-';
    });
    require(plain && options.ehlo_name.size() <= 253, "the EHLO name is a host name");
}

} // namespace

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
    case Outcome::delivered: return "delivered";
    case Outcome::retry: return "retry";
    case Outcome::permanent: return "permanent";
    case Outcome::misconfigured: return "misconfigured";
    case Outcome::unreachable: return "unreachable";
    }
    return "";
}

std::unique_ptr<Transport> make_transport(
    const MailTarget& target, const TransportOptions& options) {
    check(options);
    std::vector<std::unique_ptr<Courier>> couriers;
    if (const auto* maildir = std::get_if<MaildirTarget>(&target))
        couriers.push_back(make_maildir_courier(*maildir));
    else
        for (std::size_t i = 0; i < options.connections; ++i)
            couriers.push_back(make_smtp_courier(std::get<SmtpTarget>(target), options));
    return std::make_unique<ThreadedTransport>(std::move(couriers), options.idle_timeout);
}

} // namespace mfad::mail
