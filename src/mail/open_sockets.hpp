#pragma once

#include <mutex>
#include <vector>

namespace mfad::mail {

/// The sockets that one libcurl handle has open, so that their conversation can be ended from
/// outside: libcurl itself waits for answers where nothing can interrupt it. All members may be
/// called from any thread.
class OpenSockets {
public:
    /// Creates a socket; -1 when that fails, or after `cut`.
    int open(int family, int type, int protocol);
    int close(int socket);
    bool empty();
    /// Whoever waits for input gets an end of stream, now and from now on. Output still leaves.
    void stop_reading();
    /// Ends every conversation, and lets no new one begin.
    void cut();

private:
    std::mutex mutex_;
    std::vector<int> sockets_;
    bool cut_ = false;
};

} // namespace mfad::mail
