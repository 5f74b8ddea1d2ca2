#include "mfad/store/scan_store.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

const std::string scan_begin = "0";
constexpr unsigned keys_at_a_time = 500;

} // namespace

Awaitable<ScanPage> ScanStore::page(const std::string& cursor) const {
    redis::Command command("SCAN");
    command.arg(cursor.empty() ? scan_begin : cursor).arg("MATCH").arg("mfa:*");
    command.arg("COUNT").arg(keys_at_a_time);
    const redis::Reply reply = co_await context_.exec(command);
    ScanPage page;
    const auto keys = reply.at(1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::string_view key = keys.at(i).text();
        if (auto user = Keys::owner_of_key(key))
            page.users.push_back(std::move(*user));
        else if (key.starts_with(Keys::credential_prefix))
            page.credentials.emplace_back(key.substr(Keys::credential_prefix.size()));
        else if (key.starts_with(Keys::panel_prefix))
            page.logins.emplace_back(key.substr(Keys::panel_prefix.size()));
    }
    page.cursor = reply.at(0).text();
    if (page.cursor == scan_begin) page.cursor.clear();
    co_return page;
}

} // namespace mfad::store
