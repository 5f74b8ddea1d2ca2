#include "mfad/service/failed_credentials.hpp"

#include "mfad/platform/ip_address.hpp"

#include <utility>

namespace mfad::service {
FailedCredentials::FailedCredentials(domain::RatePolicy policy, LimitMetrics& metrics)
    : policy_(std::move(policy)), metrics_(metrics), arrivals_(most) {
    metrics_.declare(policy_.name);
}

domain::GcraStep FailedCredentials::step(std::int64_t* arrival, Time now) const {
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    const auto stored = arrival != nullptr ? std::optional(*arrival) : std::nullopt;
    return domain::gcra(micros.count(), stored, policy_);
}

std::int64_t* FailedCredentials::find(std::string_view client) {
    return arrivals_.size() == 0 ? nullptr : arrivals_.find(platform::client_name(client));
}

std::optional<domain::Refusal> FailedCredentials::denied(std::string_view client, Time now) {
    std::int64_t* const arrival = find(client);
    if (arrival == nullptr || policy_.limit == 0) return std::nullopt;
    const domain::GcraStep step = this->step(arrival, now);
    const domain::RateVerdict& verdict = step.verdict;
    if (verdict.allowed) return std::nullopt;
    *arrival = step.arrival;
    metrics_.count(policy_.name, LimitDecision::shed);
    domain::Refusal refusal = domain::refuse(domain::Refusal::Code::too_many);
    refusal.policy = policy_.name;
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(verdict.retry_after);
    return refusal;
}

void FailedCredentials::count(std::string_view client, Time now) {
    if (policy_.limit == 0) return;
    std::int64_t* const arrival = find(client);
    const domain::GcraStep step = this->step(arrival, now);
    metrics_.count(
        policy_.name, step.verdict.allowed ? LimitDecision::allowed : LimitDecision::limited);
    if (arrival != nullptr)
        *arrival = step.arrival;
    else
        arrivals_.put(platform::client_name(client), step.arrival);
}

} // namespace mfad::service
