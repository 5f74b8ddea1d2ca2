#include "open_sockets.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace mfad::mail {

int OpenSockets::open(int family, int type, int protocol) {
    const std::lock_guard lock(mutex_);
    if (cut_) return -1;
    const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
    if (socket >= 0) sockets_.push_back(socket);
    return socket;
}

int OpenSockets::close(int socket) {
    // Under the lock, or `cut` could hit a stranger who was given the same number.
    const std::lock_guard lock(mutex_);
    std::erase(sockets_, socket);
    return ::close(socket);
}

bool OpenSockets::empty() {
    const std::lock_guard lock(mutex_);
    return sockets_.empty();
}

void OpenSockets::stop_reading() {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_)
        ::shutdown(socket, SHUT_RD);
}

void OpenSockets::cut() {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    for (const int socket : sockets_)
        ::shutdown(socket, SHUT_RDWR);
}

} // namespace mfad::mail
