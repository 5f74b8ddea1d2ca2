#include "mfad/service/denials.hpp"

#include <utility>

namespace mfad::service {

const std::string& Denials::name(std::string_view policy, std::string_view subject) {
    return name_.assign(policy).append(1, '\n').append(subject);
}

std::optional<std::vector<domain::RateVerdict>> Denials::find(
    std::string_view policy, std::string_view subject, Time now) {
    if (denials_.size() == 0) return std::nullopt;
    const domain::Denial* const denial = denials_.find(name(policy, subject));
    if (denial == nullptr) return std::nullopt;
    auto verdicts = denial->verdicts(now);
    if (!verdicts) denials_.erase(name_);
    return verdicts;
}

void Denials::keep(
    std::string_view policy, std::string_view subject, std::vector<domain::RateVerdict> verdicts,
    Time asked, Time heard) {
    if (asked < cleared_) return;
    domain::Denial denial(std::move(verdicts), asked, heard);
    if (!denial.over(heard)) denials_.put(name(policy, subject), std::move(denial));
}

} // namespace mfad::service
