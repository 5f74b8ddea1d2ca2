#include "mfad/store/audit_store.hpp"

#include "decode.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mfad::store {
namespace {

using runtime::Awaitable;

platform::UnixMillis time_of(std::string_view id) {
    return platform::UnixMillis{
        std::chrono::milliseconds{decode_integer(id.substr(0, id.find('-')))}};
}

AuditEvent event_of(unsigned partition, redis::ReplyView entry) {
    AuditEvent event;
    event.partition = partition;
    event.id = entry.at(0).text();
    event.at = time_of(event.id);
    const std::array<std::pair<std::string_view, std::string*>, 8> fields{
        {{"t", &event.tenant},
         {"u", &event.user},
         {"e", &event.event},
         {"f", &event.factor},
         {"o", &event.outcome},
         {"c", &event.subject},
         {"i", &event.address},
         {"b", &event.by}}};
    const auto pairs = entry.at(1);
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
        for (const auto& [name, value] : fields)
            if (pairs.at(i).text() == name) *value = pairs.at(i + 1).text();
    return event;
}

/// A number of XINFO, which answers with names and values in turn; 0 for what is not there.
std::int64_t info_number(const redis::Reply& info, std::string_view name) {
    for (std::size_t i = 0; i + 1 < info.size(); i += 2)
        if (info.at(i).text() == name) return info.at(i + 1).integer();
    return 0;
}

} // namespace

std::string_view to_string(Actor actor) {
    switch (actor) {
    case Actor::host: return "host";
    case Actor::user: return "user";
    case Actor::worker: return "worker";
    case Actor::administrator: return "administrator";
    }
    return {};
}

Awaitable<std::vector<AuditEvent>> AuditStore::page(
    unsigned partition, const std::string& before, unsigned count) const {
    redis::Command command("XREVRANGE");
    command.arg(context_.keys().audit(partition));
    if (before.empty())
        command.arg("+");
    else
        command.arg("(" + before);
    command.arg("-").arg("COUNT").arg(count);
    const redis::Reply reply = co_await context_.exec(command);
    std::vector<AuditEvent> events;
    for (std::size_t i = 0; i < reply.size(); ++i)
        events.push_back(event_of(partition, reply.at(i)));
    co_return events;
}

Awaitable<std::uint64_t> AuditStore::dropped() const {
    const Keys& keys = context_.keys();
    std::int64_t dropped = 0;
    for (unsigned p = 0; p < keys.partitions(); ++p) {
        redis::Command exists("EXISTS");
        exists.arg(keys.audit(p));
        const redis::Reply there = co_await context_.exec(exists);
        if (there.integer() == 0) continue;
        redis::Command command("XINFO");
        command.arg("STREAM").arg(keys.audit(p));
        const redis::Reply info = co_await context_.exec(command);
        dropped += info_number(info, "entries-added") - info_number(info, "length");
    }
    co_return static_cast<std::uint64_t>(std::max<std::int64_t>(0, dropped));
}

} // namespace mfad::store
