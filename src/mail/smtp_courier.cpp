#include "courier.hpp"
#include "log_text.hpp"
#include "open_sockets.hpp"
#include "smtp_dialogue.hpp"

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>

namespace mfad::mail {
namespace {

using Outcome = Delivery::Outcome;

/// libcurl's global state is counted: one for each courier keeps it alive.
class CurlInUse {
public:
    CurlInUse() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw std::runtime_error("libcurl cannot start");
    }
    CurlInUse(const CurlInUse&) = delete;
    CurlInUse& operator=(const CurlInUse&) = delete;
    ~CurlInUse() { curl_global_cleanup(); }
};

struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle, option, value);
    if (code != CURLE_OK)
        throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

std::string url_of(const SmtpTarget& target, const std::string& ehlo_name) {
    const bool bracketed = target.host.find(':') != std::string::npos;
    return std::string(target.implicit_tls ? "smtps://" : "smtp://") + (bracketed ? "[" : "") +
           target.host + (bracketed ? "]" : "") + ':' + std::to_string(target.port) + '/' +
           ehlo_name;
}

long use_of_tls(StartTls starttls) {
    switch (starttls) {
    case StartTls::required: return CURLUSESSL_ALL;
    case StartTls::opportunistic: return CURLUSESSL_TRY;
    case StartTls::never: return CURLUSESSL_NONE;
    }
    return CURLUSESSL_ALL;
}

/// Failures before any answer that no waiting cures.
bool is_our_configuration(CURLcode code) {
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED: // STARTTLS required and not offered
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_LOGIN_DENIED: // no way of authentication in common
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return true;
    default: return false;
    }
}

Outcome outcome_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::delivered: return Outcome::delivered;
    case Verdict::permanent: return Outcome::permanent;
    case Verdict::config: return Outcome::misconfigured;
    case Verdict::ok: // the conversation ended elsewhere, so not asked about
    case Verdict::reconnect: return Outcome::unreachable;
    case Verdict::retry:
    case Verdict::unknown: return Outcome::retry;
    }
    return Outcome::retry;
}

/// A reply for the log. What is said about authentication may quote it.
std::string text_of(const Reply& reply, Phase phase, const Envelope& envelope) {
    std::string text = std::to_string(reply.code);
    if (const auto& e = reply.enhanced)
        text += ' ' + std::to_string(e->category) + '.' + std::to_string(e->subject) + '.' +
                std::to_string(e->detail);
    return phase == Phase::auth ? text : text + ' ' + log_text(reply.text, envelope);
}

/// One libcurl handle, and with it one connection that is kept between messages.
class SmtpCourier final : public Courier {
public:
    SmtpCourier(const SmtpTarget& target, const TransportOptions& options)
        : target_(target), options_(options) {
        open_handle();
    }
    ~SmtpCourier() override { close_handle(); }

    Delivery deliver(const Envelope& envelope) override {
        if (!handle_) open_handle();
        const auto ends = std::chrono::steady_clock::now() + options_.overall_timeout;
        CURLcode code = attempt(envelope, options_.overall_timeout);
        // The server may have closed the kept connection meanwhile, or closes it with a 421 when
        // asked for more.
        if (code != CURLE_OK && died_of_age()) {
            const auto left = std::chrono::floor<std::chrono::milliseconds>(
                ends - std::chrono::steady_clock::now());
            if (left.count() > 0) code = attempt(envelope, left);
        }
        return conclude(code, envelope);
    }

    void rest() override { close_handle(); }

    void abort() noexcept override {
        aborted_ = true;
        sockets_.cut();
    }

private:
    void open_handle();
    void close_handle() {
        // Cleaning up says QUIT and waits two minutes for an answer that nobody needs.
        sockets_.stop_reading();
        handle_.reset();
    }
    CURLcode attempt(const Envelope& envelope, std::chrono::milliseconds limit);
    bool died_of_age() const;
    Delivery conclude(CURLcode code, const Envelope& envelope) const;
    std::string failure_text(CURLcode code, const Envelope& envelope) const;

    // What libcurl calls; `self` is the courier.
    static std::size_t read(char* out, std::size_t size, std::size_t count, void* self);
    static std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
        return size * count;
    }
    static int observe(CURL*, curl_infotype type, char* data, std::size_t size, void* self);
    static int keep_going(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<SmtpCourier*>(self)->aborted_ ? 1 : 0;
    }
    static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) {
        return static_cast<SmtpCourier*>(self)->sockets_.open(
            address->family, address->socktype, address->protocol);
    }
    static int close_socket(void* self, curl_socket_t socket) {
        return static_cast<SmtpCourier*>(self)->sockets_.close(socket);
    }

    const SmtpTarget target_;
    const TransportOptions options_;
    const CurlInUse curl_;
    OpenSockets sockets_;
    std::atomic<bool> aborted_ = false;
    std::unique_ptr<CURL, FreeHandle> handle_;

    // Of the attempt under way.
    SmtpDialogue dialogue_;
    std::string_view unread_;
    bool on_kept_connection_ = false;
    std::array<char, CURL_ERROR_SIZE> error_{};
};

void SmtpCourier::open_handle() {
    handle_.reset(curl_easy_init());
    CURL* const h = handle_.get();
    if (h == nullptr) throw std::runtime_error("libcurl cannot start");
    set(h, CURLOPT_URL, url_of(target_, options_.ehlo_name).c_str());
    set(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(h, CURLOPT_PROXY, ""); // whatever the environment says
    if (!target_.user.empty()) {
        set(h, CURLOPT_USERNAME, target_.user.c_str());
        set(h, CURLOPT_PASSWORD, target_.password.c_str());
        // Not GSSAPI and NTLM, which libcurl would prefer, and which fail where there is a password
        // alone.
        set(h, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5;AUTH=DIGEST-MD5");
    }
    set(h, CURLOPT_USE_SSL, use_of_tls(options_.starttls));
    set(h, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    set(h, CURLOPT_SSL_VERIFYPEER, 1L);
    set(h, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.ca_file.empty()) {
        set(h, CURLOPT_CAINFO, options_.ca_file.c_str());
        set(h, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    set(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(h, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.overall_timeout.count()));
    set(h, CURLOPT_NOSIGNAL, 1L);
    set(h, CURLOPT_QUICK_EXIT, 1L); // a name server that is silent does not hold up the end
    set(h, CURLOPT_UPLOAD, 1L);
    set(h, CURLOPT_READFUNCTION, &SmtpCourier::read);
    set(h, CURLOPT_READDATA, this);
    set(h, CURLOPT_WRITEFUNCTION, &SmtpCourier::discard);
    set(h, CURLOPT_VERBOSE, 1L); // for DEBUGFUNCTION, which alone sees commands as well as replies
    set(h, CURLOPT_DEBUGFUNCTION, &SmtpCourier::observe);
    set(h, CURLOPT_DEBUGDATA, this);
    set(h, CURLOPT_NOPROGRESS, 0L);
    set(h, CURLOPT_XFERINFOFUNCTION, &SmtpCourier::keep_going);
    set(h, CURLOPT_XFERINFODATA, this);
    set(h, CURLOPT_OPENSOCKETFUNCTION, &SmtpCourier::open_socket);
    set(h, CURLOPT_OPENSOCKETDATA, this);
    set(h, CURLOPT_CLOSESOCKETFUNCTION, &SmtpCourier::close_socket);
    set(h, CURLOPT_CLOSESOCKETDATA, this);
    set(h, CURLOPT_ERRORBUFFER, error_.data());
}

CURLcode SmtpCourier::attempt(const Envelope& envelope, std::chrono::milliseconds limit) {
    dialogue_ = {};
    unread_ = envelope.data;
    on_kept_connection_ = !sockets_.empty();
    error_.front() = '\0';
    CURL* const h = handle_.get();
    const std::unique_ptr<curl_slist, FreeList> recipients{
        curl_slist_append(nullptr, envelope.to.c_str())};
    set(h, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    set(h, CURLOPT_MAIL_FROM, envelope.from.c_str());
    set(h, CURLOPT_MAIL_RCPT, recipients.get());
    set(h, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(envelope.data.size()));
    const CURLcode code = curl_easy_perform(h);
    long new_connections = 0;
    curl_easy_getinfo(h, CURLINFO_NUM_CONNECTS, &new_connections);
    on_kept_connection_ = on_kept_connection_ && new_connections == 0;
    set(h, CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(nullptr));
    return code;
}

/// Whether the attempt failed on a kept connection before the server had looked at the message.
bool SmtpCourier::died_of_age() const {
    const auto& reply = dialogue_.reply();
    return !aborted_ && on_kept_connection_ && dialogue_.phase() <= Phase::mail &&
           (!dialogue_.answered() || (reply && reply->code == 421));
}

Delivery SmtpCourier::conclude(CURLcode code, const Envelope& envelope) const {
    const Phase phase = dialogue_.phase();
    const auto& reply = dialogue_.reply();
    Delivery result;
    result.phase = phase;
    const Verdict verdict = code == CURLE_OK ? Verdict::delivered : classify(phase, reply);
    if (code == CURLE_OK || (reply && verdict != Verdict::ok)) {
        result.outcome = outcome_of(verdict);
        result.may_have_arrived = verdict == Verdict::unknown;
        result.reply = reply ? text_of(*reply, phase, envelope) : "250";
        return result;
    }
    result.may_have_arrived = phase == Phase::end_of_data;
    result.outcome = aborted_                     ? Outcome::unreachable
                     : result.may_have_arrived    ? Outcome::retry
                     : is_our_configuration(code) ? Outcome::misconfigured
                                                  : Outcome::unreachable;
    result.reply = failure_text(code, envelope);
    return result;
}

std::string SmtpCourier::failure_text(CURLcode code, const Envelope& envelope) const {
    if (aborted_) return "cut off: the mail sender is stopping";
    const char* const text = error_.front() != '\0' ? error_.data() : curl_easy_strerror(code);
    return log_text(text, envelope);
}

std::size_t SmtpCourier::read(char* out, std::size_t size, std::size_t count, void* self) {
    std::string_view& unread = static_cast<SmtpCourier*>(self)->unread_;
    const std::size_t taken = unread.copy(out, size * count);
    unread.remove_prefix(taken);
    return taken;
}

int SmtpCourier::observe(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
    auto& courier = *static_cast<SmtpCourier*>(self);
    const std::string_view bytes(data, size);
    if (type == CURLINFO_HEADER_IN) courier.dialogue_.received(bytes);
    if (type == CURLINFO_HEADER_OUT) courier.dialogue_.sent(bytes);
    // RFC 5321 section 4.1.1.10 wants QUIT sent; libcurl would also wait for its answer before it
    // tells the outcome.
    if (courier.dialogue_.quitting()) courier.sockets_.stop_reading();
    return 0;
}

} // namespace

std::unique_ptr<Courier> make_smtp_courier(
    const SmtpTarget& target, const TransportOptions& options) {
    return std::make_unique<SmtpCourier>(target, options);
}

} // namespace mfad::mail
