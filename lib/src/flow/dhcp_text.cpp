#include "encap/flow/dhcp_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "flow/phrases.h"

namespace encap {
namespace {

using namespace phrasing;

/// What a phrase does to the text it stands in.
enum class Says : std::uint8_t {
  type,
  neutral,  ///< nothing: the word in front of it still counts
  server,   ///< an address follows that is the server's
  subnet_mask,
  router,
  name_server,
  lease_time,
  xid
};

constexpr std::uint16_t number_of(DhcpType type) noexcept { return static_cast<std::uint16_t>(type); }

constexpr Phrase<Says> phrases[] = {
    {"discover", Says::type, number_of(DhcpType::discover)},
    {"discovers", Says::type, number_of(DhcpType::discover)},
    {"discovery", Says::type, number_of(DhcpType::discover)},
    {"discovering", Says::type, number_of(DhcpType::discover)},
    {"offer", Says::type, number_of(DhcpType::offer)},
    {"offers", Says::type, number_of(DhcpType::offer)},
    {"offered", Says::type, number_of(DhcpType::offer)},
    {"offering", Says::type, number_of(DhcpType::offer)},
    {"request", Says::type, number_of(DhcpType::request)},
    {"requests", Says::type, number_of(DhcpType::request)},
    {"requesting", Says::type, number_of(DhcpType::request)},
    {"decline", Says::type, number_of(DhcpType::decline)},
    {"declines", Says::type, number_of(DhcpType::decline)},
    {"declining", Says::type, number_of(DhcpType::decline)},
    {"ack", Says::type, number_of(DhcpType::ack)},
    {"acks", Says::type, number_of(DhcpType::ack)},
    {"acknowledge", Says::type, number_of(DhcpType::ack)},
    {"acknowledges", Says::type, number_of(DhcpType::ack)},
    {"acknowledged", Says::type, number_of(DhcpType::ack)},
    {"acknowledging", Says::type, number_of(DhcpType::ack)},
    {"acknowledgment", Says::type, number_of(DhcpType::ack)},
    {"acknowledgement", Says::type, number_of(DhcpType::ack)},
    {"nak", Says::type, number_of(DhcpType::nak)},
    {"nack", Says::type, number_of(DhcpType::nak)},
    {"naks", Says::type, number_of(DhcpType::nak)},
    {"nacks", Says::type, number_of(DhcpType::nak)},
    {"release", Says::type, number_of(DhcpType::release)},
    {"releases", Says::type, number_of(DhcpType::release)},
    {"releasing", Says::type, number_of(DhcpType::release)},
    {"inform", Says::type, number_of(DhcpType::inform)},
    {"informs", Says::type, number_of(DhcpType::inform)},
    {"informing", Says::type, number_of(DhcpType::inform)},

    {"is", Says::neutral},
    {"at", Says::neutral},
    {"the", Says::neutral},
    {"ip", Says::neutral},
    {"ipv4", Says::neutral},
    {"address", Says::neutral},
    {"id", Says::neutral},
    {"identifier", Says::neutral},
    {"time", Says::neutral},
    {"of", Says::neutral},

    {"server", Says::server},
    {"from", Says::server},
    {"by", Says::server},
    {"siaddr", Says::server},
    {"mask", Says::subnet_mask},
    {"subnet", Says::subnet_mask},
    {"subnet mask", Says::subnet_mask},
    {"netmask", Says::subnet_mask},
    {"router", Says::router},
    {"gateway", Says::router},
    {"default gateway", Says::router},
    {"gw", Says::router},
    {"dns", Says::name_server},
    {"dns server", Says::name_server},
    {"name server", Says::name_server},
    {"lease", Says::lease_time},
    {"lease time", Says::lease_time},
    {"xid", Says::xid},
    {"transaction", Says::xid},
    {"transaction id", Says::xid},
};

/// Seconds in what stands behind a number.
constexpr Phrase<std::uint32_t> units[] = {
    {"m", 60},       {"min", 60},  {"minute", 60}, {"minutes", 60}, {"h", 3600},      {"hour", 3600},
    {"hours", 3600}, {"d", 86400}, {"day", 86400}, {"days", 86400}, {"week", 604800}, {"weeks", 604800},
};

std::optional<std::uint32_t> read_number(std::string_view digits, int base = 10) noexcept {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// Six octets in hexadecimal with colons or hyphens between them.
std::optional<MacAddress> read_mac(std::string_view word) noexcept {
  MacAddress address;
  if (word.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < address.octets.size(); ++i) {
    const auto value = read_number(word.substr(3 * i, 2), 16);
    if (!value || (i != 0 && word[3 * i - 1] != ':' && word[3 * i - 1] != '-')) return std::nullopt;
    address.octets[i] = static_cast<std::uint8_t>(*value);
  }
  return address;
}

/// Takes a text apart, word by word.
class Scan {
 public:
  Scan(std::string_view text, std::optional<bool> from_server) : rest_{text}, from_server_{from_server} {
    while (!rest_.empty()) step();
  }

  [[nodiscard]] std::optional<DhcpText> result() const noexcept { return found_ ? std::optional{read_} : std::nullopt; }

 private:
  static constexpr bool is_part(char c) noexcept { return is_alphanumeric(c) || c == '.' || c == ':' || c == '-'; }

  void step() {
    if (!is_alphanumeric(rest_.front())) {
      rest_.remove_prefix(1);
      return;
    }
    // No word that we know is longer; what is behind that length is looked at as a word of its own.
    static constexpr std::size_t longest_word = 64;
    std::string_view word = rest_.substr(0, longest_word);
    const auto end = std::find_if_not(word.begin(), word.end(), is_part);
    word = word.substr(0, static_cast<std::size_t>(end - word.begin()));
    while (!is_alphanumeric(word.back())) word.remove_suffix(1);
    if (take_value(word)) return;
    // `DHCPDISCOVER`, as RFC 2131 writes it.
    constexpr std::string_view dhcp = "dhcp";
    if (word.size() > dhcp.size() && equals_ignoring_case(word.substr(0, dhcp.size()), dhcp)) {
      rest_.remove_prefix(dhcp.size());
      expected_ = Says::neutral;
      return;
    }
    const auto found = find_phrase(std::span<const Phrase<Says>>{phrases}, rest_);
    if (found.phrase == nullptr) {
      expected_ = Says::neutral;
      first_ = first_ && equals_ignoring_case(word, dhcp);
      const std::size_t colon = word.find(':');
      rest_.remove_prefix(std::min(colon == std::string_view::npos ? word.size() : colon + 1, rest_.size()));
      return;
    }
    if (found.phrase->meaning == Says::type) {
      take_type(static_cast<DhcpType>(found.phrase->value));
      expected_ = Says::neutral;
    } else if (found.phrase->meaning != Says::neutral) {
      expected_ = found.phrase->meaning;
    }
    first_ = false;
    rest_.remove_prefix(found.length);
  }

  /// The first kind that is named counts. `Server denies the request` is none of a server's, unless the text begins
  /// with it: then the table has the sides wrong.
  void take_type(DhcpType type) noexcept {
    const bool fits = first_ || !from_server_ || *from_server_ == is_from_server(type);
    if (found_ || !fits) return;
    read_.type = type;
    found_ = true;
  }

  /// Takes a number, an address or a hardware address.
  bool take_value(std::string_view word) {
    if (const auto mac = read_mac(word)) {
      if (!read_.client_hardware) read_.client_hardware = mac;
    } else if (const auto address = Ipv4Address::parse(word)) {
      take_address(*address);
    } else if (!is_digit(word.front()) || !take_number(word)) {
      return false;
    }
    rest_.remove_prefix(std::min(word.size(), rest_.size()));
    expected_ = Says::neutral;
    return true;
  }

  void take_address(Ipv4Address address) noexcept {
    std::optional<Ipv4Address>& place = expected_ == Says::server        ? read_.server
                                        : expected_ == Says::subnet_mask ? read_.subnet_mask
                                        : expected_ == Says::router      ? read_.router
                                        : expected_ == Says::name_server ? read_.name_server
                                                                         : read_.address;
    if (!place) place = address;
  }

  bool take_number(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) {
      const auto value = read_number(word.substr(2), 16);
      if (value && !read_.xid) read_.xid = value;
      return value.has_value();
    }
    const auto digits = static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_digit) - word.begin());
    const auto value = read_number(word.substr(0, digits));
    if (!value) return false;
    if (expected_ == Says::xid && digits == word.size()) {
      if (!read_.xid) read_.xid = value;
    } else if (expected_ == Says::lease_time && !read_.lease_time) {
      std::string_view unit = rest_.substr(digits);
      unit.remove_prefix(std::min(unit.find_first_not_of(" \t"), unit.size()));
      const auto found = find_phrase(std::span<const Phrase<std::uint32_t>>{units}, unit);
      const std::uint64_t seconds = std::uint64_t{*value} * (found.phrase == nullptr ? 1 : found.phrase->meaning);
      read_.lease_time = static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds, UINT32_MAX));
    }
    return true;
  }

  std::string_view rest_;
  std::optional<bool> from_server_;
  DhcpText read_;
  bool found_ = false;
  bool first_ = true;  // only DHCP stands in front
  Says expected_ = Says::neutral;
};

/// Options of RFC 2132, by the numbers it gives them.
enum class Option : std::uint8_t {
  subnet_mask = 1,
  router = 3,
  name_server = 6,
  host_name = 12,
  requested_address = 50,
  lease_time = 51,
  message_type = 53,
  server_identifier = 54,
  parameter_request_list = 55,
  client_identifier = 61,
  end = 255
};

constexpr std::size_t least_message = 300;
constexpr std::size_t longest_option = 255;

class Writer {
 public:
  explicit Writer(std::string& out) : out_{out} { out.clear(); }

  void u8(std::size_t value) { out_.push_back(static_cast<char>(value)); }
  void u32(std::uint32_t value) {
    for (const unsigned shift : {24u, 16u, 8u, 0u}) u8(value >> shift & 0xff);
  }
  void zeros(std::size_t count) { out_.append(count, '\0'); }
  void mac(const MacAddress& address) {
    for (const std::uint8_t octet : address.octets) u8(octet);
  }
  void option(Option code, std::size_t length) {
    u8(static_cast<std::uint8_t>(code));
    u8(length);
  }
  void option(Option code, std::optional<Ipv4Address> address) {
    if (address) number(code, address->value);
  }
  void option(Option code, std::optional<std::uint32_t> value) {
    if (value) number(code, *value);
  }
  void text(Option code, std::string_view value) {
    if (value.empty() || value.size() > longest_option) return;
    option(code, value.size());
    out_.append(value);
  }

 private:
  void number(Option code, std::uint32_t value) {
    option(code, std::size_t{4});
    u32(value);
  }
  std::string& out_;
};

}  // namespace

std::optional<DhcpText> read_dhcp_text(std::string_view text, std::optional<bool> from_server) {
  static constexpr std::size_t most_read = 4096;
  return Scan{text.substr(0, most_read), from_server}.result();
}

void write_dhcp_message(const DhcpMessage& message, std::string& out) {
  Writer writer{out};
  writer.u8(is_from_server(message.type) ? 2 : 1);  // BOOTREPLY, BOOTREQUEST
  writer.u8(1);                                     // Ethernet
  writer.u8(message.client_hardware.octets.size());
  writer.u8(0);  // relays passed
  writer.u32(message.xid);
  writer.zeros(4);  // seconds, flags
  writer.u32(message.client_address.value);
  writer.u32(message.your_address.value);
  writer.zeros(8);  // next server, relay agent
  writer.mac(message.client_hardware);
  writer.zeros(10 + 64 + 128);  // the rest of chaddr; sname, file
  writer.u32(0x63825363);       // RFC 2131 §3: what tells DHCP from BOOTP
  writer.option(Option::message_type, std::size_t{1});
  writer.u8(static_cast<std::uint8_t>(message.type));
  if (!is_from_server(message.type)) {
    writer.option(Option::client_identifier, 1 + message.client_hardware.octets.size());
    writer.u8(1);
    writer.mac(message.client_hardware);
  }
  writer.option(Option::requested_address, message.requested_address);
  writer.option(Option::server_identifier, message.server);
  writer.option(Option::lease_time, message.lease_time);
  writer.option(Option::subnet_mask, message.subnet_mask);
  writer.option(Option::router, message.router);
  writer.option(Option::name_server, message.name_server);
  writer.text(Option::host_name, message.host_name);
  // RFC 2131 §4.4.1: what a client wants to know it asks for each time.
  if (message.type == DhcpType::discover || message.type == DhcpType::request || message.type == DhcpType::inform) {
    static constexpr std::array wanted{Option::subnet_mask, Option::router, Option::name_server, Option::lease_time};
    writer.option(Option::parameter_request_list, wanted.size());
    for (const Option option : wanted) writer.u8(static_cast<std::uint8_t>(option));
  }
  writer.u8(static_cast<std::uint8_t>(Option::end));
  if (out.size() < least_message) writer.zeros(least_message - out.size());
}

}  // namespace encap
