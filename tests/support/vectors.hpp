#pragma once

#include <boost/json.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace mfad::test {

/// A file of tests/data, whole.
inline std::string read_data(const std::string& name) {
    std::ifstream file(std::string(MFAD_TEST_DATA "/") + name, std::ios::binary);
    if (!file) throw std::runtime_error("no test data: " + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// A file of test vectors in tests/data/vectors.
inline boost::json::value read_vectors(const std::string& name) {
    return boost::json::parse(read_data("vectors/" + name));
}

/// The string member `name` of a vector.
inline std::string text(const boost::json::value& vector, std::string_view name) {
    return std::string(vector.at(name).as_string());
}

} // namespace mfad::test
