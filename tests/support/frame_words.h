// The words of a line that tells a frame.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "dataplane/net/ip.h"

namespace isthmus::test {

// Reads a text word by word.
class FrameWords {
 public:
  explicit FrameWords(std::string_view text) : words_(std::string(text)), text_(text) {}
  std::optional<std::string> next() {
    std::string word;
    if (!(words_ >> word)) return std::nullopt;
    return word;
  }
  std::string must(std::string_view what) {
    auto word = next();
    if (!word) throw std::runtime_error(fmt::format("'{}' lacks {}", text_, what));
    return *word;
  }
  net::IpAddress address(const std::string& word) const {
    const auto address = net::IpAddress::parse(word);
    if (!address) throw std::runtime_error(fmt::format("'{}' is no address in '{}'", word, text_));
    return *address;
  }
  // "10.0.0.4:443", "[fd00::4]:443", or without a port.
  std::pair<net::IpAddress, uint16_t> end(std::string word) const {
    uint16_t port = 0;
    const bool is_v6_alone = word.find("::") != std::string::npos && word.front() != '[';
    const size_t colon = word.rfind(':');
    if (!is_v6_alone && colon != std::string::npos && word.back() != ']') {
      port = static_cast<uint16_t>(std::stoi(word.substr(colon + 1)));
      word.resize(colon);
    }
    if (word.front() == '[') word = word.substr(1, word.size() - 2);
    return {address(word), port};
  }

 private:
  std::istringstream words_;
  std::string text_;
};

}  // namespace isthmus::test
