#include "dissect/http_message.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "dissect/text.h"

namespace encap::http {
namespace {

// Methods of RFC 9110, WebDAV and its kin, UPnP, and Microsoft's; those first that most requests have.
constexpr std::string_view methods[] = {"GET",
                                        "POST",
                                        "HEAD",
                                        "PUT",
                                        "DELETE",
                                        "OPTIONS",
                                        "PATCH",
                                        "CONNECT",
                                        "BASELINE-CONTROL",
                                        "BCOPY",
                                        "BDELETE",
                                        "BMOVE",
                                        "BPROPFIND",
                                        "BPROPPATCH",
                                        "CCM_POST",
                                        "CHECKIN",
                                        "CHECKOUT",
                                        "COPY",
                                        "LABEL",
                                        "LOCK",
                                        "MERGE",
                                        "MKACTIVITY",
                                        "MKCOL",
                                        "MKWORKSPACE",
                                        "MOVE",
                                        "POLL",
                                        "PROPFIND",
                                        "PROPPATCH",
                                        "REPORT",
                                        "RPC_CONNECT",
                                        "RPC_IN_DATA",
                                        "RPC_OUT_DATA",
                                        "SEARCH",
                                        "SSTP_DUPLEX_POST",
                                        "TRACE",
                                        "UNCHECKOUT",
                                        "UNLOCK",
                                        "UPDATE",
                                        "VERSION-CONTROL"};
constexpr std::string_view notifications[] = {"NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE"};

}  // namespace

bool starts_message(std::string_view line, Kind& kind, std::string_view& method) noexcept {
  if (line.starts_with("M-")) line.remove_prefix(2);  // a mandatory extension, RFC 2774
  if (line.starts_with("HTTP/") || line.starts_with("ICY")) {
    kind = Kind::answers;
    return true;
  }
  if (line.empty()) return false;
  const std::string_view word = line.substr(0, line.find(' '));
  if (word.ends_with(':')) return false;  // a field line, as nearly all are
  for (const std::string_view known : methods) {
    if (word == known) {
      kind = Kind::asks;
      method = word;
      return true;
    }
  }
  for (const std::string_view known : notifications) {
    if (word == known) {
      kind = Kind::notifies;
      method = word;
      return true;
    }
  }
  return false;
}

std::string_view take_token(std::string_view& line) noexcept {
  std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view token = line.substr(0, end);
  while (end < line.size() && line[end] == ' ') ++end;
  line.remove_prefix(end);
  return token;
}

std::uint32_t status_code(std::string_view line) noexcept {
  if (take_token(line).empty()) return 0;
  const std::string_view code = take_token(line);
  std::size_t used = 0;
  const auto number = leading_number(code, 10, used);
  return code.size() == 3 && used == 3 && number.value_or(0) > 0 ? static_cast<std::uint32_t>(*number) : 0;
}

bool is_valid_header_name(std::string_view name) noexcept {
  static constexpr auto allowed = [] {
    std::array<bool, 256> made{};
    for (unsigned c = '0'; c <= '9'; ++c) made[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) made[c] = made[c - 32] = true;
    for (const char c : std::string_view{"!#$%&\\:*+-.^_`|~"}) made[static_cast<unsigned char>(c)] = true;
    return made;
  }();
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return allowed[static_cast<unsigned char>(c)]; });
}

bool read_transfer_coding(std::string_view value, Message& message) noexcept {
  struct Known {
    std::string_view name;
    Coding coding;
  };
  static constexpr Known known[] = {{"compress", Coding::compressed},   {"deflate", Coding::compressed},
                                    {"gzip", Coding::compressed},       {"identity", Coding::identity},
                                    {"x-compress", Coding::compressed}, {"x-gzip", Coding::compressed}};
  bool all_known = true;
  message.coding = Coding::unknown;
  while (true) {
    value.remove_prefix(std::min(value.find_first_not_of(" \t,"), value.size()));
    if (value.empty()) return all_known;
    if (constexpr std::string_view chunks = "chunked"; value.starts_with(chunks)) {
      message.chunked = true;
      value.remove_prefix(chunks.size());
      continue;
    }
    if (message.coding != Coding::unknown) return false;
    const auto* const found = std::find_if(std::begin(known), std::end(known),
                                           [value](const Known& entry) { return value.starts_with(entry.name); });
    if (found != std::end(known)) {
      message.coding = found->coding;
      value.remove_prefix(found->name.size());
    } else {
      all_known = false;
      const std::size_t comma = value.find(',');
      if (comma == value.npos) return false;
      value.remove_prefix(comma);
    }
  }
}

}  // namespace encap::http
