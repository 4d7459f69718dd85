#include <string>
#include <string_view>

#include "encap/base/byte_order.h"
#include "encap/flow/dhcp_text.h"
#include "encap/flow/dns_text.h"
#include "support/fuzz.h"

namespace {

using namespace encap;

/// Walks over a name; returns what stands behind it.
std::size_t behind_name(Bytes message, std::size_t at) {
  for (;;) {
    ENCAP_FUZZ_CHECK(at < message.size());
    const std::size_t length = load_u8(message, at);
    if (length >= 0xc0) {
      ENCAP_FUZZ_CHECK(at + 2 <= message.size());
      ENCAP_FUZZ_CHECK((load_be16(message, at) & 0x3fffu) < at);  // a pointer goes back
      return at + 2;
    }
    ENCAP_FUZZ_CHECK(length <= 63);
    at += 1 + length;
    if (length == 0) return at;
  }
}

/// What is written holds together: the counts and lengths in it end where the message ends.
void check(Bytes message, const DnsText& text) {
  ENCAP_FUZZ_CHECK(message.size() >= 12 && message.size() <= 65535);
  ENCAP_FUZZ_CHECK(load_be16(message, 4) == 1);
  const std::size_t records = std::size_t{load_be16(message, 6)} + load_be16(message, 8);
  ENCAP_FUZZ_CHECK(records == text.answer_count);
  std::size_t at = behind_name(message, 12) + 4;
  for (std::size_t i = 0; i < records; ++i) {
    at = behind_name(message, at);
    ENCAP_FUZZ_CHECK(at + 10 <= message.size());
    at += 10 + std::size_t{load_be16(message, at + 8)};
  }
  ENCAP_FUZZ_CHECK(at == message.size());
}

void read_dns(std::string_view text, const DnsContext& context) {
  DnsText read = read_dns_text(text, context);
  if (read.kind == DnsText::Kind::none) return;
  for (std::size_t i = 0; i < read.answer_count; ++i) {
    test::touch(as_bytes(read.answers[i].owner));
    test::touch(as_bytes(read.answers[i].value));
  }
  if (read.name.empty()) read.name = "asked.example";
  std::string out;
  if (write_dns_message(read, false, out)) check(as_bytes(out), read);
}

}  // namespace

// A text of a DNS or DHCP message, of any octets, said by either side.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  read_dns(text, {});
  read_dns(text, {.from_server = false});
  for (const DnsType type : {DnsType::a, DnsType::ptr, DnsType::txt, DnsType::mx}) {
    read_dns(text, {.from_server = true, .asked_name = "x.org", .asked_type = type});
  }
  for (const std::optional<bool> from_server : {std::optional<bool>{}, std::optional{false}, std::optional{true}}) {
    if (const auto read = read_dhcp_text(text, from_server)) {
      std::string out;
      write_dhcp_message({.type = read->type, .requested_address = read->address, .host_name = text}, out);
      ENCAP_FUZZ_CHECK(out.size() >= 300 && out.size() < 600);
    }
  }
  return 0;
}
