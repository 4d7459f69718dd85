#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/wire/ip_address.h"

namespace encap {

/// Types of resource records that a text may name. Source: IANA "Domain Name System (DNS) Parameters".
enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  https = 65,
  any = 255,
  caa = 257
};

/// One record of the answer section.
struct DnsAnswer {
  std::string_view owner{};  ///< empty: the name that was asked for
  DnsType type = DnsType::a;
  std::optional<std::uint32_t> time_to_live{};  ///< seconds
  std::uint16_t preference = 10;                ///< of an MX record
  IpAddress address{};                          ///< of an A or AAAA record
  std::string_view value{};  ///< a name (CNAME, NS, PTR, MX), or the text of a TXT record, in quotes or without
};

/// What a text says of a DNS message. Lifetime: answers borrow the text they were read from.
struct DnsText {
  enum class Kind : std::uint8_t { none, query, response };
  static constexpr std::size_t most_answers = 48;

  Kind kind = Kind::none;
  std::optional<std::uint16_t> id{};
  std::string name{};             ///< asked for, without the dot at its end; empty in answers that do not say it
  std::optional<DnsType> type{};  ///< asked for, where the text says so
  std::uint8_t rcode = 0;         ///< RFC 1035 §4.1.1
  std::array<DnsAnswer, most_answers> answers{};
  std::size_t answer_count = 0;
};

/// What decides how a text is meant that may be a question or an answer.
struct DnsContext {
  std::optional<bool> from_server{};  ///< nullopt: nobody knows
  std::string_view asked_name{};      ///< the name that was asked for last, empty when none was
  std::optional<DnsType> asked_type{};
};

/// Reads what people write for a DNS message: a name or an address alone, `A example.com`, `Query: example.com`,
/// `example.com -> 192.0.2.1`, `MX 10 mail.example.com`, `NXDOMAIN`, the words of Wireshark's Info column
/// (`Standard query response 0x1234 A example.com A 192.0.2.1`), of tcpdump, dig, host and nslookup. The kind is none
/// when the text is nothing of the sort. Cost: linear in the text.
[[nodiscard]] DnsText read_dns_text(std::string_view text, const DnsContext& context = {});

/// Whether a text can stand in a DNS message as a name: labels of 1 to 63 letters, digits, `-`, `_` or `*` with dots
/// between them, 253 octets at most. A dot at the end is none of its own. Source: RFC 1035 §2.3.4, RFC 2181 §11.
[[nodiscard]] bool is_dns_name(std::string_view name) noexcept;

/// The name under which the host name of an address is found. Source: RFC 1035 §3.5, RFC 3596 §2.5.
[[nodiscard]] std::string reverse_dns_name(const IpAddress& address);

/// Writes the message of RFC 1035 §4 that a text says, names compressed: recursion desired, in a response also
/// available. What the text leaves open is an identification of 0, type A and a time to live of 300 s. Replaces the
/// content of `out`; with `length_prefix` the length stands in front of it, as over TCP (RFC 1035 §4.2.2). False when
/// it is longer than 65535 octets, or a name is none. Precondition: the kind is not none.
[[nodiscard]] bool write_dns_message(const DnsText& text, bool length_prefix, std::string& out);

}  // namespace encap
