#include "mfad/app/admin.hpp"

#include "installation.hpp"
#include "run_once.hpp"

#include "mfad/platform/json_text.hpp"
#include "mfad/store/audit_store.hpp"

#include <algorithm>

namespace mfad::app {
namespace {

using runtime::Awaitable;
using store::AuditEvent;

constexpr unsigned page_size = 500;

std::string event_json(const AuditEvent& event) {
    platform::JsonText json;
    json.begin_object();
    json.member("id", "p" + std::to_string(event.partition) + "-" + event.id);
    json.member("at", platform::rfc3339(event.at));
    json.member("tenant", event.tenant).member("user", event.user).member("event", event.event);
    for (const auto& [name, value] :
         {std::pair("factor", &event.factor), std::pair("outcome", &event.outcome),
          std::pair("subject", &event.subject), std::pair("ip", &event.address)})
        if (!value->empty()) json.member(name, *value);
    json.member("by", event.by);
    return std::move(json.end_object()).str();
}

/// The events of one partition, newest first, a page at a time.
struct Source {
    unsigned partition = 0;
    std::vector<AuditEvent> page;
    std::size_t next = 0;

    const AuditEvent& newest() const { return page[next]; }
};

/// Of several sources the one with the newest event comes first.
struct IsOlder {
    bool operator()(const Source& a, const Source& b) const {
        return a.newest().at < b.newest().at;
    }
};

class AuditListing {
public:
    AuditListing(const store::Context& store, const AuditFilter& filter, std::ostream& out)
        : keys_(store.keys()), events_(store), filter_(filter), out_(out) {}

    Awaitable<void> run() {
        const unsigned all = keys_.partitions();
        const bool one_user = !filter_.tenant.empty() && !filter_.user.empty();
        const unsigned only = keys_.partition({filter_.tenant, filter_.user});
        for (unsigned p = one_user ? only : 0; p < (one_user ? only + 1 : all); ++p) {
            Source source;
            source.partition = p;
            const std::string newest;
            co_await go_on(std::move(source), newest);
        }
        while (!sources_.empty() && out_) {
            std::ranges::pop_heap(sources_, IsOlder());
            Source source = std::move(sources_.back());
            sources_.pop_back();
            const AuditEvent event = source.newest();
            print(event);
            ++source.next;
            co_await go_on(std::move(source), event.id);
        }
    }

private:
    /// Takes a source up again, with its next page where one has come to its end.
    Awaitable<void> go_on(Source source, const std::string& last_id) {
        if (source.next == source.page.size()) {
            source.page = co_await events_.page(source.partition, last_id, page_size);
            source.next = 0;
        }
        if (source.page.empty()) co_return;
        sources_.push_back(std::move(source));
        std::ranges::push_heap(sources_, IsOlder());
    }

    void print(const AuditEvent& event) {
        if (!filter_.tenant.empty() && event.tenant != filter_.tenant) return;
        if (!filter_.user.empty() && event.user != filter_.user) return;
        out_ << event_json(event) << "\n";
    }

    store::Keys keys_;
    store::AuditStore events_;
    const AuditFilter& filter_;
    std::ostream& out_;
    std::vector<Source> sources_; // a heap
};

Awaitable<void> list_events(
    redis::Connection& connection, const Installation& installation, const AuditFilter& filter,
    std::ostream& out) {
    const store::Context store = command_store(connection, installation);
    AuditListing listing(store, filter, out);
    co_await listing.run();
}

} // namespace

int list_audit(const platform::Config& config, const AuditFilter& filter, std::ostream& out) {
    const Installation installation(config);
    run_once(installation.link("audit"), [&](redis::Connection& connection) {
        return list_events(connection, installation, filter, out);
    });
    return 0;
}

} // namespace mfad::app
