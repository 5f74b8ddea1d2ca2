#pragma once

#include "redis_server.hpp"
#include "run_coroutine.hpp"

#include "mfad/store/context.hpp"
#include "mfad/store/settings_store.hpp"
#include "mfad/store/user_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace mfad::test {

/// A store on an empty Redis of the test program's own, with few partitions so that things meet.
class StoreScene {
public:
    static constexpr unsigned partitions = 4;
    static constexpr std::uint64_t audit_events = 200'000;

    /// Runs a test's body with a connection; several connections by several calls in one body.
    using Body = std::function<runtime::Awaitable<void>(const store::Context&)>;
    void run(const Body& body) {
        run_coroutine(
            [&](runtime::asio::io_context& context) { return with_store(context, body); });
    }

    redis::ConnectionOptions options() const {
        redis::ConnectionOptions options;
        options.link.endpoint = redis::Endpoint::unix_socket(redis.server.socket_path());
        options.link.connect_timeout = std::chrono::seconds(20);
        return options;
    }

    SharedRedis redis;
    store::Keys keys{partitions};

private:
    runtime::Awaitable<void> with_store(runtime::asio::io_context& context, const Body& body) {
        redis::Connection connection(context, options());
        connection.start();
        const store::Context store(connection, keys, std::chrono::seconds(30), audit_events);
        std::exception_ptr thrown;
        try {
            co_await body(store);
        } catch (...) {
            thrown = std::current_exception();
        }
        co_await connection.stop(std::chrono::milliseconds(100));
        if (thrown) std::rethrow_exception(thrown);
    }
};

/// Defines a tenant with a policy, and what else of him matters.
inline runtime::Awaitable<void> define_tenant(
    const store::Context& store, const std::string& tenant, domain::FactorSet policy,
    std::uint32_t options = 0,
    domain::DefaultSetting default_setting = domain::DefaultSetting::none) {
    const store::SettingsStore settings(store);
    store::TenantChange change;
    change.create = true;
    change.policy_mask = domain::FactorSet::all();
    change.policy_value = policy;
    change.options = options;
    change.default_setting = default_setting;
    change.fields.emplace_back("doc", "{}");
    co_await settings.change_tenant(tenant, change, nullptr);
}

/// Makes a user with an address.
inline runtime::Awaitable<void> make_user(const store::Context& store, domain::UserRef user) {
    const store::UserStore users(store);
    store::UserRecord record;
    record.user = std::move(user);
    record.address = store::StoredAddress{"sealed", "digest-of-12"};
    co_await users.put(record);
}

/// A change that makes a link, as a dialect's write does.
inline runtime::Awaitable<store::ChangeOutcome> make_link(
    const store::Context& store, const domain::UserRef& user, const domain::SettingsChange& change,
    std::string id) {
    const store::SettingsStore settings(store);
    const std::string job = "2job-of-" + id;
    const store::LinkOrder link{std::move(id), job};
    const std::chrono::hours hour{1};
    const store::ChangeOrder order{change, {}, {"links", 3, hour}, hour, {&link, 1}, nullptr};
    co_return co_await settings.change(user, order);
}

/// An integer field of a hash, 0 when it is not there.
inline runtime::Awaitable<std::int64_t> hash_number(
    const store::Context& store, const std::string& key, std::string_view field) {
    redis::Command command("HGET");
    command.arg(key).arg(field);
    const redis::Reply reply = co_await store.exec(command);
    if (reply.is_nil()) co_return 0;
    co_return std::stoll(std::string(reply.text()));
}

inline runtime::Awaitable<void> set_hash(
    const store::Context& store, const std::string& key, std::string_view field,
    std::int64_t value) {
    redis::Command command("HSET");
    command.arg(key).arg(field).arg(value);
    co_await store.exec(command);
}

/// The store's clock.
inline runtime::Awaitable<platform::UnixMillis> store_now(const store::Context& store) {
    const redis::Command command("TIME");
    const redis::Reply reply = co_await store.exec(command);
    const auto seconds = std::stoll(std::string(reply.at(0).text()));
    const auto micros = std::stoll(std::string(reply.at(1).text()));
    co_return platform::UnixMillis{std::chrono::milliseconds{seconds * 1000 + micros / 1000}};
}

} // namespace mfad::test
