#include "mfad/store/limit_store.hpp"

#include "decode.hpp"

#include "mfad/platform/packed.hpp"

namespace mfad::store {
namespace {

using runtime::Awaitable;

constexpr std::int64_t second = 1'000'000;

/// Of the three that change_settings.lua keeps together; 0 stands for none.
LimitStore::Arrival packed_arrival(platform::PackedReader& packed) {
    const double micros = packed.number();
    if (micros == 0) return std::nullopt;
    return static_cast<std::int64_t>(micros);
}

LimitStore::Arrival arrival(redis::ReplyView value) {
    if (value.is_nil()) return std::nullopt;
    return decode_integer(value.text());
}

} // namespace

Awaitable<std::int64_t> LimitStore::now() const {
    const redis::Command command("TIME");
    const redis::Reply reply = co_await context_.exec(command);
    co_return decode_integer(reply.at(0).text()) * second + decode_integer(reply.at(1).text());
}

Awaitable<LimitStore::Arrival> LimitStore::at(const std::string& key) const {
    redis::Command command("GET");
    command.arg(key);
    const redis::Reply reply = co_await context_.exec(command);
    co_return arrival(reply.view());
}

Awaitable<std::optional<LimitStore::OfUser>> LimitStore::of_user(
    const domain::UserRef& user) const {
    redis::Command command("HMGET");
    command.arg(context_.keys().user(user)).arg("s").arg("r").arg("c").arg("d");
    const redis::Reply fields = co_await context_.exec(command);
    if (fields.at(0).is_nil()) co_return std::nullopt;
    OfUser limits;
    if (!fields.at(1).is_nil()) {
        platform::PackedReader packed(fields.at(1).text());
        limits.first_write = packed_arrival(packed);
        limits.second_write = packed_arrival(packed);
        limits.links = packed_arrival(packed);
    }
    limits.code_gap = arrival(fields.at(2));
    limits.codes = arrival(fields.at(3));
    co_return limits;
}

Awaitable<void> LimitStore::reset(const std::string& key) const {
    redis::Command command("DEL");
    command.arg(key);
    co_await context_.exec(command);
}

Awaitable<void> LimitStore::reset_user(const domain::UserRef& user) const {
    redis::Command command("HDEL");
    command.arg(context_.keys().user(user)).arg("r").arg("c").arg("d");
    co_await context_.exec(command);
}

} // namespace mfad::store
