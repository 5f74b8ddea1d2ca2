#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <stdlib.h>

namespace mfad::test {

/// A directory for one test, for this user alone, gone afterwards.
class PrivateDir {
public:
    PrivateDir() {
        std::string name = (std::filesystem::temp_directory_path() / "mfad-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        path_ = name;
    }
    PrivateDir(const PrivateDir&) = delete;
    PrivateDir& operator=(const PrivateDir&) = delete;
    ~PrivateDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

    /// Writes a file in it; the path of that.
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        const std::filesystem::path path = path_ / name;
        std::ofstream file(path, std::ios::binary);
        file << content;
        if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
        return path;
    }

private:
    std::filesystem::path path_;
};

/// A file, whole.
inline std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace mfad::test
