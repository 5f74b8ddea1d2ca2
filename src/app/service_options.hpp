#pragma once

#include "mfad/domain/mail_limits.hpp"
#include "mfad/platform/config.hpp"
#include "mfad/service/access_token.hpp"
#include "mfad/service/challenges.hpp"
#include "mfad/service/enrollment.hpp"
#include "mfad/service/panel.hpp"
#include "mfad/service/quotas.hpp"
#include "mfad/service/recovery.hpp"
#include "mfad/service/settings_service.hpp"

/// From the configuration to what each service is told: the one place where the two meet.
namespace mfad::app {

service::ChallengeOptions challenge_options(const platform::Config& config);
service::EnrollmentOptions enrollment_options(
    const platform::Config& config, const std::string& public_url);
service::RecoveryOptions recovery_options(const platform::Config& config);
service::KeyLifetimes key_lifetimes(const platform::Config& config);
service::AccessTokenOptions access_token_options(
    const platform::Config& config, const std::string& public_url);

// What limits make; a running server may be given others than those it was started with.
std::vector<domain::RatePolicy> user_policies(const platform::Config::Limits& limits);
service::QuotaOptions quota_options(
    const platform::Config& config, const platform::Config::Limits& limits);
domain::RatePolicy failed_credentials(const platform::Config::Limits& limits);
domain::MailLimits mail_limits(const platform::Config::Limits& limits);
service::PanelOptions panel_options(
    const platform::Config& config, const platform::Config::Limits& limits);

} // namespace mfad::app
