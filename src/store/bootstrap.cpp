#include "mfad/store/bootstrap.hpp"

#include "scripts.hpp"

#include "mfad/platform/log.hpp"

namespace mfad::store {
namespace {

std::string text_or_none(redis::ReplyView value) {
    return value.is_nil() ? "none" : std::string(value.text());
}

void require(const std::string& what, const std::string& ours, const std::string& theirs) {
    if (ours == theirs) return;
    throw redis::SetupMismatch(
        "the database was set up with " + what + " " + theirs + ", this server has " + ours);
}

} // namespace

runtime::Awaitable<void> check_installation(
    redis::SetupChannel& channel, const InstallationMark& mark) {
    // A plain EVAL: it runs once a connection, and the script need not be known there.
    redis::Command command("EVAL");
    const Keys keys(mark.partitions);
    command.arg(scripts::bootstrap.text).arg(1 + mark.partitions).arg(Keys::installation());
    for (unsigned p = 0; p < mark.partitions; ++p)
        command.arg(keys.fence(p));
    command.arg(schema_version).arg(mark.partitions);
    for (const auto& [id, check] : mark.keys)
        command.arg(id).arg(check);
    const redis::Reply reply = co_await channel.exec(command);
    require("schema", std::to_string(schema_version), text_or_none(reply.at(0)));
    require("redis.partitions =", std::to_string(mark.partitions), text_or_none(reply.at(1)));
    for (std::size_t i = 0; i < mark.keys.size(); ++i)
        require(
            "another key file: its key " + mark.keys[i].first + " has the check value",
            mark.keys[i].second, text_or_none(reply.at(i + 2)));
    if (reply.at(mark.keys.size() + 2).integer() == 1)
        platform::log::event(platform::log::Level::warn, "store.fenced");
}

} // namespace mfad::store
