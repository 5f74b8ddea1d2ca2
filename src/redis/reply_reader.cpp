#include "reply_reader.hpp"

#include <hiredis/hiredis.h>

#include <new>

namespace mfad::redis {

ReplyReader::ReplyReader(std::size_t max_reply_bytes)
    : reader_(redisReaderCreate()), max_reply_bytes_(max_reply_bytes) {
    if (!reader_) throw std::bad_alloc();
}

void ReplyReader::feed(std::string_view bytes) {
    if (!error_.empty() || bytes.empty()) return;
    unused_bytes_ += bytes.size();
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
        error_ = redisReaderGetError(reader_.get());
}

std::optional<Reply> ReplyReader::next() {
    if (!error_.empty()) return std::nullopt;
    void* object = nullptr;
    if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) {
        error_ = redisReaderGetError(reader_.get());
        return std::nullopt;
    }
    if (object == nullptr) {
        if (unused_bytes_ > max_reply_bytes_) error_ = "a reply is longer than the limit";
        return std::nullopt;
    }
    unused_bytes_ = reader_->len - reader_->pos;
    return std::optional<Reply>(std::in_place, static_cast<redisReply*>(object));
}

void ReplyReader::Free::operator()(redisReader* reader) const noexcept {
    redisReaderFree(reader);
}

} // namespace mfad::redis
