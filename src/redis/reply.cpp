#include "mfad/redis/reply.hpp"

#include "mfad/redis/errors.hpp"

#include <hiredis/hiredis.h>

#include <string>

namespace mfad::redis {
namespace {

const char* type_name(const redisReply* node) {
    switch (node == nullptr ? 0 : node->type) {
    case REDIS_REPLY_STRING: return "a string";
    case REDIS_REPLY_ARRAY: return "an array";
    case REDIS_REPLY_INTEGER: return "an integer";
    case REDIS_REPLY_NIL: return "nil";
    case REDIS_REPLY_STATUS: return "a status";
    case REDIS_REPLY_ERROR: return "an error";
    default: return "nothing";
    }
}

// The content stays out of the text: it may be a secret.
[[noreturn]] void unexpected(const char* wanted, const redisReply* node) {
    throw UnexpectedReply(std::string("Redis: expected ") + wanted + ", got " + type_name(node));
}

bool has_type(const redisReply* node, int type) {
    return node != nullptr && node->type == type;
}

} // namespace

bool ReplyView::is_nil() const {
    return has_type(node_, REDIS_REPLY_NIL);
}

bool ReplyView::is_array() const {
    return has_type(node_, REDIS_REPLY_ARRAY);
}

std::optional<std::string_view> ReplyView::error() const {
    if (!has_type(node_, REDIS_REPLY_ERROR)) return std::nullopt;
    return std::string_view(node_->str, node_->len);
}

std::int64_t ReplyView::integer() const {
    if (!has_type(node_, REDIS_REPLY_INTEGER)) unexpected("an integer", node_);
    return node_->integer;
}

std::string_view ReplyView::text() const {
    if (!has_type(node_, REDIS_REPLY_STRING) && !has_type(node_, REDIS_REPLY_STATUS))
        unexpected("a string", node_);
    return {node_->str, node_->len};
}

std::optional<std::string_view> ReplyView::text_or_nil() const {
    if (is_nil()) return std::nullopt;
    return text();
}

std::size_t ReplyView::size() const {
    if (!is_array()) unexpected("an array", node_);
    return node_->elements;
}

ReplyView ReplyView::at(std::size_t index) const {
    if (index >= size())
        throw UnexpectedReply(
            "Redis: expected more than " + std::to_string(index) + " elements, got " +
            std::to_string(size()));
    return ReplyView(node_->element[index]);
}

void Reply::Free::operator()(redisReply* node) const noexcept {
    freeReplyObject(node);
}

} // namespace mfad::redis
