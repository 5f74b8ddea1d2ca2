#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct redisReply; // hiredis

namespace mfad::redis {

/// A look at a reply or at a part of one; it lives as long as the `Reply` that it comes from.
///
/// An accessor that does not fit the type of the reply throws `UnexpectedReply`.
class ReplyView {
public:
    explicit ReplyView(const redisReply* node) : node_(node) {}

    bool is_nil() const;
    bool is_array() const;
    /// The text of an error reply (inside an array: `EXEC`, a script's table), else nothing.
    std::optional<std::string_view> error() const;

    std::int64_t integer() const;
    /// The bytes of a bulk or simple string.
    std::string_view text() const;
    /// As `text`, but nothing for nil: what HMGET says of a field that is not there.
    std::optional<std::string_view> text_or_nil() const;

    /// The number of elements of an array.
    std::size_t size() const;
    /// An element of an array; one that it has not got throws as well.
    ReplyView at(std::size_t index) const;

private:
    const redisReply* node_;
};

/// A reply of the server, owned. A moved-from reply may only be destroyed or assigned to.
class Reply {
public:
    Reply() = default;
    /// Takes over an object made by hiredis' default reader functions.
    explicit Reply(redisReply* node) : node_(node) {}

    ReplyView view() const { return ReplyView(node_.get()); }

    bool is_nil() const { return view().is_nil(); }
    bool is_array() const { return view().is_array(); }
    std::optional<std::string_view> error() const { return view().error(); }
    std::int64_t integer() const { return view().integer(); }
    std::string_view text() const { return view().text(); }
    std::optional<std::string_view> text_or_nil() const { return view().text_or_nil(); }
    std::size_t size() const { return view().size(); }
    ReplyView at(std::size_t index) const { return view().at(index); }

private:
    struct Free {
        void operator()(redisReply* node) const noexcept;
    };
    std::unique_ptr<redisReply, Free> node_;
};

} // namespace mfad::redis
