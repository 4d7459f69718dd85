#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "dissect/link_layer.h"
#include "dissect/link_names.h"

// Not shown: ATM's form (hardware type 19), whose addresses have lengths of their own. Off, as by default in tshark:
// the look-out for storms of requests.

namespace encap {
namespace {

constexpr ValueName opcodes[] = {{0, 0, "reserved"},
                                 {1, 1, "request"},
                                 {2, 2, "reply"},
                                 {3, 3, "reverse request"},
                                 {4, 4, "reverse reply"},
                                 {5, 5, "drarp request"},
                                 {6, 6, "drarp reply"},
                                 {7, 7, "drarp error"},
                                 {8, 8, "inverse request"},
                                 {9, 9, "inverse reply"},
                                 {10, 10, "arp nak"},
                                 {11, 11, "mars request"},
                                 {12, 12, "mars multi"},
                                 {13, 13, "mars mserv"},
                                 {14, 14, "mars join"},
                                 {15, 15, "mars leave"},
                                 {16, 16, "mars nak"},
                                 {17, 17, "mars unserv"},
                                 {18, 18, "mars sjoin"},
                                 {19, 19, "mars sleave"},
                                 {20, 20, "mars grouplist request"},
                                 {21, 21, "mars grouplist reply"},
                                 {22, 22, "mars redirect map"},
                                 {23, 23, "mapos unarp"},
                                 {24, 24, "experimental 1"},
                                 {25, 25, "experimental 2"},
                                 {65535, 65535, "reserved"}};
constexpr ValueName drarp_errors[] = {
    {1, 1, "restricted"}, {2, 2, "no address"}, {3, 3, "serverdown"}, {4, 4, "moved"}, {5, 5, "failure"}};

constexpr Field hardware_type{
    {"arp.hw.type", "Hardware type", 0, 16}, FieldType::uint16, {.names = hardware_type_names}};
constexpr Field protocol_type{
    {"arp.proto.type", "Protocol type", 16, 16}, FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr Field hardware_size{{"arp.hw.size", "Hardware size", 32, 8}, FieldType::uint8};
constexpr Field protocol_size{{"arp.proto.size", "Protocol size", 40, 8}, FieldType::uint8};
constexpr Field opcode_field{{"arp.opcode", "Opcode", 48, 16}, FieldType::uint16, {.names = opcodes}};
constexpr Field is_gratuitous{"arp.isgratuitous", "Is gratuitous", FieldType::boolean};
constexpr Field is_probe{"arp.isprobe", "Is probe", FieldType::boolean};
constexpr Field is_announcement{"arp.isannouncement", "Is announcement", FieldType::boolean};
constexpr Field source_hardware_octets{"arp.src.hw", "Sender hardware address", FieldType::bytes};
constexpr Field source_mac{"arp.src.hw_mac", "Sender MAC address", FieldType::ether};
constexpr Field source_protocol_octets{"arp.src.proto", "Sender protocol address", FieldType::bytes};
constexpr Field source_ipv4{"arp.src.proto_ipv4", "Sender IP address", FieldType::ipv4};
constexpr Field target_hardware_octets{"arp.dst.hw", "Target hardware address", FieldType::bytes};
constexpr Field target_mac{"arp.dst.hw_mac", "Target MAC address", FieldType::ether};
constexpr Field target_protocol_octets{"arp.dst.proto", "Target protocol address", FieldType::bytes};
constexpr Field target_ipv4{"arp.dst.proto_ipv4", "Target IP address", FieldType::ipv4};
constexpr Field drarp_error{
    "arp.dst.drarp_error_status", "DRARP error status", FieldType::uint16, {.names = drarp_errors}};
constexpr Field duplicate_frame{"arp.duplicate-address-frame", "Frame showing earlier use of IP address",
                                FieldType::frame_number};
constexpr Field duplicate_seconds{"arp.seconds-since-duplicate-address-frame", "Seconds since earlier frame seen",
                                  FieldType::uint32};
constexpr Note duplicate_note{{"arp.duplicate-address-detected", "Duplicate IP address configured", FieldType::none},
                              Severity::warning,
                              "Sequence"};
constexpr const Field* fields[] = {&hardware_type,
                                   &protocol_type,
                                   &hardware_size,
                                   &protocol_size,
                                   &opcode_field,
                                   &is_gratuitous,
                                   &is_probe,
                                   &is_announcement,
                                   &source_hardware_octets,
                                   &source_mac,
                                   &source_protocol_octets,
                                   &source_ipv4,
                                   &target_hardware_octets,
                                   &target_mac,
                                   &target_protocol_octets,
                                   &target_ipv4,
                                   &drarp_error,
                                   &duplicate_frame,
                                   &duplicate_seconds,
                                   &duplicate_note.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::ethertype, 0x0806}, {Table::ethertype, 0x8035}};

}  // namespace

extern const ProtocolInfo arp_protocol{
    {"arp", "Address Resolution Protocol", FieldType::protocol}, "ARP/RARP", dissect, bindings, fields};

namespace {

// Source: RFC 826, RFC 903, RFC 1931, RFC 2390, RFC 5227.
struct Opcode {
  static constexpr std::uint16_t request = 1, reply = 2, drarp_error = 7;
};

// Who is who in a line of the list.
enum class Who : std::uint8_t { nobody, sender_hardware, sender_protocol, target_hardware, target_protocol };

// The line of an operation: `before`, an address, `between`, another address.
struct Operation {
  std::uint16_t opcode;
  std::string_view protocol;
  std::string_view before;
  Who first = Who::nobody;
  std::string_view between{};
  Who second = Who::nobody;
};
constexpr Operation from_at(std::uint16_t opcode, std::string_view protocol, std::string_view before) {
  return {opcode, protocol, before, Who::sender_hardware, " at ", Who::sender_protocol};
}
constexpr Operation operations[] = {
    {0, "ARP", "Reserved opcode 0"},
    {1, "ARP", "Who has ", Who::target_protocol, "? Tell ", Who::sender_protocol},
    {2, "ARP", "", Who::sender_protocol, " is at ", Who::sender_hardware},
    {3, "RARP", "Who is ", Who::target_hardware, "? Tell ", Who::sender_hardware},
    {4, "RARP", "", Who::target_hardware, " is at ", Who::target_protocol},
    {5, "DRARP", "Who is ", Who::target_hardware, "? Tell ", Who::sender_hardware},
    {6, "DRARP", "", Who::target_hardware, " is at ", Who::target_protocol},
    {7, "DRARP", "DRARP Error"},
    {8, "Inverse ARP", "Who is ", Who::target_hardware, "? Tell ", Who::sender_hardware},
    {9, "Inverse ARP", "", Who::sender_hardware, " is at ", Who::sender_protocol},
    {10, "ARP", "ARP NAK"},
    from_at(11, "MARS", "MARS request from "),
    from_at(12, "MARS", "MARS MULTI request from "),
    from_at(13, "MARS", "MARS MSERV request from "),
    from_at(14, "MARS", "MARS JOIN request from "),
    from_at(15, "MARS", "MARS LEAVE from "),
    from_at(16, "MARS", "MARS NAK from "),
    from_at(17, "MARS", "MARS UNSERV request from "),
    from_at(18, "MARS", "MARS SJOIN request from "),
    from_at(19, "MARS", "MARS SLEAVE from "),
    from_at(20, "MARS", "MARS grouplist request from "),
    from_at(21, "MARS", "MARS grouplist reply from "),
    from_at(22, "MARS", "MARS redirect map from "),
    from_at(23, "MAPOS", "MAPOS UNARP request from "),
    {24, "ARP", "Experimental 1 ( opcode 24 )"},
    {25, "ARP", "Experimental 2 ( opcode 25 )"},
    {65535, "ARP", "Reserved opcode 65535"}};

// Who used which address last. A machine that answers for more addresses than this is not looked at closer.
struct Memory final : FlowMemory {
  static constexpr std::size_t most_addresses = 1 << 16;
  struct Use {
    std::uint64_t hardware;
    std::uint64_t frame;
    std::int64_t seconds;
  };
  std::unordered_map<std::uint32_t, Use> uses;
};

// One packet's addresses: lengths, and where they lie.
struct Message {
  std::uint16_t hardware_type, protocol_type, opcode;
  std::uint8_t hardware_size, protocol_size;
  std::uint32_t sender_hardware, sender_protocol, target_hardware, target_protocol, end;

  [[nodiscard]] bool is_ether() const noexcept {
    return (hardware_type == 1 || hardware_type == 6) && hardware_size == 6;
  }
  [[nodiscard]] bool is_ipv4() const noexcept { return protocol_type == 0x0800 && protocol_size == 4; }
};

std::string_view address_text(Packet& p, const Octets& in, const Message& m, Who who) {
  const bool hardware = who == Who::sender_hardware || who == Who::target_hardware;
  const std::uint32_t at = who == Who::sender_hardware   ? m.sender_hardware
                           : who == Who::target_hardware ? m.target_hardware
                           : who == Who::sender_protocol ? m.sender_protocol
                                                         : m.target_protocol;
  const std::uint8_t size = hardware ? m.hardware_size : m.protocol_size;
  if (size == 0) return "<No address>";
  if (hardware && m.is_ether()) return p.text_of(p.address(Address::Kind::ether, in, at));
  if (!hardware && m.is_ipv4()) return p.text_of(p.address(Address::Kind::ipv4, in, at));
  std::string_view digits;
  for (const std::byte octet : p.octets(in, at, size))
    digits = p.value("{}{:02x}", digits, std::to_integer<unsigned>(octet));
  return digits;
}

// Notes the use of an IPv4 address. Whether another machine used it before.
bool note_use(Packet& p, const Octets& in, std::uint32_t hardware_at, std::uint32_t ip, std::string_view& duplicate) {
  Memory& memory = p.session->flow({FlowKey::Transport::icmp, {}, {}, 0x0806, 0x0806}).remember<Memory>();
  const std::uint64_t hardware = p.number<6>(in, hardware_at);
  const std::int64_t now = p.time().seconds();
  const auto at = memory.uses.find(ip);
  if (at == memory.uses.end()) {
    if (memory.uses.size() < Memory::most_addresses)
      memory.uses.emplace(ip, Memory::Use{hardware, p.frame_number(), now});
    return false;
  }
  Memory::Use& use = at->second;
  if (use.hardware == hardware) {
    use.frame = p.frame_number();
    use.seconds = now;
    return false;
  }
  duplicate = p.value("{}.{}.{}.{}", ip >> 24, ip >> 16 & 0xff, ip >> 8 & 0xff, ip & 0xff);
  if (p.wants_items()) {
    Address before{{}, Address::Kind::ether, 6};
    for (unsigned i = 0; i < 6; ++i) before.octets[i] = static_cast<std::uint8_t>(use.hardware >> (40 - 8 * i));
    const ItemId tree =
        p.add_text(p.top, in, hardware_at, 0,
                   p.text("Duplicate IP address detected for {} ({}) - also in use by {} (frame {})", duplicate,
                          p.text_of(p.address(Address::Kind::ether, in, hardware_at)), p.text_of(before), use.frame));
    p.generated(tree);
    const ItemId frame = p.generated(p.add(tree, duplicate_frame, in, hardware_at, 0, use.frame));
    p.note(frame, duplicate_note, p.value("Duplicate IP address configured ({})", duplicate));
    p.generated(p.add(tree, duplicate_seconds, in, hardware_at, 0, static_cast<std::uint64_t>(now - use.seconds)));
  }
  return true;
}

bool is_one_machine(Bytes hardware) noexcept {
  return (std::to_integer<unsigned>(hardware[0]) & 1u) == 0 && !all_zero(hardware);
}

void add_items(Packet& p, ItemId layer, const Octets& in, const Message& m) {
  if (m.hardware_size != 0) {
    p.add(layer, m.is_ether() ? source_mac : source_hardware_octets, in, m.sender_hardware, m.hardware_size);
  }
  if (m.protocol_size != 0) {
    p.add(layer, m.is_ipv4() ? source_ipv4 : source_protocol_octets, in, m.sender_protocol, m.protocol_size);
  }
  if (m.hardware_size != 0) {
    p.add(layer, m.is_ether() ? target_mac : target_hardware_octets, in, m.target_hardware, m.hardware_size);
  }
  if (m.opcode == Opcode::drarp_error) {
    p.set_text(p.add(layer, drarp_error, in, m.target_protocol, 1), {});
  } else if (m.protocol_size != 0) {
    p.add(layer, m.is_ipv4() ? target_ipv4 : target_protocol_octets, in, m.target_protocol, m.protocol_size);
  }
}

std::uint32_t dissect(Packet& p, const Octets& all) {
  const InFull in_full{p};
  p.set_protocol("ARP");
  p.clear_info();
  Message m{};
  m.hardware_type = p.u16(all, 0);
  ItemId layer = ItemId::none;
  if (p.wants_layers()) {
    layer = p.add_layer(arp_protocol, all, 0, all.captured);
    p.add(layer, {&hardware_type, &protocol_type, &hardware_size, &protocol_size, &opcode_field}, all);
  }
  m.protocol_type = p.u16(all, 2);
  m.hardware_size = p.u8(all, 4);
  m.protocol_size = p.u8(all, 5);
  m.opcode = p.u16(all, 6);
  if (p.stopped()) return 0;
  m.sender_hardware = 8;
  m.sender_protocol = m.sender_hardware + m.hardware_size;
  m.target_hardware = m.sender_protocol + m.protocol_size;
  m.target_protocol = m.target_hardware + m.hardware_size;
  m.end = m.target_protocol + m.protocol_size;
  const Octets in = all.cut(m.end);

  const auto* const operation = std::find_if(std::begin(operations), std::end(operations),
                                             [&](const Operation& o) { return o.opcode == m.opcode; });
  const bool known = operation != std::end(operations);
  if (known) p.set_protocol(operation->protocol);
  if (!p.need(in, 0, m.end)) return in.reported;

  const bool asks = m.opcode == Opcode::request;
  const bool answers = m.opcode == Opcode::reply;
  const Bytes sender_hardware = in.bytes().subspan(m.sender_hardware, m.hardware_size);
  const Bytes sender_protocol = in.bytes().subspan(m.sender_protocol, m.protocol_size);
  const Bytes target_hardware = in.bytes().subspan(m.target_hardware, m.hardware_size);
  const Bytes target_protocol = in.bytes().subspan(m.target_protocol, m.protocol_size);
  const bool gratuitous =
      (asks || answers) && !sender_protocol.empty() && std::ranges::equal(sender_protocol, target_protocol);
  const bool announces = gratuitous && asks && all_zero(target_hardware);
  const bool probes = asks && !gratuitous && all_zero(target_hardware) && all_zero(sender_protocol);

  if (p.columns()) {
    const auto text = [&](Who who) { return address_text(p, in, m, who); };
    if (probes) {
      p.append_info_format("Who has {}? (ARP Probe)", text(Who::target_protocol));
    } else if (announces) {
      p.append_info_format("ARP Announcement for {}", text(Who::target_protocol));
    } else if (gratuitous) {
      p.append_info_format("Gratuitous ARP for {} ({})", text(Who::target_protocol), asks ? "Request" : "Reply");
    } else if (!known) {
      p.append_info_format("Unknown ARP opcode 0x{:04x}", m.opcode);
    } else {
      p.append_info(operation->before);
      if (operation->first != Who::nobody) {
        const std::string_view first = text(operation->first);
        const std::string_view second = text(operation->second);
        p.append_info_format("{}{}{}", first, operation->between, second);
      }
    }
  }
  if (p.wants_items()) {
    const std::string_view name = find_name(opcodes, m.opcode);
    p.set_text(layer, probes         ? "Address Resolution Protocol (ARP Probe)"
                      : announces    ? "Address Resolution Protocol (ARP Announcement)"
                      : gratuitous   ? asks ? "Address Resolution Protocol (request/gratuitous ARP)"
                                            : "Address Resolution Protocol (reply/gratuitous ARP)"
                      : name.empty() ? p.text("Address Resolution Protocol (opcode 0x{:04x})", m.opcode)
                                     : p.text("Address Resolution Protocol ({})", name));
    if (gratuitous) p.generated(p.add(layer, is_gratuitous, in, 0, 0, 1));
    if (probes) p.generated(p.add(layer, is_probe, in, 0, 0, 1));
    if (announces) p.generated(p.add(layer, is_announcement, in, 0, 0, 1));
    add_items(p, layer, in, m);
  }

  if (p.session != nullptr && !p.in_error && (asks || answers) && m.is_ether() && m.is_ipv4()) {
    bool duplicate = false;
    std::string_view which;
    if (const std::uint32_t ip = p.u32(in, m.sender_protocol); ip != 0 && is_one_machine(sender_hardware)) {
      duplicate = note_use(p, in, m.sender_hardware, ip, which);
    }
    // What a request says of its target's hardware address is meaningless.
    if (const std::uint32_t ip = p.u32(in, m.target_protocol); ip != 0 && answers && is_one_machine(target_hardware)) {
      duplicate = note_use(p, in, m.target_hardware, ip, which);
    }
    if (duplicate) p.append_info_format(" (duplicate use of {} detected!)", which);
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
