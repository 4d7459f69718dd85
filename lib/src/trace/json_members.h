#pragma once

#include <cstdint>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string_view>

namespace encap::trace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

inline void key(Json& json, std::string_view name) {
  json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}
inline void value(Json& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
inline void member(Json& json, std::string_view name, std::string_view text) {
  key(json, name);
  value(json, text);
}
inline void member(Json& json, std::string_view name, std::uint64_t number) {
  key(json, name);
  json.Uint64(number);
}
inline void flag(Json& json, std::string_view name, bool is) {
  key(json, name);
  json.Bool(is);
}

}  // namespace encap::trace
