#include "session_checker.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "encap/wire/checksum.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/tcp.h"

namespace encap::test {
namespace {

constexpr std::size_t most_findings = 20;
constexpr Duration delayed_ack = std::chrono::milliseconds{40};
constexpr Duration longest_delay = std::chrono::milliseconds{500};  // RFC 9293 §3.8.6.3

/// A TCP segment as it passed the tap.
struct Passed {
  std::size_t frame;
  Timestamp at;
  Route route;
  TcpView tcp;
  std::optional<std::uint16_t> identification;
  std::size_t network_length;
};

/// The options of one segment.
struct OptionsFound {
  std::optional<std::uint16_t> maximum_segment_size;
  std::optional<std::uint8_t> window_scale;
  bool sack_permitted = false;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps;
};

std::optional<OptionsFound> options_of(const TcpView& tcp) {
  const auto options = TcpOptionsView::parse(tcp.options());
  if (!options) return std::nullopt;
  OptionsFound found;
  for (const TcpOption option : *options) {
    switch (option.kind) {
      case TcpOptionKind::maximum_segment_size:
        found.maximum_segment_size = load_be16(option.value, 0);
        break;
      case TcpOptionKind::window_scale:
        found.window_scale = load_u8(option.value, 0);
        break;
      case TcpOptionKind::sack_permitted:
        found.sack_permitted = true;
        break;
      case TcpOptionKind::timestamps:
        found.timestamps = {load_be32(option.value, 0), load_be32(option.value, 4)};
        break;
      default:
        break;
    }
  }
  return found;
}

class Findings {
 public:
  void add(std::size_t frame, const std::string& text) {
    if (texts.size() < most_findings) texts.push_back("frame " + std::to_string(frame) + ": " + text);
  }
  std::vector<std::string> texts;
};

/// The packets between two endpoints over TCP: one connection, or several one after another.
class ConversationChecker {
 public:
  ConversationChecker(Findings& findings, const SessionRules& rules)
      : findings_{&findings}, rules_{rules}, half_trip_{rules.round_trip / 2} {}

  void expect(const SentMessage& message) { messages_.push_back(&message); }

  void check(const Passed& segment) {
    frame_ = segment.frame;
    const TcpFlags flags = segment.tcp.flags();
    if (flags == TcpFlags::syn) {
      if (state_ != State::closed && rules_.close != Close::none) say("opens again before the connection has ended");
      if (state_ != State::closed) end_of_connection();
      begin(segment);
    }
    if (state_ == State::closed) return say("a segment of no connection");
    const unsigned from = segment.route == client_to_server_ ? 0 : 1;
    Side& side = sides_[from];
    Side& peer = sides_[1 - from];
    const auto options = options_of(segment.tcp);
    if (!options) return say("broken options");

    check_network(segment, side);
    check_handshake(segment, from, *options);
    check_clock(segment, *options, side, peer);
    check_acknowledgment(segment, side, peer);
    check_data(segment, from, side, peer);
    check_ending(segment, from);
    note(segment, side, peer, *options);
  }

  void finish(std::size_t frame) {
    frame_ = frame;
    if (state_ != State::closed) end_of_connection();
    if (message_ != messages_.size()) {
      say(std::to_string(messages_.size() - message_) + " of " + std::to_string(messages_.size()) +
          " messages missing");
    }
  }

 private:
  enum class State { closed, syn, syn_ack, open, client_fin, server_fin };
  struct Progress {
    Timestamp at;
    std::uint32_t number;  // relative to the initial sequence number
    std::uint32_t window;  // octets, in acknowledgements
  };
  struct Unanswered {
    Timestamp at;
    std::uint32_t end;
    std::size_t octets;
  };
  struct Side {
    SequenceNumber iss;
    std::uint32_t snd_nxt = 0;                  // relative to iss
    std::optional<std::uint32_t> acknowledged;  // the last number this side sent, relative to the peer's iss
    std::deque<Progress> sent;                  // what passed less than half a round trip ago, and the last before
    std::deque<Progress> answers;               // acknowledgements this side sent, likewise
    std::deque<Unanswered> unanswered;          // data of the peer this side has not acknowledged
    std::optional<std::uint32_t> clock;
    std::map<std::uint32_t, Timestamp> clocks;  // and when each passed first
    std::optional<std::uint16_t> identification;
    std::uint8_t shift = 0;
    std::uint32_t maximum_segment_size = 0;
  };

  void say(const std::string& text) { findings_->add(frame_, text); }

  /// The youngest entry that the other host may know about at `at`.
  static const Progress* known(std::deque<Progress>& of, Timestamp at, Duration half_trip) {
    while (of.size() > 1 && of[1].at + half_trip <= at) of.pop_front();
    return !of.empty() && of.front().at + half_trip <= at ? &of.front() : nullptr;
  }

  void begin(const Passed& segment) {
    const std::optional<SequenceNumber> before =
        opened_ ? std::optional{sides_[segment.route == client_to_server_ ? 0 : 1].iss} : std::nullopt;
    if (before && *before == segment.tcp.sequence_number())
      say("a new connection with the old initial sequence number");
    opened_ = true;
    client_to_server_ = segment.route;
    sides_[0] = Side{};
    sides_[1] = Side{};
    sides_[0].iss = segment.tcp.sequence_number();
    state_ = State::syn;
    reset_ = false;
  }

  void check_network(const Passed& segment, Side& side) {
    if (segment.identification) {
      if (side.identification && *segment.identification != static_cast<std::uint16_t>(*side.identification + 1)) {
        say("IP identification does not go up by one");
      }
      side.identification = segment.identification;
    }
    if (segment.network_length > rules_.mtu) say("a packet above the MTU");
    if (segment.tcp.urgent_pointer() != 0) say("an urgent pointer");
  }

  void check_handshake(const Passed& segment, unsigned from, const OptionsFound& options) {
    const TcpFlags flags = segment.tcp.flags();
    const bool syn = flags.has(TcpFlags::syn);
    Side& side = sides_[from];
    if (syn) {
      const std::size_t network = segment.route.source.address.is_ipv4() ? 20 : 40;
      if (!options.maximum_segment_size || !options.window_scale || !options.sack_permitted || !options.timestamps) {
        say("a SYN without MSS, window scale, SACK-permitted and timestamps");
        return;
      }
      side.maximum_segment_size = *options.maximum_segment_size;
      side.shift = *options.window_scale;
      if (side.maximum_segment_size != rules_.mtu - network - 20) say("the MSS is not that of the MTU");
      if (side.shift > 14) say("a window scale above 14");
      if (!segment.tcp.payload().empty()) say("a SYN with data");
    } else if (options.maximum_segment_size || options.window_scale || options.sack_permitted) {
      say("an option that belongs on a SYN");
    }
    switch (state_) {
      case State::syn:
        if (flags == TcpFlags::syn && from == 0) {
          if (segment.tcp.acknowledgment_number() != SequenceNumber{0}) say("a SYN with an acknowledgment number");
          if (side.snd_nxt != 0) say("a second SYN");
        } else if (flags == (TcpFlags::syn | TcpFlags::ack) && from == 1) {
          side.iss = segment.tcp.sequence_number();
          state_ = State::syn_ack;
        } else {
          say("not the SYN-ACK");
        }
        break;
      case State::syn_ack:
        if (flags != TcpFlags::ack || from != 0 || !segment.tcp.payload().empty())
          say("not the third of the handshake");
        state_ = State::open;
        handshake_ack_ = true;
        break;
      default:
        if (syn) say("a SYN in the connection");
        break;
    }
  }

  void check_clock(const Passed& segment, const OptionsFound& options, Side& side, const Side& peer) {
    if (!options.timestamps) {
      if (!segment.tcp.flags().has(TcpFlags::rst)) say("no timestamps");
      return;
    }
    const auto [value, echo] = *options.timestamps;
    if (side.clock && static_cast<std::int32_t>(value - *side.clock) < 0) say("TSval goes back");
    side.clock = value;
    side.clocks.emplace(value, segment.at);
    if (segment.tcp.flags() == TcpFlags::syn) {
      if (echo != 0) say("a SYN that echoes a timestamp");
    } else if (const auto echoed = peer.clocks.find(echo); echoed == peer.clocks.end()) {
      say("TSecr is none that the peer sent");
    } else if (echoed->second + half_trip_ > segment.at) {
      say("TSecr is one that has not arrived");
    }
  }

  void check_acknowledgment(const Passed& segment, Side& side, Side& peer) {
    const TcpFlags flags = segment.tcp.flags();
    if (flags == TcpFlags::syn) return;
    if (!flags.has(TcpFlags::ack)) return say("no ACK flag");
    const std::uint32_t number = segment.tcp.acknowledgment_number().value - peer.iss.value;
    const Progress* const arrived = known(peer.sent, segment.at, half_trip_);
    if (arrived == nullptr || static_cast<std::int32_t>(arrived->number - number) < 0) {
      say("acknowledges what has not arrived: " + std::to_string(number) + " of " +
          std::to_string(arrived == nullptr ? 0 : arrived->number));
    }
    if (side.acknowledged && static_cast<std::int32_t>(number - *side.acknowledged) < 0)
      say("an acknowledgement moves back");
    const bool pure = segment.tcp.payload().empty() && flags == TcpFlags::ack && !handshake_ack_;
    if (pure && side.acknowledged && number == *side.acknowledged) say("the same acknowledgement twice");
    check_delay(segment, side, number, pure);
    side.acknowledged = number;
    const std::uint32_t shift = flags.has(TcpFlags::syn) ? 0 : side.shift;
    side.answers.push_back({segment.at, number, std::uint32_t{segment.tcp.window()} << shift});
  }

  /// RFC 5681 §4.2: alone, an acknowledgement waits for a second segment or for its time.
  void check_delay(const Passed& segment, Side& side, std::uint32_t number, bool pure) {
    std::size_t answered = 0;
    std::optional<Unanswered> first;
    while (!side.unanswered.empty() && side.unanswered.front().end <= number) {
      const Unanswered& data = side.unanswered.front();
      if (!first) first = data;
      if (segment.at - data.at > rules_.round_trip + longest_delay) say("acknowledged after more than half a second");
      ++answered;
      side.unanswered.pop_front();
    }
    // Where fewer than six segments fit into the window, each is answered.
    const bool large = side.maximum_segment_size * 6 > 64000;
    if (pure && first && answered < 2 && !large && segment.at - first->at < delayed_ack) {
      say("a pure acknowledgement of one segment after " + std::to_string((segment.at - first->at).count()) + " ns");
    }
    handshake_ack_ = false;
  }

  void check_data(const Passed& segment, unsigned from, Side& side, Side& peer) {
    const Bytes payload = segment.tcp.payload();
    const TcpFlags flags = segment.tcp.flags();
    const std::uint32_t number = segment.tcp.sequence_number().value - side.iss.value;
    if (number != side.snd_nxt) {
      say("sequence number " + std::to_string(number) + ", " + std::to_string(side.snd_nxt) + " was next");
    }
    if (payload.empty()) {
      if (flags.has(TcpFlags::psh)) say("PSH without data");
      return;
    }
    if (state_ != State::open) say("data outside the open connection");
    if (payload.size() + segment.tcp.options().size() > peer.maximum_segment_size)
      say("a segment above the peer's MSS");
    const Progress* const heard = known(peer.answers, segment.at, half_trip_);
    if (heard == nullptr) {
      say("data before the handshake is known to be over");
    } else if (number + payload.size() - heard->number > heard->window) {
      say(std::to_string(number + payload.size() - heard->number) + " octets in flight, the window is " +
          std::to_string(heard->window));
    }
    if (message_ == messages_.size()) return say("data nobody sent");
    const SentMessage& message = *messages_[message_];
    if (segment.route != message.route) return say("data of the wrong side");
    if (segment.at < message.at) say("data before its message");
    if (offset_ == 0 && last_from_ && *last_from_ != from && segment.at < last_data_ + half_trip_) {
      say("an answer before the question has arrived");
    }
    const std::string_view rest = std::string_view{message.payload}.substr(offset_);
    if (!rest.starts_with(as_text(payload))) return say("data that differ from the message");
    offset_ += payload.size();
    const bool last = offset_ == message.payload.size();
    if (flags.has(TcpFlags::psh) != last) say(last ? "no PSH on the last of a message" : "PSH within a message");
    if (last) {
      ++message_;
      offset_ = 0;
    }
    last_from_ = from;
    last_data_ = segment.at;
  }

  void check_ending(const Passed& segment, unsigned from) {
    const TcpFlags flags = segment.tcp.flags();
    if (reset_) say("a segment behind the reset");
    if (flags.has(TcpFlags::rst)) {
      if (rules_.close != Close::rst || from != 0 || state_ != State::open) say("a reset that was not asked for");
      reset_ = true;
    }
    if (flags.has(TcpFlags::fin)) {
      if (flags != (TcpFlags::fin | TcpFlags::ack) || !segment.tcp.payload().empty()) say("not a plain FIN");
      if (state_ == State::open && from == 0 && rules_.close == Close::fin) {
        state_ = State::client_fin;
      } else if (state_ == State::client_fin && from == 1) {
        state_ = State::server_fin;
      } else {
        say("a FIN that was not its turn");
      }
    } else if (state_ == State::client_fin) {
      say("not the server's FIN");
    } else if (state_ == State::server_fin) {
      if (flags != TcpFlags::ack || from != 0) say("not the last acknowledgement");
    }
  }

  void note(const Passed& segment, Side& side, Side& peer, const OptionsFound&) {
    const TcpFlags flags = segment.tcp.flags();
    const auto length = static_cast<std::uint32_t>(segment.tcp.payload().size());
    side.snd_nxt += length + (flags.has(TcpFlags::syn) ? 1 : 0) + (flags.has(TcpFlags::fin) ? 1 : 0);
    side.sent.push_back({segment.at, side.snd_nxt, 0});
    if (length != 0) peer.unanswered.push_back({segment.at, side.snd_nxt, length});
    if (state_ == State::server_fin && from_client(segment) && flags == TcpFlags::ack) end_of_connection();
    if (reset_) end_of_connection();
  }

  bool from_client(const Passed& segment) const { return segment.route == client_to_server_; }

  void end_of_connection() {
    const bool ended = rules_.close == Close::fin   ? state_ == State::server_fin
                       : rules_.close == Close::rst ? reset_
                                                    : state_ == State::open;
    if (!ended) say("the connection does not end as it was asked to");
    if (offset_ != 0) say("the connection ends within a message");
    for (unsigned i = 0; i < 2; ++i) {
      // A reset may cut off the last acknowledgement of the server.
      if (rules_.close == Close::rst && i == 1) continue;
      if (sides_[i].acknowledged != sides_[1 - i].snd_nxt) say("not everything was acknowledged");
    }
    state_ = State::closed;
  }

  Findings* findings_;
  SessionRules rules_;
  Duration half_trip_;
  std::vector<const SentMessage*> messages_;
  std::size_t message_ = 0;  // the one under way
  std::size_t offset_ = 0;   // into it
  std::optional<unsigned> last_from_;
  Timestamp last_data_;
  Route client_to_server_;
  Side sides_[2];
  State state_ = State::closed;
  std::size_t frame_ = 0;
  bool opened_ = false;
  bool handshake_ack_ = false;  // the segment at hand is the third of the handshake
  bool reset_ = false;
};

Route key_of(const Route& route) { return route.source < route.destination ? route : route.reversed(); }

/// Reads one packet; nullopt when it is no TCP, after saying what is wrong with it.
std::optional<Passed> read(std::size_t frame, const CollectedPacket& packet, Findings& findings) {
  const Bytes network = network_packet(packet);
  if (packet.original_length != packet.bytes.size()) findings.add(frame, "original length is not that of the packet");
  IpAddress source;
  IpAddress destination;
  Bytes transport;
  std::optional<std::uint16_t> identification;
  if (!network.empty() && load_u8(network, 0) >> 4 == 4) {
    const auto ip = Ipv4View::parse(network);
    if (!ip) {
      findings.add(frame, to_string(ip.error()));
      return std::nullopt;
    }
    if (Checksum{}.add(ip->header()).sum() != 0xffff) findings.add(frame, "bad IPv4 checksum");
    if (ip->total_length() != network.size()) findings.add(frame, "octets behind the IPv4 packet");
    if (ip->protocol() != Protocol::tcp) return std::nullopt;
    if (!ip->dont_fragment() || ip->more_fragments() || ip->fragment_offset() != 0) {
      findings.add(frame, "TCP without DF, or in fragments");
    }
    source = ip->source();
    destination = ip->destination();
    identification = ip->identification();
    transport = ip->payload();
  } else {
    const auto ip = Ipv6View::parse(network);
    if (!ip) {
      findings.add(frame, to_string(ip.error()));
      return std::nullopt;
    }
    if (ip->bytes().size() != network.size()) findings.add(frame, "octets behind the IPv6 packet");
    if (ip->next_header() != Protocol::tcp) return std::nullopt;
    source = ip->source();
    destination = ip->destination();
    transport = ip->payload();
  }
  const auto tcp = TcpView::parse(transport);
  if (!tcp) {
    findings.add(frame, to_string(tcp.error()));
    return std::nullopt;
  }
  const PseudoHeader pseudo{source, destination, Protocol::tcp, static_cast<std::uint32_t>(transport.size())};
  if (Checksum{}.add(pseudo).add(transport).sum() != 0xffff) findings.add(frame, "bad TCP checksum");
  return Passed{frame, packet.timestamp, {{source, tcp->source_port()}, {destination, tcp->destination_port()}},
                *tcp,  identification,   network.size()};
}

}  // namespace

Bytes network_packet(const CollectedPacket& packet) {
  const Bytes bytes{packet.bytes};
  std::size_t header = 0;
  switch (packet.link_type) {
    case LinkType::null:
    case LinkType::loop:
      header = NullLoopbackView::header_length;
      break;
    case LinkType::ethernet:
      header = EthernetView::header_length;
      break;
    case LinkType::linux_sll:
      header = LinuxSllView::header_length;
      break;
    case LinkType::raw:
      break;
    default:
      throw std::invalid_argument{"a link type that is never written"};
  }
  return bytes.subspan(std::min(header, bytes.size()));
}

std::vector<std::string> check_sessions(const std::vector<CollectedPacket>& packets,
                                        const std::vector<SentMessage>& messages, const SessionRules& rules) {
  Findings findings;
  std::map<Route, ConversationChecker> conversations;
  for (const SentMessage& message : messages) {
    conversations.try_emplace(key_of(message.route), findings, rules).first->second.expect(message);
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (i > 0 && packets[i].timestamp < packets[i - 1].timestamp) findings.add(i + 1, "passes before the one before");
    const auto segment = read(i + 1, packets[i], findings);
    if (!segment) continue;
    conversations.try_emplace(key_of(segment->route), findings, rules).first->second.check(*segment);
  }
  for (auto& [route, conversation] : conversations) conversation.finish(packets.size());
  return std::move(findings.texts);
}

}  // namespace encap::test
