#include "encap/interop/tins.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <tins/dot1q.h>
#include <tins/dot3.h>
#include <tins/ethernetII.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/loopback.h>
#include <tins/pppoe.h>
#include <tins/rawpdu.h>
#include <tins/sll.h>
#include <tins/tcp.h>
#include <tins/udp.h>
#include <utility>

#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/null_loopback.h"

namespace encap {
namespace {

const std::uint8_t* octets(Bytes in) noexcept { return reinterpret_cast<const std::uint8_t*>(in.data()); }
Bytes octets(const Tins::byte_array& in) noexcept { return std::as_bytes(std::span{in}); }

/// Runs `work`, which returns a Result, and turns what libtins throws into its error.
template <class Work>
auto guarded(const char* layer, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    const std::string words = thrown.what();
    return unexpected(TinsError{layer, words.empty() ? "refused without a reason" : words});
  }
}

/// A header of no octets around a stack. An IP PDU that has nothing around it takes itself for the packet of a raw
/// socket: it asks the host's routes for a missing source address, and on some systems writes its length in host order.
class Envelope final : public Tins::PDU {
 public:
  explicit Envelope(Tins::PDU& stack) { inner_pdu(&stack); }
  Envelope(const Envelope&) = delete;
  Envelope& operator=(const Envelope&) = delete;
  ~Envelope() override { static_cast<void>(release_inner_pdu()); }

  [[nodiscard]] std::uint32_t header_size() const override { return 0; }
  [[nodiscard]] Envelope* clone() const override { throw std::logic_error{"an envelope is not copied"}; }
  [[nodiscard]] PDUType pdu_type() const override { return USER_DEFINED_PDU; }

 private:
  void write_serialization(std::uint8_t* /*buffer*/, std::uint32_t /*size*/) override {}
};

/// Calls a function when it goes out of scope.
class Restore {
 public:
  Restore() = default;
  explicit Restore(std::function<void()> how) : how_{std::move(how)} {}
  Restore(Restore&& other) noexcept : how_{std::exchange(other.how_, nullptr)} {}
  Restore& operator=(Restore&&) = delete;
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;
  ~Restore() {
    if (how_) how_();
  }

 private:
  std::function<void()> how_;
};

/// Whether libtins counts an IP option as fewer octets than it writes, as 4.0 does with every option that has a length
/// octet: its padding then lies over the first octets of what the packet carries. Tried once, so that a library that
/// counts right is used as it is.
bool ip_options_spoil_the_payload() {
  static const bool spoil = [] {
    auto probe = Tins::IP("127.0.0.1", "127.0.0.1") / Tins::RawPDU("x");
    probe.stream_identifier(1);
    return probe.serialize().back() != 'x';
  }();
  return spoil;
}

bool has_option_with_length(const Tins::IP& ip) {
  return std::ranges::any_of(ip.options(), [](const auto& option) { return option.option().number > Tins::IP::NOOP; });
}

// What libtins would write wrong: it writes lengths modulo 2^16 and header lengths modulo 2^4.
std::optional<TinsError> refusal(const Tins::PDU& stack) {
  const auto beyond = [](const char* layer, std::uint32_t octets, std::uint32_t most) -> std::optional<TinsError> {
    if (octets <= most) return std::nullopt;
    return TinsError{layer, std::to_string(octets) + " octets, its length field counts to " + std::to_string(most)};
  };
  constexpr std::uint32_t most = 65535;
  for (const Tins::PDU* at = &stack; at != nullptr; at = at->inner_pdu()) {
    std::optional<TinsError> found;
    switch (at->pdu_type()) {
      case Tins::PDU::IP:
        found = beyond("IP header", at->header_size(), 60);
        if (!found) found = beyond("IP", at->size(), most);
        if (!found && has_option_with_length(static_cast<const Tins::IP&>(*at)) && ip_options_spoil_the_payload()) {
          found = TinsError{"IP", "options, of which this libtins counts an octet too few each"};
        }
        break;
      case Tins::PDU::IPv6:
        found = beyond("IPv6 payload", at->size() - static_cast<std::uint32_t>(Ipv6View::header_length), most);
        break;
      case Tins::PDU::TCP:
        found = beyond("TCP header", at->header_size(), 60);
        break;
      case Tins::PDU::UDP:
        found = beyond("UDP", at->size(), most);
        break;
      case Tins::PDU::PPPOE:
        found = beyond("PPPoE payload", at->size() - 6, most);
        break;
      default:
        break;
    }
    if (found) return found;
  }
  return std::nullopt;
}

Result<Tins::byte_array, TinsError> serialize(Tins::PDU& stack) {
  if (auto error = refusal(stack)) return unexpected(*std::move(error));
  return guarded("", [&]() -> Result<Tins::byte_array, TinsError> { return Envelope{stack}.serialize(); });
}

/// Sets a type field that was left at 0 for as long as the result lives.
template <class Pdu, class Value>
Restore set_while_zero(Pdu& pdu, Value (Pdu::*get)() const, void (Pdu::*set)(Value), Value value) {
  if ((pdu.*get)() != 0) return {};
  (pdu.*set)(value);
  return Restore{[&pdu, set] { (pdu.*set)(0); }};
}

/// Tells the innermost PDU what it carries, where it has a field for that and the octets leave no doubt.
Restore announce(Tins::PDU& innermost, Bytes payload) {
  const auto four = Ipv4View::parse(payload);
  const auto six = Ipv6View::parse(payload);
  const bool is_four = four.has_value() && four->bytes().size() == payload.size();
  const bool is_six = six.has_value() && six->bytes().size() == payload.size();
  if (!is_four && !is_six) return {};
  const auto type = static_cast<std::uint16_t>(is_four ? EtherType::ipv4 : EtherType::ipv6);
  const auto protocol = static_cast<std::uint8_t>(is_four ? Protocol::ipv4 : Protocol::ipv6);
  switch (innermost.pdu_type()) {
    case Tins::PDU::ETHERNET_II:
      return set_while_zero(static_cast<Tins::EthernetII&>(innermost), &Tins::EthernetII::payload_type,
                            &Tins::EthernetII::payload_type, type);
    case Tins::PDU::DOT1Q:
      return set_while_zero(static_cast<Tins::Dot1Q&>(innermost), &Tins::Dot1Q::payload_type,
                            &Tins::Dot1Q::payload_type, type);
    case Tins::PDU::SLL:
      return set_while_zero(static_cast<Tins::SLL&>(innermost), &Tins::SLL::protocol, &Tins::SLL::protocol, type);
    case Tins::PDU::IP:
      return set_while_zero(static_cast<Tins::IP&>(innermost), &Tins::IP::protocol, &Tins::IP::protocol, protocol);
    case Tins::PDU::IPv6:
      return set_while_zero(static_cast<Tins::IPv6&>(innermost), &Tins::IPv6::next_header, &Tins::IPv6::next_header,
                            protocol);
    default:
      return {};
  }
}

/// PPPoE counts what it carries (RFC 2516 §4), but libtins fills that in for discovery tags alone.
Restore count_session_payload(Tins::PDU& stack) {
  auto* const session = stack.find_pdu<Tins::PPPoE>();
  if (session == nullptr || !session->tags().empty() || session->payload_length() != 0) return {};
  session->payload_length(static_cast<std::uint16_t>(session->size() - session->header_size()));
  return Restore{[session] { session->payload_length(0); }};
}

template <class Pdu>
Result<std::unique_ptr<Tins::PDU>, TinsError> parse(const char* layer, Bytes in) {
  return guarded(layer, [in]() -> Result<std::unique_ptr<Tins::PDU>, TinsError> {
    return std::make_unique<Pdu>(octets(in), static_cast<std::uint32_t>(in.size()));
  });
}

Result<std::unique_ptr<Tins::PDU>, TinsError> parse_ip(Bytes in) {
  if (in.empty()) return unexpected(TinsError{"IP", "no octets"});
  const unsigned version = load_u8(in, 0) >> 4;
  if (version == 4) return parse<Tins::IP>("IP", in);
  if (version == 6) return parse<Tins::IPv6>("IPv6", in);
  return unexpected(TinsError{"IP", "version " + std::to_string(version)});
}

Result<std::unique_ptr<Tins::PDU>, TinsError> parse_loopback(Bytes in) {
  const auto header = NullLoopbackView::parse(in);
  if (!header) return unexpected(TinsError{"Loopback", to_string(header.error())});
  // libtins would take the family for this host's own number, and a header of the other byte order for no family.
  auto loopback = std::make_unique<Tins::Loopback>();
  loopback->family(header->family());
  Result<std::unique_ptr<Tins::PDU>, TinsError> inner;
  switch (header->family()) {
    case 2:
      inner = parse<Tins::IP>("IP", header->payload());
      break;
    case 24:
    case 28:
    case 30:
      inner = parse<Tins::IPv6>("IPv6", header->payload());
      break;
    default:
      inner = parse<Tins::RawPDU>("RawPDU", header->payload());
      break;
  }
  if (!inner) return inner;
  loopback->inner_pdu(inner->release());
  return loopback;
}

}  // namespace

std::string to_string(const TinsError& error) {
  return "libtins: " + (error.layer.empty() ? "" : error.layer + ": ") + error.reason;
}

Result<std::vector<std::byte>, TinsError> to_bytes(Tins::PDU& stack) {
  const Restore counted = count_session_payload(stack);
  const auto serialized = serialize(stack);
  if (!serialized) return unexpected(serialized.error());
  const Bytes bytes = octets(*serialized);
  return std::vector<std::byte>{bytes.begin(), bytes.end()};
}

Result<void, TinsError> append(PacketBuffer& buffer, Tins::PDU& stack) {
  const Restore counted = count_session_payload(stack);
  const auto serialized = serialize(stack);
  if (!serialized) return unexpected(serialized.error());
  buffer.append(octets(*serialized));
  return {};
}

Result<void, TinsError> prepend(PacketBuffer& buffer, Tins::PDU& outer) {
  Tins::PDU* innermost = &outer;
  std::size_t header_length = outer.header_size();
  while (innermost->inner_pdu() != nullptr) {
    innermost = innermost->inner_pdu();
    header_length += innermost->header_size();
  }
  const Bytes payload = buffer.bytes();
  const Restore announced = announce(*innermost, payload);
  innermost->inner_pdu(new Tins::RawPDU{octets(payload), static_cast<std::uint32_t>(payload.size())});
  const Restore attached{[innermost] { innermost->inner_pdu(static_cast<Tins::PDU*>(nullptr)); }};
  const Restore counted = count_session_payload(outer);
  const auto serialized = serialize(outer);
  if (!serialized) return unexpected(serialized.error());
  const Bytes all = octets(*serialized);
  buffer.append(all.subspan(header_length + payload.size()));
  const MutableBytes front = buffer.prepend(header_length);
  std::ranges::copy(all.first(header_length), front.begin());
  return {};
}

Result<std::unique_ptr<Tins::PDU>, TinsError> to_pdu(const PacketRecord& record) {
  switch (record.link_type) {
    case LinkType::null:
    case LinkType::loop:
      return parse_loopback(record.bytes);
    case LinkType::ethernet: {
      const auto frame = EthernetView::parse(record.bytes);
      // Below 0x0600 the field is the length of an IEEE 802.3 frame (IEEE 802.3 §3.2.6).
      const bool has_length = frame.has_value() && static_cast<unsigned>(frame->type()) < 0x0600;
      if (has_length) return parse<Tins::Dot3>("Dot3", record.bytes);
      return parse<Tins::EthernetII>("EthernetII", record.bytes);
    }
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return parse_ip(record.bytes);
    case LinkType::linux_sll:
      return parse<Tins::SLL>("SLL", record.bytes);
    case LinkType::linux_sll2:
      break;
  }
  return unexpected(TinsError{"", "no PDU for link type " + std::to_string(static_cast<unsigned>(record.link_type))});
}

}  // namespace encap
