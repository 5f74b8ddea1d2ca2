#include "mfad/platform/cbor.hpp"

#include "mfad/platform/utf8.hpp"

#include <algorithm>
#include <limits>

namespace mfad::platform {

/// Reads one item after the other into a list, in the order of the bytes.
class CborParser {
public:
    using Item = CborValue::Item;
    using Fault = std::optional<CborFault>;

    CborParser(std::string_view bytes, CborLimits limits, std::vector<Item>& items)
        : bytes_(bytes), limits_(limits), items_(items) {}

    /// Reads the next item and all within it; recursion goes no deeper than the limit.
    Fault read(std::size_t depth) {
        if (items_.size() == limits_.items) return CborFault::too_many;
        Head head;
        if (const auto fault = read_head(head)) return fault;
        const std::size_t index = items_.size();
        auto& item = items_.emplace_back();
        switch (head.major) {
        case 0:
        case 1:
            item.kind = CborKind::integer;
            item.negative = head.major == 1;
            item.number = head.argument;
            return std::nullopt;
        case 2:
        case 3: return read_string(item, head);
        case 4: return read_array(index, head, depth);
        case 5: return read_map(index, head, depth);
        case 6: return CborFault::tag;
        default: return read_simple(item, head);
        }
    }

    std::size_t position() const { return at_; }

private:
    struct Head {
        unsigned major = 0;
        unsigned info = 0;
        std::uint64_t argument = 0;
    };

    std::size_t left() const { return bytes_.size() - at_; }
    unsigned next_byte() { return static_cast<unsigned char>(bytes_[at_++]); }

    /// RFC 8949 section 3.
    Fault read_head(Head& head) {
        if (left() == 0) return CborFault::truncated;
        const unsigned first = next_byte();
        head.major = first >> 5;
        head.info = first & 31;
        head.argument = head.info;
        if (head.info < 24) return std::nullopt;
        if (head.info == 31) return CborFault::indefinite;
        if (head.info > 27) return CborFault::reserved;
        const std::size_t length = std::size_t{1} << (head.info - 24);
        if (left() < length) return CborFault::truncated;
        head.argument = 0;
        for (std::size_t i = 0; i < length; ++i)
            head.argument = head.argument << 8 | next_byte();
        if (head.major == 7) return std::nullopt; // a float or a simple value, not a number
        const std::uint64_t least = length == 1 ? 24 : std::uint64_t{1} << (length * 4);
        if (head.argument < least) return CborFault::not_minimal;
        return std::nullopt;
    }

    Fault read_string(Item& item, const Head& head) {
        if (head.argument > left()) return CborFault::truncated;
        const auto length = static_cast<std::size_t>(head.argument);
        item.kind = head.major == 2 ? CborKind::bytes : CborKind::text;
        item.content = bytes_.substr(at_, length);
        at_ += length;
        if (item.kind == CborKind::text && !is_utf8(item.content)) return CborFault::utf8;
        return std::nullopt;
    }

    Fault read_array(std::size_t index, const Head& head, std::size_t depth) {
        if (depth == limits_.depth) return CborFault::too_deep;
        if (head.argument > left()) return CborFault::truncated; // an element takes a byte or more
        for (std::uint64_t i = 0; i < head.argument; ++i)
            if (const auto fault = read(depth + 1)) return fault;
        close(index, CborKind::array, head);
        return std::nullopt;
    }

    Fault read_map(std::size_t index, const Head& head, std::size_t depth) {
        if (depth == limits_.depth) return CborFault::too_deep;
        if (head.argument > left() / 2) return CborFault::truncated;
        std::vector<std::string_view> keys;
        for (std::uint64_t i = 0; i < head.argument; ++i) {
            const std::size_t key = items_.size();
            const std::size_t begin = at_;
            if (const auto fault = read(depth + 1)) return fault;
            const auto kind = items_[key].kind;
            if (kind != CborKind::integer && kind != CborKind::bytes && kind != CborKind::text)
                return CborFault::key;
            keys.push_back(bytes_.substr(begin, at_ - begin));
            if (const auto fault = read(depth + 1)) return fault;
        }
        // Every key has one spelling only, so equal keys are equal bytes.
        std::ranges::sort(keys);
        if (std::ranges::adjacent_find(keys) != keys.end()) return CborFault::duplicate_key;
        close(index, CborKind::map, head);
        return std::nullopt;
    }

    /// By index: the list has grown, and perhaps moved, since the item was put there.
    void close(std::size_t index, CborKind kind, const Head& head) {
        items_[index].kind = kind;
        items_[index].count = static_cast<std::size_t>(head.argument);
        items_[index].span = items_.size() - index;
    }

    static Fault read_simple(Item& item, const Head& head) {
        constexpr unsigned no = 20;
        constexpr unsigned yes = 21;
        constexpr unsigned undefined = 23; // 22 is null; 25..27 are floats
        if (head.info < no || head.info == 24) return CborFault::reserved;
        if (head.info > undefined) return std::nullopt;
        if (head.info <= yes) {
            item.kind = CborKind::boolean;
            item.number = head.info == yes ? 1 : 0;
        }
        return std::nullopt;
    }

    std::string_view bytes_;
    CborLimits limits_;
    std::vector<Item>& items_;
    std::size_t at_ = 0;
};

std::optional<std::int64_t> CborValue::integer() const {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (kind() != CborKind::integer || item_->number > most) return std::nullopt;
    const auto number = static_cast<std::int64_t>(item_->number);
    return item_->negative ? -1 - number : number;
}

std::optional<std::string_view> CborValue::bytes() const {
    if (kind() != CborKind::bytes) return std::nullopt;
    return item_->content;
}

std::optional<std::string_view> CborValue::text() const {
    if (kind() != CborKind::text) return std::nullopt;
    return item_->content;
}

std::optional<bool> CborValue::boolean() const {
    if (kind() != CborKind::boolean) return std::nullopt;
    return item_->number == 1;
}

std::optional<std::vector<CborValue>> CborValue::elements() const {
    if (kind() != CborKind::array) return std::nullopt;
    std::vector<CborValue> list;
    list.reserve(size());
    const Item* element = item_ + 1;
    for (std::size_t i = 0; i < size(); ++i, element += element->span)
        list.push_back(CborValue(element));
    return list;
}

template <class Matches>
std::optional<CborValue> CborValue::find_if(Matches matches) const {
    if (kind() != CborKind::map) return std::nullopt;
    const Item* key = item_ + 1; // a key holds nothing else, so its value is the next item
    for (std::size_t i = 0; i < size(); ++i) {
        const Item* const value = key + 1;
        if (matches(CborValue(key))) return CborValue(value);
        key = value + value->span;
    }
    return std::nullopt;
}

std::optional<CborValue> CborValue::find(std::int64_t key) const {
    return find_if([&](CborValue candidate) { return candidate.integer() == key; });
}

std::optional<CborValue> CborValue::find(std::string_view key) const {
    return find_if([&](CborValue candidate) { return candidate.text() == key; });
}

boost::system::result<CborDocument, CborFault> CborDocument::parse(
    std::string_view bytes, CborLimits limits) {
    auto document = parse_prefix(bytes, limits);
    if (document && document->size() != bytes.size()) return CborFault::trailing;
    return document;
}

boost::system::result<CborDocument, CborFault> CborDocument::parse_prefix(
    std::string_view bytes, CborLimits limits) {
    CborDocument document;
    CborParser parser(bytes, limits, document.items_);
    if (const auto fault = parser.read(0)) return *fault;
    document.size_ = parser.position();
    return document;
}

} // namespace mfad::platform
