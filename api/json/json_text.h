// JSON text, written member by member: RapidJSON's writer with the types of this code. For .cc
// files of api/: RapidJSON is heavy.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::api::json {

// Whoever writes sees to the balance of starts and ends, and gives UTF-8.
class JsonText {
 public:
  JsonText() : writer_(buffer_) {}

  JsonText& object() { return did(writer_.StartObject()); }
  JsonText& end_object() { return did(writer_.EndObject()); }
  JsonText& array() { return did(writer_.StartArray()); }
  JsonText& end_array() { return did(writer_.EndArray()); }
  JsonText& key(std::string_view name) { return did(writer_.Key(name.data(), size(name))); }
  JsonText& text(std::string_view value) { return did(writer_.String(value.data(), size(value))); }
  JsonText& number(uint64_t value) { return did(writer_.Uint64(value)); }
  JsonText& integer(int64_t value) { return did(writer_.Int64(value)); }
  JsonText& real(double value) { return did(writer_.Double(value)); }
  // An object that was written before.
  JsonText& raw(std::string_view object) {
    return did(writer_.RawValue(object.data(), object.size(), rapidjson::kObjectType));
  }
  JsonText& null() { return did(writer_.Null()); }
  JsonText& boolean(bool value) { return did(writer_.Bool(value)); }

  JsonText& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonText& number(std::string_view name, uint64_t value) { return key(name).number(value); }
  JsonText& text_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }

  // What was written; the next document starts empty, in the same memory.
  std::string take() {
    std::string taken(buffer_.GetString(), buffer_.GetSize());
    buffer_.Clear();
    if (taken.size() > kKeptBytes) buffer_.ShrinkToFit();
    writer_.Reset(buffer_);
    return taken;
  }

 private:
  static constexpr size_t kKeptBytes = 256 * 1024;  // one long list does not pin memory for good

  static rapidjson::SizeType size(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
  }
  JsonText& did(bool) { return *this; }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

}  // namespace isthmus::api::json
