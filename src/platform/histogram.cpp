#include "mfad/platform/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace mfad::platform {

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()),
      lines_per_cell_(bounds.size() / counts_per_line + 1), // one range more than bounds
      lines_(lines_per_cell_ * detail::metric_cells) {
    const auto finite = [](double bound) { return std::isfinite(bound); };
    const bool ascending =
        std::adjacent_find(bounds_.begin(), bounds_.end(), std::greater_equal<>{}) == bounds_.end();
    if (!ascending || !std::all_of(bounds_.begin(), bounds_.end(), finite))
        throw std::invalid_argument("the bounds of a histogram are finite and ascending");
}

std::size_t Histogram::line_of(std::size_t cell, std::size_t range) const {
    return cell * lines_per_cell_ + range / counts_per_line;
}

void Histogram::observe(double value) noexcept {
    if (std::isnan(value)) return; // would make the sum useless for good
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    const auto range = static_cast<std::size_t>(bound - bounds_.begin());
    Line& line = lines_[line_of(detail::thread_number() % detail::metric_cells, range)];
    line.counts[range % counts_per_line].fetch_add(1, std::memory_order_relaxed);
    sum_.add(value);
}

Histogram::Snapshot Histogram::snapshot() const {
    Snapshot out{std::vector<std::uint64_t>(bounds_.size() + 1), sum_.value()};
    for (std::size_t cell = 0; cell < detail::metric_cells; ++cell)
        for (std::size_t range = 0; range < out.counts.size(); ++range)
            out.counts[range] += lines_[line_of(cell, range)].counts[range % counts_per_line].load(
                std::memory_order_relaxed);
    return out;
}

} // namespace mfad::platform
