#include "encap/statistics/http_objects.h"

#include <algorithm>
#include <fmt/format.h>

#include "statistics/http_parts.h"

namespace encap {
namespace {

// What follows the last slash, slashes at the end apart; of nothing else than slashes one.
std::string_view base_name(std::string_view uri) {
  uri = uri.substr(0, uri.find('\0'));
  if (uri.empty()) return ".";
  const std::size_t last = uri.find_last_not_of('/');
  if (last == uri.npos) return "/";
  uri = uri.substr(0, last + 1);
  return uri.substr(uri.rfind('/') + 1);  // npos + 1 is 0
}

// The media type alone, in lower case.
std::string media_type(std::string_view text) {
  text = text.substr(0, text.find_first_of("; \t"));
  std::string type{text};
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

}  // namespace

void HttpObjects::take(const Dissection& dissection, const std::function<void(const HttpObject&)>& visit) {
  std::uint32_t stream = 0;
  for (const LayerEnds& ends : dissection.facts.ends) {
    if (ends.layer->name == "tcp") stream = ends.stream;
  }
  for_each_http_parts(dissection, [&](const HttpParts& parts) {
    std::string_view type;
    for_each_below(dissection, parts.layer, [&](const Item& item) {
      if (item.field == nullptr) return;
      if (item.field->name == "http.request.uri") {
        names_[stream] = base_name(item.string()).substr(0, longest_name);
        if (names_.size() > most_connections) names_.erase(names_.begin());
      } else if (item.field->name == "http.content_type" && type.empty()) {
        type = item.string();
      }
    });
    if (!parts.has_body) return;
    HttpObject object{dissection.frame_number, {}, parts.body};
    if (const auto known = names_.find(stream); known != names_.end()) {
      object.name = known->second;
    } else {
      object.name = fmt::format("object{}", object.frame);
      if (!type.empty()) object.name += '.' + media_type(type);
    }
    visit(object);
  });
}

std::string object_file_name(std::string_view name, std::uint64_t again) {
  constexpr std::size_t longest = 255;
  std::string safe;
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || std::string_view{"<>:\"\\|?*/"}.find(c) != std::string_view::npos) {
      safe += fmt::format("%{:02x}", octet);
    } else {
      safe += c;
    }
  }
  const std::string number = again == 0 ? std::string{} : fmt::format("({})", again);
  if (number.empty() && safe.size() <= longest) return safe;
  const std::size_t dot = safe.rfind('.');
  std::string extension;
  if (dot != std::string::npos && safe.size() - dot + number.size() < longest) {
    extension = safe.substr(dot);
    safe.resize(dot);
  }
  safe.resize(std::min(safe.size(), longest - number.size() - extension.size()));
  return safe + number + extension;
}

}  // namespace encap
