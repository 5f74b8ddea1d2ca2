#include "pipeline.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mfad::redis {
namespace {

// A buffer that one burst has made larger than this is given back.
constexpr std::size_t kept_capacity = 1U << 20;

} // namespace

Pipeline::Pipeline(const Limits& limits) : limits_(limits), reader_(limits.max_reply_bytes) {}

void Pipeline::drop_all() noexcept {
    while (!queue_.empty())
        if (Slot* const slot = pop_front().slot) slot->on_dropped();
    filling_.clear();
    dead_bytes_ = 0;
    writing_.clear();
    sent_ = 0;
    next_deadline_ = TimePoint::max();
}

bool Pipeline::submit(std::string_view wire, Slot& slot, TimePoint deadline) {
    if (is_full(wire.size()) && dead_bytes_ > 0 && !settling_) compact();
    if (is_full(wire.size())) {
        ++counters_.overloads;
        return false;
    }
    filling_.append(wire);
    slot.sequence_ = first_ + queue_.size();
    queue_.push_back({&slot, deadline, wire.size()});
    next_deadline_ = std::min(next_deadline_, deadline);
    ++counters_.commands;
    return true;
}

bool Pipeline::is_full(std::size_t more_bytes) const {
    return queue_.size() >= limits_.max_commands ||
           waiting_bytes() + more_bytes > limits_.max_waiting_bytes;
}

std::size_t Pipeline::index_of(const Slot& slot) const {
    assert(slot.sequence_ >= first_ && slot.sequence_ - first_ < queue_.size());
    return static_cast<std::size_t>(slot.sequence_ - first_);
}

Pipeline::SlotState Pipeline::state(const Slot& slot) const {
    if (slot.sequence_ == Slot::nowhere) return SlotState::idle;
    return index_of(slot) < written_ ? SlotState::written : SlotState::waiting;
}

void Pipeline::abandon(Slot& slot) {
    if (state(slot) == SlotState::idle) return;
    forget(index_of(slot));
    tidy();
}

void Pipeline::forget(std::size_t index) {
    Entry& entry = queue_[index];
    std::exchange(entry.slot, nullptr)->sequence_ = Slot::nowhere;
    if (index >= written_) dead_bytes_ += entry.bytes;
}

// What is dead in the buffer stays below what lives, however long nothing can be written.
void Pipeline::tidy() {
    if (dead_bytes_ > waiting_bytes() && !settling_) compact();
}

// Takes the abandoned commands out of the waiting part of the queue and out of its bytes.
void Pipeline::compact() {
    std::size_t kept = written_;
    std::size_t from = 0;
    std::size_t to = 0;
    for (std::size_t i = written_; i < queue_.size(); ++i) {
        const Entry entry = queue_[i];
        if (entry.slot != nullptr) {
            filling_.replace(to, entry.bytes, filling_, from, entry.bytes);
            to += entry.bytes;
            entry.slot->sequence_ = first_ + kept;
            queue_[kept++] = entry;
        }
        from += entry.bytes;
    }
    queue_.resize(kept);
    filling_.resize(to);
    dead_bytes_ = 0;
}

void Pipeline::open() {
    assert(!open_);
    open_ = true;
    error_.clear();
}

std::string_view Pipeline::to_write() {
    if (!open_) return {};
    if (sent_ == writing_.size()) start_batch();
    return std::string_view(writing_).substr(sent_);
}

void Pipeline::start_batch() {
    if (dead_bytes_ > 0) compact();
    writing_.clear();
    sent_ = 0;
    if (writing_.capacity() > kept_capacity) writing_.shrink_to_fit();
    if (filling_.empty()) return;
    writing_.swap(filling_);
    written_ = queue_.size();
    ++counters_.batches;
}

void Pipeline::wrote(std::size_t count) {
    assert(count <= writing_.size() - sent_);
    sent_ += count;
    counters_.bytes_written += count;
}

bool Pipeline::feed(std::string_view bytes) {
    counters_.bytes_read += bytes.size();
    reader_.feed(bytes);
    while (auto reply = reader_.next()) {
        if (written_ == 0) return unsolicited(*reply);
        Slot* const slot = pop_front().slot;
        if (slot == nullptr) continue;
        ++counters_.replies;
        slot->on_reply(std::move(*reply));
    }
    if (!reader_.error().empty()) error_ = "not a Redis reply: " + reader_.error();
    return error_.empty();
}

// A server says why it hangs up before it does ("max number of clients reached").
bool Pipeline::unsolicited(const Reply& reply) {
    error_ = reply.error() ? std::string(*reply.error()) : "a reply that nothing asked for";
    return false;
}

Pipeline::Entry Pipeline::pop_front() {
    const Entry entry = queue_.front();
    queue_.pop_front();
    ++first_;
    if (written_ > 0) --written_;
    if (entry.slot != nullptr) entry.slot->sequence_ = Slot::nowhere;
    return entry;
}

void Pipeline::expire(TimePoint now) {
    settling_ = true;
    next_deadline_ = TimePoint::max();
    // Commands that come meanwhile are behind `end`, and lower next_deadline_ themselves.
    for (std::size_t i = 0, end = queue_.size(); i < std::min(end, queue_.size()); ++i) {
        const Entry entry = queue_[i];
        if (entry.slot == nullptr) continue;
        if (entry.deadline > now) {
            next_deadline_ = std::min(next_deadline_, entry.deadline);
            continue;
        }
        forget(i);
        ++counters_.timeouts;
        entry.slot->on_failure(Unavailable::Reason::timed_out);
    }
    settling_ = false;
    tidy();
}

void Pipeline::lose() {
    assert(open_);
    open_ = false;
    reader_ = ReplyReader(limits_.max_reply_bytes);
    fail_all();
}

void Pipeline::refuse_waiting() {
    assert(!open_ && written_ == 0);
    fail_all();
}

void Pipeline::fail_all() {
    settling_ = true;
    next_deadline_ = TimePoint::max();
    writing_.clear();
    sent_ = 0;
    filling_.clear();
    dead_bytes_ = 0;
    for (std::size_t i = written_; i < queue_.size(); ++i)
        queue_[i].bytes = 0;
    for (std::size_t left = queue_.size(); left > 0 && !queue_.empty(); --left) {
        const bool was_written = written_ > 0;
        counters_.losses += was_written ? 1 : 0;
        Slot* const slot = pop_front().slot;
        if (slot == nullptr) continue;
        slot->on_failure(
            was_written ? Unavailable::Reason::lost : Unavailable::Reason::not_connected);
    }
    settling_ = false;
}

Counters Pipeline::counters() const {
    Counters counters = counters_;
    counters.in_flight = written_;
    counters.waiting = static_cast<std::size_t>(std::count_if(
        queue_.begin() + static_cast<std::ptrdiff_t>(written_), queue_.end(),
        [](const Entry& entry) { return entry.slot != nullptr; }));
    return counters;
}

} // namespace mfad::redis
