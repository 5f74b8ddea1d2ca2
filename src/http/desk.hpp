#pragma once

#include "request_id.hpp"

#include "mfad/http/request_reader.hpp"
#include "mfad/platform/crypto.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mfad::http {

/// What a session needs while a request is under way, and only then: tens of KiB that an idle
/// connection does not hold.
struct Desk {
    explicit Desk(const RequestLimits& limits) : reader(limits) {}

    RequestReader reader;
    std::string out; ///< the answer on its way
    RequestIds::Text own_id{};
    std::string client; ///< the request's, where a proxy told it
};

/// The desks of a thread. They are lent and come back by themselves.
class Desks {
public:
    explicit Desks(const RequestLimits& limits) : limits_(limits) { free_.reserve(most_kept); }

    /// Gives a desk back when it ends.
    class Return {
    public:
        explicit Return(Desks& owner) : owner_(&owner) {}
        void operator()(Desk* desk) const { owner_->take_back(std::unique_ptr<Desk>(desk)); }

    private:
        Desks* owner_;
    };
    using Loan = std::unique_ptr<Desk, Return>;

    Loan lend() {
        if (free_.empty()) return Loan(std::make_unique<Desk>(limits_).release(), Return(*this));
        Loan loan(free_.back().release(), Return(*this));
        free_.pop_back();
        return loan;
    }

private:
    static constexpr std::size_t most_kept = 256;
    static constexpr std::size_t most_memory_kept = 64 * 1024;

    void take_back(std::unique_ptr<Desk> desk) {
        desk->reader.reset();
        platform::wipe(desk->out);
        if (free_.size() == most_kept || desk->out.capacity() > most_memory_kept) return;
        free_.push_back(std::move(desk));
    }

    RequestLimits limits_;
    std::vector<std::unique_ptr<Desk>> free_;
};

} // namespace mfad::http
