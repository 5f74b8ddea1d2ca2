#include "log_text.hpp"

#include <algorithm>

namespace mfad::mail {
namespace {

constexpr std::size_t longest = 200;
constexpr std::size_t longest_word = 48;
constexpr std::string_view withheld = "***";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return to_lower(x) == to_lower(y);
    });
}

/// The word without the punctuation around it.
std::string_view core_of(std::string_view word) {
    while (!word.empty() && !is_alphanumeric(word.front()))
        word.remove_prefix(1);
    while (!word.empty() && !is_alphanumeric(word.back()))
        word.remove_suffix(1);
    return word;
}

/// Whether a run of letters and digits that could be a code or part of a link stands in the
/// message.
bool quotes_message(std::string_view word, std::string_view message) {
    while (!word.empty()) {
        const auto end = std::find_if_not(word.begin(), word.end(), is_alphanumeric);
        const auto run = word.substr(0, static_cast<std::size_t>(end - word.begin()));
        if (run.size() >= 3 && std::any_of(run.begin(), run.end(), is_digit) &&
            message.find(run) != std::string_view::npos)
            return true;
        word.remove_prefix(std::min(word.size(), run.size() + 1));
    }
    return false;
}

bool tells_too_much(std::string_view word, const Envelope& envelope) {
    if (word.size() > longest_word || word.find('@') != std::string_view::npos ||
        word.find("://") != std::string_view::npos)
        return true;
    const std::string_view core = core_of(word);
    const std::string_view local = std::string_view(envelope.to).substr(0, envelope.to.find('@'));
    if (!core.empty() && equal_but_for_case(core, core_of(local))) return true;
    return quotes_message(word, envelope.data);
}

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
            c = ' ';
        else if (static_cast<unsigned char>(c) >= 0x80)
            c = '?';
    return out;
}

} // namespace

std::string log_text(std::string_view text, const Envelope& envelope) {
    const std::string clean = printable(text);
    std::string_view rest = clean;
    std::string out;
    while (!rest.empty() && out.size() < longest) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        if (word.empty()) continue;
        if (!out.empty()) out.push_back(' ');
        out.append(tells_too_much(word, envelope) ? withheld : word);
    }
    if (out.size() > longest) out.resize(longest);
    return out;
}

} // namespace mfad::mail
