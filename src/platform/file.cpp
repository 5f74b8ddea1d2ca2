#include "file.hpp"

#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mfad::platform {
namespace {

[[noreturn]] void fail(int error) {
    throw std::system_error(error, std::generic_category());
}

void require(bool ok) {
    if (!ok) fail(errno);
}

void write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        require(written >= 0);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// The temporary; gone with this object, unless it has taken its final name.
class Temporary {
public:
    explicit Temporary(const std::filesystem::path& path) : path_(path) {
        path_ += "." + hex(random_bytes(8)) + ".new";
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() { ::unlink(path_.c_str()); }

    void write(std::string_view content, const std::filesystem::path& path) const {
        const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        require(file.get() >= 0);
        // A file that is replaced, by root perhaps, keeps its owner, who has to read it.
        struct stat before {};
        if (::stat(path.c_str(), &before) == 0)
            require(::fchown(file.get(), before.st_uid, before.st_gid) == 0);
        require(::fchmod(file.get(), 0600) == 0);
        write_all(file.get(), content);
        require(::fsync(file.get()) == 0);
    }

    void become(const std::filesystem::path& path, Existing existing) const {
        // link() refuses a name that is taken, rename() replaces it; each in one step.
        const auto step = existing == Existing::keep ? ::link : ::rename;
        require(step(path_.c_str(), path.c_str()) == 0);
    }

private:
    std::filesystem::path path_;
};

/// Makes the new name last, not only the content.
void sync_directory(const std::filesystem::path& path) {
    const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    require(directory.get() >= 0);
    require(::fsync(directory.get()) == 0);
}

} // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Descriptor open_to_read(const std::filesystem::path& path, int flags) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
    require(fd >= 0);
    return Descriptor(fd);
}

Descriptor hold_file(const std::filesystem::path& path, int flags) {
    for (;;) {
        Descriptor file = open_to_read(path, flags);
        while (::flock(file.get(), LOCK_EX) != 0)
            require(errno == EINTR);
        // Who held it may have put another file in its place meanwhile.
        struct stat held {
        }, named{};
        require(::fstat(file.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0);
        if (held.st_dev == named.st_dev && held.st_ino == named.st_ino) return file;
    }
}

std::string read_all(const Descriptor& file, std::size_t limit) {
    std::string content(limit + 1, '\0'); // in one piece: a string that grows leaves copies behind
    std::size_t length = 0;
    while (length <= limit) {
        const ssize_t got = ::read(file.get(), content.data() + length, content.size() - length);
        if (got < 0 && errno == EINTR) continue;
        require(got >= 0);
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    if (length > limit) fail(EFBIG);
    content.resize(length);
    return content;
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
    return read_all(open_to_read(path), limit);
}

void write_private_file(
    const std::filesystem::path& path, std::string_view content, Existing existing) {
    const Temporary temporary(path);
    temporary.write(content, path);
    temporary.become(path, existing);
    sync_directory(path);
}

} // namespace mfad::platform
