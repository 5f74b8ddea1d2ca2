#include "percent.hpp"

#include "mfad/http/ascii.hpp"

namespace mfad::http {
bool append_percent_decoded(std::string& out, std::string_view text, Plus plus) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::space) {
            out.push_back(' ');
        } else if (text[i] != '%') {
            out.push_back(text[i]);
        } else {
            if (text.size() - i < 3) return false;
            const int high = ascii::hex_value(text[i + 1]);
            const int low = ascii::hex_value(text[i + 2]);
            if (high < 0 || low < 0) return false;
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    return true;
}

} // namespace mfad::http
