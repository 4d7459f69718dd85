#include "encap/flow/crafter.h"

#include <algorithm>

#include "encap/flow/tcp_control_text.h"
#include "flow/conversation_table.h"
#include "flow/dhcp_dialogue.h"
#include "flow/dns_dialogue.h"
#include "flow/encapsulate_behind.h"
#include "flow/event_queue.h"
#include "flow/message_window.h"
#include "flow/origin_tracker.h"

namespace encap {
namespace {

using Mode = CraftOptions::Mode;
using Payload = CraftOptions::Payload;

constexpr Duration untimed_gap = std::chrono::milliseconds{10};
constexpr std::uint32_t segments_mtu = 65535;
constexpr std::uint32_t session_mtu = 1500;
constexpr std::uint32_t least_ipv6_mtu = 1280;  // RFC 8200 §5
// A conversation that cannot keep up with its rows may let this many wait; then time moves on without the table.
constexpr std::size_t most_waiting = Crafter::window_rows;
constexpr Port https_port{443};
constexpr Port dns_port{53};
constexpr Port dhcp_server_port{67};

/// A host name that may stand in a Host field (RFC 3986 §3.2.2), as application names often do.
bool is_host_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

/// Writes what stands in the Host field of a request to a party.
void put_host(const Party& party, const Endpoint& endpoint, std::string& out) {
  const Port port = endpoint.port;
  if (!is_host_name(party.name)) {
    out = port == Port{80}
              ? (endpoint.address.is_ipv4() ? to_string(endpoint.address) : '[' + to_string(endpoint.address) + ']')
              : to_string(endpoint);
    return;
  }
  out.assign(party.name);
  if (port != Port{80}) out.append(":").append(std::to_string(port.value));
}

/// Whether the empty line that ends the field lines is there.
bool has_empty_line(std::string_view text) noexcept {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos;) {
    const std::string_view rest = text.substr(++at);
    if (rest.starts_with('\n') || rest.starts_with("\r\n")) return true;
  }
  return false;
}

/// A row that only names a TCP control segment. In a chat the same words may be a message.
bool is_control_row(const Message& message) noexcept {
  if (!is_tcp_control_text(as_text(message.payload)) || message.transport == Transport::udp) return false;
  const Service* const service = find_service(message.protocol);
  return message.protocol.empty() ||
         (service != nullptr && service->transport == Transport::tcp && service->name != "CHAT");
}

/// How the text of a message becomes what is sent. A table that names no more than the transport leaves it to the port.
Service::Text text_of(const Message& message, const SettledRoute& settled) noexcept {
  using Text = Service::Text;
  const Service* const service = settled.service;
  const bool transport_only =
      message.protocol.empty() || (service != nullptr && (service->name == "UDP" || service->name == "TCP"));
  if (!transport_only) return service == nullptr ? Text::plain : service->text;
  const auto goes_by = [&settled](Port port) {
    return settled.route.source.port == port || settled.route.destination.port == port;
  };
  if (goes_by(dns_port)) return Text::dns;
  return settled.transport == Transport::udp && goes_by(dhcp_server_port) ? Text::dhcp : Text::plain;
}

/// Text, as opposed to octets that somebody made for the protocol.
bool is_text(std::string_view payload) noexcept {
  return !payload.empty() && std::none_of(payload.begin(), payload.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n';
  });
}

/// Ends every line with CRLF (RFC 5321 §2.3.8 and its kin); returns whether that changed anything.
bool complete_lines(std::string& text, std::string& scratch) {
  scratch.clear();
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    scratch.append(line).append("\r\n");
  }
  if (text == scratch) return false;
  text.swap(scratch);
  return true;
}

}  // namespace

class Crafter::Impl {
 public:
  Impl(CraftOptions options, PacketSink& sink)
      : options_{std::move(options)},
        mtu_{std::min(options_.mtu.value_or(options_.mode == Mode::segments ? segments_mtu : session_mtu),
                      most_wrapped(options_.outer))},
        book_{options_.addresses},
        sink_{&sink},
        window_{window_rows},
        table_{TcpProfile{.mtu = mtu_,
                          .round_trip = options_.round_trip,
                          .close = options_.close,
                          .seed = options_.seed,
                          .fixed_identification = options_.identification.has_value(),
                          .identification = options_.identification.value_or(0)}},
        datagram_identification_{
            options_.identification.value_or(static_cast<std::uint16_t>(Mixer{options_.seed}.next()))},
        encapsulator_{{.link_type = options_.link_type.value_or(LinkType::null),
                       .mtu = mtu_,
                       .time_to_live = options_.time_to_live,
                       .outer = options_.outer}},
        dns_{options_.seed},
        dhcp_{options_.seed} {
    if (options_.packets_behind && !options_.origins) behind_.emplace(encapsulator_, sink);
  }

  Result<void, Failure> push(const Message& message);
  Result<void, IoError> finish();
  Result<void, IoError> drain() { return behind_ ? behind_->drain() : Result<void, IoError>{}; }
  const CraftSummary& summary() {
    static_cast<void>(drain());  // whoever pushes next is told of an error
    summary_.packets = encapsulator_.packets();
    summary_.octets = encapsulator_.octets();
    return summary_;
  }
  LinkType link_type() const noexcept { return encapsulator_.link_type(); }

 private:
  [[nodiscard]] bool completes() const noexcept { return options_.payload == Payload::complete; }
  [[nodiscard]] std::optional<InputError> refusal(const Message& message, const SettledRoute& settled) const;
  void count_text(const SettledRoute& settled) noexcept;
  [[nodiscard]] bool knows_conversations() const noexcept { return options_.mode == Mode::session || options_.origins; }
  /// `hash`: that of its route in the table.
  [[nodiscard]] std::uint32_t conversation_of(const Message& message, const SettledRoute& settled, std::uint32_t hash);
  void join_conversation(const Message& message, std::uint32_t slot, std::uint32_t hash);
  void choose_link_type();

  Result<void, IoError> release_next();
  Result<void, IoError> send_alone(PendingMessage& message);
  Result<void, IoError> send_in_conversation(std::uint32_t slot);
  void finish_joined(std::uint32_t slot, Conversation& conversation);
  void finish_alone(PendingMessage& message);
  void finish_dialogue(PendingMessage& message);
  void pump(std::uint32_t at);
  [[nodiscard]] bool needs_repair(const PendingMessage& message) const noexcept {
    return message.faults.any() || options_.impair.any();
  }
  [[nodiscard]] bool next_needs_repair(const Conversation& conversation) noexcept {
    return conversation.first_to_send != no_index && needs_repair(window_[conversation.first_to_send]);
  }
  bool pump_repair(std::uint32_t at);
  [[nodiscard]] bool is_followed(const Conversation& conversation, const PendingMessage& message) noexcept;
  [[nodiscard]] std::uint32_t take_to_send(Conversation& conversation) noexcept;
  void release_sent(std::uint32_t slot);
  /// Before a message is sent: whether it opens a connection again.
  void count_opening(std::uint32_t at) noexcept {
    const Conversation& conversation = table_[at];
    if (conversation.resets == 0 || conversation.script.opened()) return;
    ++summary_.opened_again;
    ++summary_.conversations;
    if (options_.origins) origins_.reopen(at);
  }
  Result<void, IoError> send_datagram(std::uint32_t slot, std::uint32_t next);
  Result<void, IoError> run_next_event();
  Result<void, IoError> run_until(Timestamp at);
  Result<void, IoError> send(Segment& segment, std::uint32_t conversation, const PendingMessage* message);
  Result<void, IoError> bound_memory();

  CraftOptions options_;
  std::uint32_t mtu_;
  AddressBook book_;
  PacketSink* sink_;
  MessageWindow window_;
  ConversationTable table_;
  EventQueue events_;
  std::uint16_t datagram_identification_;
  Encapsulator encapsulator_;
  std::optional<EncapsulateBehind> behind_;
  OriginTracker origins_;
  DnsDialogue dns_;
  DhcpDialogue dhcp_;
  CraftSummary summary_;
  std::string scratch_;
  Timestamp last_row_time_ = year_2000 - untimed_gap;
  Duration shift_{0};
  Timestamp clock_{INT64_MIN};  // of the last packet: no later one is stamped earlier
  std::size_t waiting_ = 0;     // messages released and not yet sent
  std::uint64_t drawn_ = 0;     // rows outside of connections that faults were drawn for
  bool started_ = false;
  bool ended_ = false;
};

std::optional<InputError> Crafter::Impl::refusal(const Message& message, const SettledRoute& settled) const {
  const auto refuse = [&message](std::string name, std::string excerpt, std::string reason) {
    return InputError{
        {std::string{message.file}, message.line, 0}, std::move(name), std::move(excerpt), std::move(reason)};
  };
  const IpAddress::Family family = settled.route.source.address.family();
  const bool alone = settled.transport == Transport::udp || options_.mode == Mode::segments;
  const std::size_t most = Encapsulator::most_payload(settled.transport, family);
  if (alone && message.payload.size() > most) {
    const Layer layer = settled.transport == Transport::udp ? Layer::udp : Layer::tcp;
    std::string reason = to_string(CraftError{layer, CraftError::Code::payload_too_long, message.payload.size(), most});
    return refuse("message", {},
                  reason + (settled.transport == Transport::udp ? "; split it over several rows"
                                                                : "; --mode session cuts it into segments"));
  }
  if (message.faults.any()) {
    const bool bare = options_.mode == Mode::segments;
    if (alone) {
      for (const Fault fault : {Fault::reorder, Fault::retransmit, Fault::overlap, Fault::rst, Fault::zero_window}) {
        if (!message.faults.has(fault) || (fault == Fault::reorder && !bare)) continue;
        return refuse("fault", std::string{name(fault)},
                      bare ? "needs a connection, which --mode segments does not make; lost, duplicate, bad-checksum, "
                             "bad-ip-checksum, fragment:N and delay:MS do not"
                           : "needs TCP; over UDP write lost, duplicate, reorder, bad-checksum, bad-ip-checksum, "
                             "fragment:N or delay:MS");
      }
    }
    if (message.faults.has(Fault::bad_ip_checksum) && family == IpAddress::Family::ipv6)
      return refuse("fault", std::string{name(Fault::bad_ip_checksum)},
                    "IPv6 has no header checksum; bad-checksum spoils that of TCP or UDP");
    if (message.faults.has(Fault::overlap) && message.payload.size() < 2)
      return refuse("fault", std::string{name(Fault::overlap)}, "needs a message of two octets, to cut it in two");
  }
  if (options_.mode == Mode::session && settled.transport == Transport::tcp &&
      settled.route.source == settled.route.destination) {
    return refuse("dst_port", to_string(settled.route.destination),
                  "source and destination are the same: give one side another port, or another address with --host");
  }
  if (family == IpAddress::Family::ipv6 && mtu_ < least_ipv6_mtu) {
    return refuse("src_ip", to_string(settled.route.source.address),
                  "IPv6 needs an MTU of 1280 at least, --mtu says " + std::to_string(mtu_));
  }
  return std::nullopt;
}

/// Counts what a reader of the capture will not take for its protocol.
void Crafter::Impl::count_text(const SettledRoute& settled) noexcept {
  if (settled.service == nullptr) {
    ++summary_.unknown_protocols;
  } else if (settled.service->text == Service::Text::binary ||
             (settled.service->text == Service::Text::http &&
              (settled.route.source.port == https_port || settled.route.destination.port == https_port))) {
    ++summary_.text_as_binary;
  }
}

Result<void, Failure> Crafter::Impl::push(const Message& message) {
  if (options_.mode == Mode::session && is_control_row(message)) {
    ++summary_.control_rows;
    return {};
  }
  const auto settled = book_.settle(message);
  if (!settled) return unexpected(Failure{settled.error()});
  if (auto refused = refusal(message, *settled)) return unexpected(Failure{std::move(*refused)});
  const std::uint32_t hash = knows_conversations() ? ConversationTable::hash_of(settled->route, settled->transport) : 0;
  if (knows_conversations()) table_.fetch_early_by(hash);

  if (window_.full() || window_.octets() + message.payload.size() > window_octets) {
    do {
      if (const auto released = release_next(); !released) return unexpected(Failure{released.error()});
    } while (!window_.empty() && window_.octets() + message.payload.size() > window_octets);
  }

  const std::uint32_t slot = window_.acquire();
  PendingMessage& pending = window_[slot];
  pending.at = message.timestamp.value_or(last_row_time_ + untimed_gap);
  last_row_time_ = pending.at;
  pending.settled = *settled;
  pending.faults = message.faults;
  if (settled->transport == Transport::udp || options_.mode == Mode::segments) {
    pending.at = pending.at + pending.faults.delay();
    if (options_.impair.any()) {
      Impairment impair = options_.impair;
      if (options_.mode == Mode::segments) impair.reorder = 0;
      pending.faults.add(impair.draw(Mixer{options_.seed}.add(++drawn_).next()));
    }
  }
  pending.payload.assign(as_text(message.payload));
  if (completes()) {
    const bool http = settled->service != nullptr && settled->service->text == Service::Text::http;
    // A line that names its version is HTTP whatever the port, unless the table says that it is something else.
    const bool unnamed = message.protocol.empty() || (settled->service != nullptr && settled->service->name == "TCP");
    if (settled->transport == Transport::tcp && (http || (unnamed && names_http_version(pending.payload)))) {
      pending.start_line = http_start_line(pending.payload);
      if (pending.start_line == HttpStartLine::request)
        put_host(message.destination, settled->route.destination, pending.host);
    }
    pending.text = text_of(message, *settled);
    if (pending.text == Service::Text::dhcp) {
      pending.host.assign(source_serves(message, *settled).value_or(false) ? message.destination.name
                                                                           : message.source.name);
    }
    count_text(*settled);
  }
  if (options_.origins) origins_.start(pending.rows, message, pending.at);
  if (options_.mode == Mode::session) {
    join_conversation(message, slot, hash);
  } else if (options_.origins) {
    pending.conversation = conversation_of(message, *settled, hash);
    pending.from_client = settled->route.source == table_[pending.conversation].script.route().source;
    table_.touch(pending.conversation);
    // Far more are kept than the window has rows, so none of these is the oldest.
    static_assert(most_open > window_rows);
    if (table_.listed() > most_open) table_.erase(table_.oldest());
  }
  window_.insert(slot);
  return {};
}

std::uint32_t Crafter::Impl::conversation_of(const Message& message, const SettledRoute& settled, std::uint32_t hash) {
  std::uint32_t at = table_.find(settled.route, settled.transport, hash);
  if (at != no_index) return at;
  // The side that is spoken to first serves, where nothing else tells.
  const bool reversed = source_serves(message, settled).value_or(false);
  at = table_.open(reversed ? settled.route.reversed() : settled.route, settled.transport);
  if (options_.mode == Mode::session) ++summary_.conversations;
  if (options_.origins) origins_.open(at, table_[at].script.route(), settled.transport, message, reversed);
  return at;
}

void Crafter::Impl::join_conversation(const Message& row, std::uint32_t slot, std::uint32_t hash) {
  PendingMessage& message = window_[slot];
  const std::uint32_t at = conversation_of(row, message.settled, hash);
  table_.touch(at);
  Conversation& conversation = table_[at];
  message.conversation = at;
  message.from_client = message.settled.route.source == conversation.script.route().source;
  // By time, after what has the same time. Tables in order take the first branches.
  if (conversation.last_in_window == no_index) {
    conversation.first_in_window = conversation.last_in_window = slot;
  } else if (window_.latest() <= message.at || window_[conversation.last_in_window].at <= message.at) {
    window_[conversation.last_in_window].next = slot;
    conversation.last_in_window = slot;
  } else {
    std::uint32_t* link = &conversation.first_in_window;
    while (window_[*link].at <= message.at) link = &window_[*link].next;
    message.next = *link;
    *link = slot;
  }
}

void Crafter::Impl::choose_link_type() {
  if (options_.link_type) return;
  bool loopback = true;
  window_.for_each([&loopback](const PendingMessage& message) {
    loopback = loopback && message.settled.route.source.address.is_loopback() &&
               message.settled.route.destination.address.is_loopback();
  });
  encapsulator_.set_link_type(loopback && options_.outer.empty() ? LinkType::null : LinkType::ethernet);
}

Result<void, IoError> Crafter::Impl::release_next() {
  if (!started_) {
    started_ = true;
    choose_link_type();
    if (options_.start) shift_ = *options_.start - window_.front().at;
    origins_.shift(shift_);
  }
  table_.fetch_early(window_.fetch_early());
  const std::uint32_t slot = window_.pop();
  PendingMessage& message = window_[slot];
  if (message.joined) {
    window_.release(slot);
    return {};
  }
  message.at = message.at + shift_;
  if (const auto ran = run_until(message.at); !ran) return ran;
  if (options_.mode == Mode::segments) {
    message.at = std::max(message.at, clock_);
    const auto sent = send_alone(message);
    window_.release(slot);
    return sent;
  }
  return send_in_conversation(slot);
}

Result<void, IoError> Crafter::Impl::send_alone(PendingMessage& message) {
  if (completes()) finish_alone(message);
  Segment segment{.timestamp = message.at,
                  .route = message.settled.route,
                  .transport = message.settled.transport,
                  .payload = as_bytes(message.payload)};
  if (options_.mode == Mode::segments) {
    segment.sequence_number = options_.segments.sequence_number;
    segment.acknowledgment_number = options_.segments.acknowledgment_number;
    segment.flags = options_.segments.flags;
    segment.window = options_.segments.window;
    segment.identification = options_.identification.value_or(1);
  } else {
    segment.identification = datagram_identification_++;
  }
  const Faults& faults = message.faults;
  if (faults.has(Fault::lost) || faults.has(Fault::lost_before)) {
    ++summary_.datagrams_lost;
    return {};
  }
  segment.bad_checksum = faults.has(Fault::bad_checksum);
  segment.bad_ip_checksum = faults.has(Fault::bad_ip_checksum);
  segment.fragment_size = faults.fragment;
  ++summary_.messages;
  auto sent = send(segment, message.conversation, &message);
  if (!sent || !faults.has(Fault::duplicate)) return sent;
  segment.timestamp = segment.timestamp + TcpRepair::copy_gap;
  return send(segment, message.conversation, &message);
}

void Crafter::Impl::finish_alone(PendingMessage& message) {
  const bool dialogue = message.text == Service::Text::dns || message.text == Service::Text::dhcp;
  if (dialogue && message.start_line == HttpStartLine::none) return finish_dialogue(message);
  if (message.settled.transport == Transport::udp) return;
  if (message.start_line != HttpStartLine::none) {
    // Without its conversation a response is not known to answer a HEAD or CONNECT.
    const HttpMethod method =
        message.start_line == HttpStartLine::request ? http_method(message.payload) : HttpMethod::other;
    if (complete_http(message.payload, message.host, method, scratch_)) {
      message.payload.swap(scratch_);
      ++summary_.http_completed;
    }
  } else if (message.settled.service != nullptr && message.settled.service->text == Service::Text::lines) {
    if (complete_lines(message.payload, scratch_)) ++summary_.lines_completed;
  } else if (message.settled.service != nullptr && message.settled.service->text == Service::Text::http) {
    if (!message.payload.empty()) ++summary_.not_http;
  }
}

/// Makes the message of DNS or DHCP that a text says, with what was said before it.
void Crafter::Impl::finish_dialogue(PendingMessage& message) {
  const Route& route = message.settled.route;
  const Transport transport = message.settled.transport;
  auto from_server = source_serves(Message{}, message.settled);
  if (!from_server && options_.mode == Mode::session) from_server = !message.from_client;
  if (message.text == Service::Text::dns && dns_.complete(route, transport, from_server, message.payload, scratch_)) {
    ++summary_.dns_completed;
  } else if (message.text == Service::Text::dhcp && transport == Transport::udp &&
             dhcp_.complete(route, from_server, message.host, message.payload, scratch_)) {
    ++summary_.dhcp_completed;
  } else if (is_text(message.payload)) {
    ++summary_.text_as_binary;
  }
}

void Crafter::Impl::finish_joined(std::uint32_t slot, Conversation& conversation) {
  PendingMessage& message = window_[slot];
  // What the same side says next, up to a start line or the other side's turn, belongs to this message, line by line.
  std::optional<bool> goes_on;  // with field lines; looked for where there is another part
  while (conversation.first_in_window != no_index) {
    const std::uint32_t next = conversation.first_in_window;
    PendingMessage& part = window_[next];
    if (part.from_client != message.from_client || part.start_line != HttpStartLine::none) break;
    const bool in_fields = goes_on ? *goes_on : !has_empty_line(message.payload);
    const bool empty = part.payload.empty();
    if ((in_fields || !empty) && !message.payload.ends_with('\n')) message.payload.append("\r\n");
    if (in_fields && empty) message.payload.append("\r\n");
    goes_on = in_fields && !empty && !has_empty_line(part.payload);
    const std::size_t begin = message.payload.size();
    message.payload.append(part.payload);
    window_.drop_payload(next);
    part.joined = true;
    message.faults.add(part.faults);
    OriginTracker::join(message.rows, part.rows, begin, message.payload.size());
    conversation.first_in_window = part.next;
    ++summary_.rows_joined;
    ++summary_.messages;
  }
  if (conversation.first_in_window == no_index) conversation.last_in_window = no_index;
  const bool request = message.start_line == HttpStartLine::request;
  if (request) conversation.asked = http_method(message.payload);
  if (complete_http(message.payload, message.host, conversation.asked, scratch_)) {
    OriginTracker::move(message.rows, message.payload, scratch_);
    message.payload.swap(scratch_);
    ++summary_.http_completed;
  }
}

Result<void, IoError> Crafter::Impl::send_in_conversation(std::uint32_t slot) {
  PendingMessage& message = window_[slot];
  const std::uint32_t at = message.conversation;
  const std::uint32_t next = message.next;
  {
    Conversation& conversation = table_[at];
    conversation.first_in_window = message.next;
    if (message.next == no_index) conversation.last_in_window = no_index;
    message.next = no_index;
    table_.touch(at);
  }
  if (message.settled.transport == Transport::udp) {
    const auto sent = send_datagram(slot, next);
    Conversation& conversation = table_[at];
    if (ended_ && conversation.first_in_window == no_index) table_.erase(at);
    if (!sent) return sent;
    return bound_memory();
  }
  Conversation& conversation = table_[at];
  if (completes()) {
    if (message.start_line != HttpStartLine::none) {
      finish_joined(slot, conversation);
    } else {
      finish_alone(message);
    }
  }
  if (message.payload.empty()) {
    ++summary_.empty_messages;
    window_.release(slot);
  } else {
    ++summary_.messages;
    ++waiting_;
    if (conversation.last_to_send == no_index) {
      conversation.first_to_send = slot;
    } else {
      window_[conversation.last_to_send].next = slot;
    }
    conversation.last_to_send = slot;
  }
  if (ended_ && conversation.first_in_window == no_index) conversation.ends = true;
  pump(at);
  return bound_memory();
}

/// Sends a datagram, and behind it what was to pass behind it. `next`: the row after it in its conversation.
Result<void, IoError> Crafter::Impl::send_datagram(std::uint32_t slot, std::uint32_t next) {
  if (window_[slot].faults.has(Fault::reorder) && window_[slot].behind == no_index) {
    while (next != no_index && window_[next].from_client != window_[slot].from_client) next = window_[next].next;
    if (next != no_index) {
      window_[next].behind = slot;
      return {};
    }
    ++summary_.not_reordered;
  }
  for (Timestamp at = window_[slot].at; slot != no_index; at = clock_ + TcpRepair::copy_gap) {
    PendingMessage& message = window_[slot];
    message.at = std::max(at, clock_);
    const std::uint32_t behind = message.behind;
    const auto sent = send_alone(message);
    window_.release(slot);
    if (!sent) return sent;
    slot = behind;
  }
  return {};
}

/// Takes the message that is next out of those that wait in its conversation.
std::uint32_t Crafter::Impl::take_to_send(Conversation& conversation) noexcept {
  const std::uint32_t slot = conversation.first_to_send;
  conversation.first_to_send = window_[slot].next;
  if (conversation.first_to_send == no_index) conversation.last_to_send = no_index;
  return slot;
}

void Crafter::Impl::release_sent(std::uint32_t slot) {
  window_.release(slot);
  --waiting_;
}

/// Whether the side of a message, the one that was taken last, speaks again before a segment of it is given up.
bool Crafter::Impl::is_followed(const Conversation& conversation, const PendingMessage& message) noexcept {
  const bool waits = conversation.first_to_send != no_index;
  const std::uint32_t next = waits ? conversation.first_to_send : conversation.first_in_window;
  if (next == no_index || window_[next].from_client != message.from_client) return false;
  const Timestamp at = waits ? window_[next].at : window_[next].at + shift_;
  return at - std::max(message.at, clock_) < TcpRepair::longest_hold;
}

/// As `pump`, for a conversation in which something goes wrong; false where nothing does, any more.
bool Crafter::Impl::pump_repair(std::uint32_t at) {
  Conversation& conversation = table_[at];
  TcpScript& script = conversation.script;
  const auto next_needs_it = [&] { return next_needs_repair(conversation); };
  if (!conversation.repair) {
    conversation.repair = std::make_unique<TcpRepair>(script, options_.impair, options_.seed);
  }
  TcpRepair& repair = *conversation.repair;
  const auto release_done = [&] {
    while (const auto done = repair.take_done()) release_sent(*done);
    summary_.not_reordered += repair.take_not_reordered();
  };
  release_done();
  if (script.finished()) {
    table_.reopen(at);
    return next_needs_it() && pump_repair(at);
  }
  if (!repair.busy()) {
    const bool quiet = repair.quiet(script);
    if (conversation.first_to_send != no_index && (next_needs_it() || !quiet)) {
      const std::uint32_t slot = take_to_send(conversation);
      const PendingMessage& message = window_[slot];
      count_opening(at);
      repair.send(script, {.from_client = message.from_client,
                           .at = std::max(message.at, clock_),
                           .payload = as_bytes(message.payload),
                           .faults = message.faults,
                           .message = slot,
                           .followed = is_followed(conversation, message)});
    } else if (quiet && (!options_.impair.any() || conversation.ends)) {
      repair.give_back(script);
      release_done();
      conversation.repair.reset();
      return false;
    }
  }
  const Timestamp next = repair.next_event(script);
  if (next == TcpScript::never) {
    events_.erase(at);
  } else {
    events_.set(at, next);
  }
  return true;
}

/// Lets a conversation do what it can do next, and sets its alarm.
void Crafter::Impl::pump(std::uint32_t at) {
  Conversation& conversation = table_[at];
  TcpScript& script = conversation.script;
  if (conversation.succeeds) return;
  if ((conversation.repair || (!script.busy() && next_needs_repair(conversation))) && pump_repair(at)) return;
  if (!script.busy()) {
    if (conversation.first_to_send != no_index) {
      const PendingMessage& message = window_[conversation.first_to_send];
      count_opening(at);
      script.send(message.from_client, std::max(message.at, clock_), as_bytes(message.payload));
    } else if (conversation.ends) {
      script.close(clock_);
      conversation.ends = false;
    }
  }
  if (script.finished()) {
    events_.erase(at);
    if (const std::uint32_t successor = table_.erase(at); successor != no_index) pump(successor);
    return;
  }
  const Timestamp next = script.next_event();
  if (next == TcpScript::never) {
    events_.erase(at);
  } else {
    events_.set(at, next);
  }
}

Result<void, IoError> Crafter::Impl::run_next_event() {
  static_assert(EventQueue::none == no_index);
  table_.fetch_early(events_.soon());
  const EventQueue::Event event = events_.top();
  Conversation& conversation = table_[event.conversation];
  if (conversation.repair) {
    auto passing = conversation.repair->step(conversation.script, std::max(event.at, clock_));
    Result<void, IoError> sent{};
    if (passing)
      sent = send(passing->segment, event.conversation,
                  passing->message == no_index ? nullptr : &window_[passing->message]);
    pump(event.conversation);
    return sent;
  }
  const bool was_busy = conversation.script.busy();
  Segment segment = conversation.script.step(std::max(event.at, clock_));
  const auto sent = send(segment, event.conversation, was_busy ? &window_[conversation.first_to_send] : nullptr);
  if (was_busy && !conversation.script.busy()) {
    release_sent(take_to_send(conversation));
  }
  pump(event.conversation);
  return sent;
}

Result<void, IoError> Crafter::Impl::run_until(Timestamp at) {
  while (!events_.empty() && events_.top().at <= at) {
    if (const auto ran = run_next_event(); !ran) return ran;
  }
  return {};
}

/// `message`: the one that the payload is of, where there is one.
Result<void, IoError> Crafter::Impl::send(Segment& segment, std::uint32_t conversation, const PendingMessage* message) {
  clock_ = std::max(clock_, segment.timestamp);
  if (options_.origins) segment.origin = &origins_.origin_of(segment, conversation, message);
  return behind_ ? behind_->send(segment) : encapsulator_.send(segment, *sink_);
}

Result<void, IoError> Crafter::Impl::bound_memory() {
  while (waiting_ > most_waiting && !events_.empty()) {
    if (const auto ran = run_next_event(); !ran) return ran;
  }
  while (table_.listed() > most_open) {
    const std::uint32_t oldest = table_.oldest();
    Conversation& conversation = table_[oldest];
    // Those with rows in the window were used last, so the oldest has none unless all have.
    if (conversation.first_in_window != no_index) break;
    if (conversation.transport == Transport::udp) {
      table_.erase(oldest);
      continue;
    }
    ++summary_.closed_early;
    table_.unlist(oldest);
    conversation.ends = true;
    pump(oldest);
  }
  while (table_.in_use() > most_open + window_rows && !events_.empty()) {
    if (const auto ran = run_next_event(); !ran) return ran;
  }
  return {};
}

Result<void, IoError> Crafter::Impl::finish() {
  ended_ = true;
  for (std::uint32_t at = 0; at < table_.slots(); ++at) {
    Conversation& conversation = table_[at];
    if (!conversation.in_use || conversation.first_in_window != no_index || conversation.script.closing()) continue;
    if (conversation.transport == Transport::udp) {
      table_.erase(at);
      continue;
    }
    conversation.ends = true;
    pump(at);
  }
  while (!window_.empty()) {
    if (const auto released = release_next(); !released) return released;
  }
  while (!events_.empty()) {
    if (const auto ran = run_next_event(); !ran) return ran;
  }
  if (auto drained = drain(); !drained) return drained;
  return sink_->flush();
}

Crafter::Crafter(CraftOptions options, PacketSink& sink) : impl_{std::make_unique<Impl>(std::move(options), sink)} {}
Crafter::~Crafter() = default;
Crafter::Crafter(Crafter&&) noexcept = default;
Crafter& Crafter::operator=(Crafter&&) noexcept = default;

Result<void, Failure> Crafter::push(const Message& message) { return impl_->push(message); }
Result<void, IoError> Crafter::finish() { return impl_->finish(); }
Result<void, IoError> Crafter::drain() { return impl_->drain(); }
const CraftSummary& Crafter::summary() const { return impl_->summary(); }
LinkType Crafter::link_type() const noexcept { return impl_->link_type(); }

}  // namespace encap
