#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace mfad::platform {

/// A file descriptor that is closed with its owner.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();
    int get() const { return fd_; }

private:
    int fd_;
};

/// Opens a file for reading. @param flags more flags of open(2) @throws std::system_error
Descriptor open_to_read(const std::filesystem::path& path, int flags = 0);

/// What is left to read. @throws std::system_error, also (EFBIG) for more than `limit` bytes
std::string read_all(const Descriptor& file, std::size_t limit);

/// A whole file of at most `limit` bytes. @throws std::system_error
std::string read_file(const std::filesystem::path& path, std::size_t limit);

/// Waits until nobody else holds the file that has this name now, and holds it while the descriptor
/// lives: for those who read a file, change it and replace it. @param flags as for `open_to_read`
/// @throws std::system_error
Descriptor hold_file(const std::filesystem::path& path, int flags);

/// Whether a file that is there already may be replaced.
enum class Existing { keep, replace };

/// Writes a file of mode 0600 that is there whole or not at all, also after a crash: a temporary
/// beside it, fsync, and one atomic step to its name. A file that it replaces hands its owner on.
/// @throws std::system_error; EEXIST when there is one already and `existing` is `keep`
void write_private_file(
    const std::filesystem::path& path, std::string_view content, Existing existing);

} // namespace mfad::platform
