#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// A strict reader of CBOR (RFC 8949) as authenticators write it: the CTAP2 canonical form, except
/// that the order of a map's keys is not asked for, since what browsers wrap around it has another.
namespace mfad::platform {

/// Why bytes are not taken.
enum class CborFault : std::uint8_t {
    truncated,     ///< ends within an item, or claims more than there is
    indefinite,    ///< a length that is not given up front
    reserved,      ///< additional information 28..30, or a simple value that has no meaning
    not_minimal,   ///< a number that a shorter form would hold
    tag,           ///< CTAP2 has none
    too_deep,      ///< over `CborLimits::depth`
    too_many,      ///< over `CborLimits::items`
    utf8,          ///< a text that is not UTF-8
    key,           ///< a map's key that is neither a number nor a string
    duplicate_key, ///< two equal keys in one map
    trailing       ///< bytes after the item
};

struct CborLimits {
    std::size_t depth = 8; ///< arrays and maps within each other
    std::size_t items = 1024;
};

enum class CborKind : std::uint8_t { integer, bytes, text, array, map, boolean, other };

/// One item of a `CborDocument`, alive as long as that and the bytes that it was read from. Asking
/// it for what it is not gives nothing.
class CborValue {
public:
    CborKind kind() const { return item_->kind; }
    bool is_map() const { return kind() == CborKind::map; }

    /// Nothing also for numbers outside of 64 bits with a sign.
    std::optional<std::int64_t> integer() const;
    std::optional<std::string_view> bytes() const;
    std::optional<std::string_view> text() const;
    std::optional<bool> boolean() const;

    /// Of an array its elements, of a map its pairs; 0 for everything else.
    std::size_t size() const { return item_->count; }
    /// The elements of an array.
    std::optional<std::vector<CborValue>> elements() const;
    /// The value under a key of a map.
    std::optional<CborValue> find(std::int64_t key) const;
    std::optional<CborValue> find(std::string_view key) const;

private:
    friend class CborDocument;
    friend class CborParser;

    /// An item, followed by the `span - 1` items that are within it.
    struct Item {
        CborKind kind = CborKind::other;
        bool negative = false;    ///< an integer stands for -1 - number
        std::uint64_t number = 0; ///< of an integer; of a boolean 0 or 1
        std::string_view content; ///< of bytes and text
        std::size_t count = 0;
        std::size_t span = 1;
    };

    explicit CborValue(const Item* item) : item_(item) {}

    template <class Matches>
    std::optional<CborValue> find_if(Matches matches) const;

    const Item* item_;
};

/// One item with all that is in it. Refers to the bytes that it was read from.
class CborDocument {
public:
    /// The item that `bytes` are. Nothing is allocated on the word of a length; time and memory are
    /// bounded by `bytes` and `limits`.
    ///
    /// Refuses what `CborFault` lists. Floating-point numbers, null and undefined are kept as
    /// `CborKind::other`.
    static boost::system::result<CborDocument, CborFault> parse(
        std::string_view bytes, CborLimits limits = {});

    /// The item that `bytes` start with; what comes behind it is not looked at.
    static boost::system::result<CborDocument, CborFault> parse_prefix(
        std::string_view bytes, CborLimits limits = {});

    CborValue root() const { return CborValue(items_.data()); }
    /// How many bytes the item takes.
    std::size_t size() const { return size_; }

private:
    std::vector<CborValue::Item> items_;
    std::size_t size_ = 0;
};

} // namespace mfad::platform
