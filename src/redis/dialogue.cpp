#include "dialogue.hpp"

#include "mfad/redis/errors.hpp"

namespace mfad::redis {

using runtime::Awaitable;

Awaitable<Reply> Dialogue::exec(const Command& command) {
    Reply reply = co_await ask(command);
    if (const auto error = reply.error()) throw ErrorReply(*error);
    co_return reply;
}

// A failed write is left to the read to tell: a server that hangs up says why before it does.
Awaitable<Reply> Dialogue::ask(const Command& command) {
    std::string_view rest = command.wire();
    while (!rest.empty()) {
        const auto [error, count] =
            co_await transport_.async_write_some(rest, runtime::tuple_token);
        if (error) break;
        rest.remove_prefix(count);
    }
    co_return co_await read();
}

Awaitable<Reply> Dialogue::read() {
    for (;;) {
        if (auto reply = reader_.next()) co_return std::move(*reply);
        if (!reader_.error().empty())
            throw std::runtime_error("not a Redis reply: " + reader_.error());
        const std::size_t count =
            co_await transport_.async_read_some(input_, runtime::use_awaitable);
        reader_.feed(std::string_view(input_.data(), count));
    }
}

Awaitable<void> Dialogue::introduce(const Endpoint& endpoint, std::string_view client_name) {
    Command command("AUTH");
    if (!endpoint.password.empty()) {
        if (!endpoint.user.empty()) command.arg(endpoint.user);
        command.arg(endpoint.password);
        co_await exec(command);
    }
    if (endpoint.database != 0) {
        command.reset("SELECT");
        command.arg(endpoint.database);
        co_await exec(command);
    }
    if (!client_name.empty()) {
        command.reset("CLIENT");
        command.arg("SETNAME").arg(client_name);
        co_await exec(command);
    }
    command.reset("PING");
    const Reply ready = co_await ask(command);
    const auto error = ready.error();
    // A server that cannot write to its disk still answers reads.
    if (error && !error->starts_with("MISCONF")) throw ErrorReply(*error);
}

} // namespace mfad::redis
