#include "courier.hpp"
#include "mfad/platform/crypto.hpp"
#include "mfad/platform/encoding.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>

namespace mfad::mail {
namespace {

namespace fs = std::filesystem;

class File {
public:
    File(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }

    bool is_open() const { return fd_ >= 0; }
    bool write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return true;
    }
    bool sync() const { return ::fsync(fd_) == 0; }

private:
    int fd_ = -1;
};

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    std::string host = name.data();
    for (char& c : host)
        if (c == '/' || c == ':') c = '_'; // both have a meaning in a maildir's file names
    return host;
}

/// Time, then what makes it unique: random bits, so that neither threads, processes nor machines
/// have to agree.
std::string unique_name(const std::string& host) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - seconds);
    return std::to_string(seconds.count()) + ".M" + std::to_string(micros.count()) + 'R' +
           platform::hex(platform::random_bytes(8)) + '.' + host;
}

/// Writes messages the way Maildir has it: whole into tmp/, then moved to new/, so that a reader
/// never sees a part.
class MaildirCourier final : public Courier {
public:
    explicit MaildirCourier(fs::path root) : root_(std::move(root)) {}

    Delivery deliver(const Envelope& envelope) override {
        const std::string name = unique_name(host_);
        if (store(name, envelope.data))
            return {Delivery::Outcome::delivered, Phase::end_of_data, false, "kept as " + name};
        const std::string reason = std::generic_category().message(errno);
        std::error_code ignored;
        fs::remove(root_ / "tmp" / name, ignored);
        return {
            Delivery::Outcome::unreachable, Phase::connect, false,
            "maildir " + root_.string() + ": " + reason};
    }

private:
    /// False, with errno set, when the message is not on disk under new/.
    bool store(const std::string& name, std::string_view data) const {
        return make_folders() && write(root_ / "tmp" / name, data) &&
               ::rename((root_ / "tmp" / name).c_str(), (root_ / "new" / name).c_str()) == 0 &&
               sync(root_ / "new");
    }

    bool make_folders() const {
        std::error_code error;
        fs::create_directories(root_, error);
        if (error) {
            errno = error.value();
            return false;
        }
        for (const auto* folder : {"tmp", "new", "cur"})
            if (::mkdir((root_ / folder).c_str(), 0700) != 0 && errno != EEXIST) return false;
        return true;
    }

    static bool write(const fs::path& path, std::string_view data) {
        const File file(path, O_WRONLY | O_CREAT | O_EXCL);
        return file.is_open() && file.write(data) && file.sync();
    }

    /// The name as well has to be on disk before the mail counts as delivered.
    static bool sync(const fs::path& folder) {
        const File file(folder, O_RDONLY | O_DIRECTORY);
        return file.is_open() && file.sync();
    }

    const fs::path root_;
    const std::string host_ = host_name();
};

} // namespace

std::unique_ptr<Courier> make_maildir_courier(const MaildirTarget& target) {
    return std::make_unique<MaildirCourier>(target.path);
}

} // namespace mfad::mail
