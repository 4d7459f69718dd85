#pragma once

#include <cstdint>
#include <string_view>

#include "dissect/items.h"

namespace encap {

/// What the statistics of HTTP read of one message. Lifetime: that of the dissection.
struct HttpMessageFacts {
  std::string_view method;  ///< of a request; empty: it is none
  std::string_view uri;
  std::string_view host;
  bool is_response = false;
  std::uint64_t code = 0;
  std::string_view code_text;  ///< as the table of codes has it
};

/// Calls `visit(message)` for every HTTP message that the packet completes.
template <class Visit>
void for_each_http_message(const Dissection& dissection, Visit visit) {
  if (!has_layer(dissection, "http")) return;
  for_each_layer(dissection, "http", [&](ItemId layer) {
    HttpMessageFacts message;
    bool is_request = false;
    for_each_below(dissection, layer, [&](const Item& item) {
      if (item.field == nullptr || !item.field->name.starts_with("http.")) return;
      const std::string_view name = item.field->name.substr(5);
      if (name == "request") {
        is_request = true;
      } else if (name == "request.method") {
        message.method = item.string();
      } else if (name == "request.uri") {
        message.uri = item.string();
      } else if (name == "host" && message.host.empty()) {
        message.host = item.string();
      } else if (name == "response.code") {
        message.is_response = true;
        message.code = item.number;
      } else if (name == "response.code.desc") {
        message.code_text = item.string();
      }
    });
    if (!is_request) message.method = {};
    visit(message);
  });
}

}  // namespace encap
