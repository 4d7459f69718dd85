#include <algorithm>
#include <string>

#include "encap/flow/crafter.h"
#include "encap/trace/explainer.h"
#include "encap/trace/explanation_render.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

constexpr LinkType links[] = {LinkType::null, LinkType::raw, LinkType::ethernet, LinkType::linux_sll};
constexpr std::uint32_t mtus[] = {128, 576, 1280, 1500};

/// The first octet chooses how packets are made.
CraftOptions options_of(std::uint8_t choice) {
  CraftOptions options;
  options.origins = true;
  options.mode = (choice & 1) != 0 ? CraftOptions::Mode::segments : CraftOptions::Mode::session;
  options.payload = (choice & 2) != 0 ? CraftOptions::Payload::verbatim : CraftOptions::Payload::complete;
  options.link_type = links[choice >> 2 & 3];
  options.mtu = mtus[choice >> 4 & 3];
  return options;
}

/// Up to the next line feed, which is taken as well.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return line;
}

void check_text(const std::string& text) {
  // No text of a message writes to the terminal.
  for (const char c : text) ENCAP_FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
}

}  // namespace

/// An octet of options, a line with the ids that are wanted, and a line for each message: an octet of transport,
/// direction and family, its id, and behind a tab what it says. A message ends with its line; `\x01` stands for a line
/// feed in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most_messages = 64;
  if (size == 0) return 0;
  std::string_view rest = as_text(input_bytes(data, size).subspan(1));
  auto wanted = MessageSelection::parse(take_line(rest));
  if (!wanted) {
    ENCAP_FUZZ_CHECK(!wanted.error().empty());
    return 0;
  }
  Explainer explainer{std::move(*wanted)};
  Crafter crafter{options_of(data[0]), explainer};
  for (std::size_t row = 1; row <= most_messages && !rest.empty(); ++row) {
    std::string_view line = take_line(rest);
    const unsigned choice = line.empty() ? 0 : static_cast<unsigned char>(line[0]);
    line.remove_prefix(std::min<std::size_t>(line.size(), 1));
    const std::size_t tab = std::min(line.find('\t'), line.size());
    std::string payload{line.substr(std::min(line.size(), tab + 1))};
    std::replace(payload.begin(), payload.end(), '\x01', '\n');
    Message message;
    message.file = "t.csv";
    message.row = row;
    message.line = row + 1;
    message.id = line.substr(0, tab);
    message.protocol = (choice & 8) != 0 ? "HTTP" : "CHAT";
    message.transport = (choice & 1) != 0 ? Transport::udp : Transport::tcp;
    const IpAddress here = (choice & 4) != 0 ? IpAddress{Ipv6Address{}} : IpAddress{Ipv4Address{0x7f000001}};
    message.source = {"a", here, Port{(choice & 2) != 0 ? std::uint16_t{80} : std::uint16_t{50000}}};
    message.destination = {"b", here, Port{(choice & 2) != 0 ? std::uint16_t{50000} : std::uint16_t{80}}};
    message.payload = as_bytes(payload);
    explainer.note_row(message.id);
    static_cast<void>(crafter.push(message));  // some rows cannot be sent, over IPv6 with a small MTU for one
  }
  static_cast<void>(crafter.finish());
  const auto explanation = explainer.finish("t.csv");
  if (!explanation) {
    check_text(explanation.error());
    return 0;
  }
  std::string text;
  append_explanation_text(text, *explanation, false);
  check_text(text);
  text.clear();
  append_explanation_html(text, *explanation);
  check_text(text.substr(text.find("<main")));
  text.clear();
  append_explanation_json(text, *explanation);
  ENCAP_FUZZ_CHECK(text.starts_with('{') && text.ends_with("}\n"));
  return 0;
}
