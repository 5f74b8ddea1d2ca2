// The one user of prometheus-cpp: its data model and text format. The numbers themselves are kept
// here, without the mutex that its histogram has.
#include "mfad/platform/metrics.hpp"

#include "process_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <variant>

namespace mfad::platform {
namespace {

using prometheus::MetricType;

struct Series {
    Labels labels;
    std::variant<
        std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>,
        std::unique_ptr<Metrics::Source>>
        number;
};

struct Family {
    std::string help;
    MetricType type = MetricType::Untyped;
    std::deque<Series> series{}; // which stay where they are while others are added
};

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
    throw std::invalid_argument("metric " + std::string(name) + ": " + std::string(why));
}

bool is_word(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
           std::all_of(text.begin(), text.end(), fits);
}

void check_names(
    std::string_view name, std::string_view help, MetricType type, const Labels& labels) {
    if (!is_word(name) || !(name.starts_with("mfad_") || name.starts_with("process_")))
        refuse(name, "the name is not mfad_…");
    if (name.ends_with("_total") != (type == MetricType::Counter))
        refuse(name, "counters, and nothing else, end in _total");
    // The serializer does not escape it.
    if (help.empty() || help.find_first_of("\n\\") != std::string_view::npos)
        refuse(name, "the help is empty, or not one plain line");
    for (const auto& [label, _] : labels)
        if (!is_word(label) || label == "le") refuse(name, "a label has a wrong name");
}

bool same_label_names(const Labels& a, const Labels& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first;
    });
}

prometheus::ClientMetric::Histogram to_prometheus(const Histogram& histogram) {
    prometheus::ClientMetric::Histogram out;
    const Histogram::Snapshot snapshot = histogram.snapshot();
    for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
        out.sample_count += snapshot.counts[i];
        const bool last = i == histogram.bounds().size();
        out.bucket.push_back({out.sample_count, last ? HUGE_VAL : histogram.bounds()[i]});
    }
    out.sample_sum = snapshot.sum;
    return out;
}

struct Fill {
    prometheus::ClientMetric& metric;

    void operator()(const std::unique_ptr<Counter>& counter) const {
        metric.counter.value = static_cast<double>(counter->value());
    }
    void operator()(const std::unique_ptr<Gauge>& gauge) const {
        metric.gauge.value = static_cast<double>(gauge->value());
    }
    void operator()(const std::unique_ptr<Histogram>& histogram) const {
        metric.histogram = to_prometheus(*histogram);
    }
    void operator()(const std::unique_ptr<Metrics::Source>& source) const {
        metric.counter.value = metric.gauge.value = (*source)(); // the type says which is read
    }
};

prometheus::ClientMetric to_prometheus(const Series& series) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : series.labels)
        metric.label.push_back({name, value});
    std::visit(Fill{metric}, series.number);
    return metric;
}

} // namespace

struct Metrics::Parts {
    mutable std::mutex mutex{}; // registering and scraping; using a metric takes no lock
    std::map<std::string, Family, std::less<>> families{};

    /// The series, made if it is not there yet.
    template <class Make>
    Series& series(
        std::string_view name, std::string_view help, MetricType type, const Labels& labels,
        const Make& make) {
        check_names(name, help, type, labels);
        const std::lock_guard lock(mutex);
        Family fresh{std::string(help), type};
        Family& family = families.try_emplace(std::string(name), std::move(fresh)).first->second;
        if (family.type != type || family.help != help)
            refuse(name, "it is something else already");
        for (Series& known : family.series) {
            if (!same_label_names(known.labels, labels))
                refuse(name, "it has other labels already");
            if (known.labels == labels) return known;
        }
        return family.series.emplace_back(Series{labels, make()});
    }

    /// The number in it, if it is of the kind asked for.
    template <class Number>
    static Number& number(std::string_view name, Series& series) {
        auto* number = std::get_if<std::unique_ptr<Number>>(&series.number);
        if (!number) refuse(name, "it is watched already");
        return **number;
    }

    void watch(
        std::string_view name, std::string_view help, MetricType type, Source source,
        const Labels& labels) {
        bool made = false;
        series(name, help, type, labels, [&] {
            made = true;
            return std::make_unique<Source>(std::move(source));
        });
        if (!made) refuse(name, "it is there already");
    }
};

Metrics::Metrics() : parts_(std::make_unique<Parts>()) {
    watch_process(*this);
}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
    return Parts::number<Counter>(
        name, parts_->series(name, help, MetricType::Counter, labels, std::make_unique<Counter>));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
    return Parts::number<Gauge>(
        name, parts_->series(name, help, MetricType::Gauge, labels, std::make_unique<Gauge>));
}

Histogram& Metrics::histogram(
    std::string_view name, std::string_view help, std::span<const double> bounds,
    const Labels& labels) {
    const auto make = [&] { return std::make_unique<Histogram>(bounds); };
    auto& histogram = Parts::number<Histogram>(
        name, parts_->series(name, help, MetricType::Histogram, labels, make));
    if (!std::equal(
            bounds.begin(), bounds.end(), histogram.bounds().begin(), histogram.bounds().end()))
        refuse(name, "it has other bounds already");
    return histogram;
}

void Metrics::watch_counter(
    std::string_view name, std::string_view help, Source source, const Labels& labels) {
    parts_->watch(name, help, MetricType::Counter, std::move(source), labels);
}

void Metrics::watch_gauge(
    std::string_view name, std::string_view help, Source source, const Labels& labels) {
    parts_->watch(name, help, MetricType::Gauge, std::move(source), labels);
}

std::string Metrics::text() const {
    std::vector<prometheus::MetricFamily> families;
    {
        const std::lock_guard lock(parts_->mutex);
        for (const auto& [name, family] : parts_->families) {
            prometheus::MetricFamily out{name, family.help, family.type, {}};
            for (const Series& series : family.series)
                out.metric.push_back(to_prometheus(series));
            families.push_back(std::move(out));
        }
    }
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace mfad::platform
