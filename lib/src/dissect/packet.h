#pragma once

#include <cstring>
#include <fmt/format.h>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "dissect/octets.h"
#include "dissect/plain_format.h"
#include "dissect/protocol.h"
#include "encap/dissect/dissection.h"
#include "encap/dissect/session.h"
#include "encap/wire/header_field.h"

namespace encap {

/// A kind of note: `tcp.connection.rst`, a warning in group Sequence.
struct Note {
  Field field;  ///< of type none; its label is the text when a note gives none of its own
  Severity severity;
  std::string_view group;  ///< "Sequence", "Protocol", "Malformed", "Reassemble", "Checksum", "Undecoded" ...
  bool of_tree = false;    ///< no fact: tshark makes it only where it makes a tree, and its statistics miss it
};

/// Why a walk through a layer could not go on.
enum class Stop : std::uint8_t {
  no,
  not_captured,  ///< the capture kept fewer octets than were on the wire
  reported,      ///< the packet is shorter than its protocol needs: malformed
  contained,     ///< a length inside says more than the layer outside holds: malformed
  fragment,      ///< the rest is in other fragments
  overlap,       ///< octets of a PDU that was put together already
  too_deep       ///< more layers than anybody sends
};

struct Ipv6Chain;

extern const ProtocolInfo frame_protocol;

/// The packet at hand, as the protocols see it that read it one after the other. Reading never fails aloud: the first
/// octet that is missing stops the packet, from then on every read gives 0 and nothing is added any more, until
/// whoever guards the layer says what happened. So a walk reads straight on, and checks `stopped()` in its loops and
/// before it changes what is remembered.
class Packet {
 public:
  Packet(Dissection& into, Session* remembered) noexcept
      : out{into}, session{remembered}, writable{into.detail != Detail::facts}, takes_items_{takes(frame_protocol)} {}

  // --- what there is -------------------------------------------------------------------------------------------
  Dissection& out;
  Session* session;          ///< may be null
  Flow* flow = nullptr;      ///< of the innermost transport so far
  Address network_source{};  ///< of the innermost network layer
  Address network_destination{};
  std::uint16_t source_port = 0;  ///< of the innermost transport
  std::uint16_t destination_port = 0;
  std::uint8_t ip_protocol = 0;  ///< that led to the layer at hand
  std::uint8_t ip_hops = 0;      ///< Time to Live or Hop Limit of the innermost IP layer
  Ipv6Chain* ipv6 = nullptr;     ///< of the IPv6 header whose extension headers are read
  std::uint16_t vlan = 0;        ///< identifier of the VLAN tag read last; tells fragments apart
  bool fragmented = false;       ///< the layer at hand is a fragment alone
  bool in_error = false;         ///< the layer at hand is quoted by an ICMP error
  bool writable;                 ///< whether layers may write the columns
  bool can_desegment = false;    ///< the transport will add the next segment's octets when asked to
  // What a layer over TCP asks for: the octets from `desegment_offset` on again, once `desegment_length` more are
  // there.
  std::uint32_t desegment_offset = 0;
  std::uint32_t desegment_length = 0;
  static constexpr std::uint32_t one_more_segment = 0x0fffffff;
  static constexpr std::uint32_t until_fin = 0x0ffffffe;
  bool end_of_stream = false;           ///< the transport has no more after these octets: a FIN
  std::string_view protocol_name{};     ///< short name of the layer at hand
  ItemId transport = ItemId::none;      ///< item of the innermost transport layer
  std::string_view media_type{};        ///< of the body at hand, lower case: "text/html"; empty: not known
  std::string_view media_parameters{};  ///< what follows it: "charset=utf-8"

  [[nodiscard]] std::uint64_t frame_number() const noexcept { return out.frame_number; }
  [[nodiscard]] Timestamp time() const noexcept { return out.record->timestamp; }

  // --- reading -------------------------------------------------------------------------------------------------
  [[nodiscard]] bool stopped() const noexcept {
    if (stop_ != Stop::no) [[unlikely]]
      return true;
    return false;
  }
  void stop(Stop why) noexcept {
    if (stop_ == Stop::no) stop_ = why;
  }
  /// Whether `length` octets from `offset` on are in hand; stops the packet where not.
  bool need(const Octets& in, std::uint32_t offset, std::uint32_t length) noexcept {
    if (stopped()) [[unlikely]]
      return false;
    if (offset <= in.captured && length <= in.captured - offset) [[likely]]
      return true;
    miss(in, std::uint64_t{offset} + length);
    return false;
  }
  template <std::size_t Width>
  [[nodiscard]] std::uint64_t number(const Octets& in, std::uint32_t offset) noexcept {
    return need(in, offset, Width) ? load_be<Width>(in.bytes(), offset) : 0;
  }
  [[nodiscard]] std::uint8_t u8(const Octets& in, std::uint32_t offset) noexcept {
    return static_cast<std::uint8_t>(number<1>(in, offset));
  }
  [[nodiscard]] std::uint16_t u16(const Octets& in, std::uint32_t offset) noexcept {
    return static_cast<std::uint16_t>(number<2>(in, offset));
  }
  [[nodiscard]] std::uint32_t u24(const Octets& in, std::uint32_t offset) noexcept {
    return static_cast<std::uint32_t>(number<3>(in, offset));
  }
  [[nodiscard]] std::uint32_t u32(const Octets& in, std::uint32_t offset) noexcept {
    return static_cast<std::uint32_t>(number<4>(in, offset));
  }
  [[nodiscard]] std::uint64_t u64(const Octets& in, std::uint32_t offset) noexcept { return number<8>(in, offset); }
  /// `length` octets from `offset` on, or none and a stop.
  [[nodiscard]] Bytes octets(const Octets& in, std::uint32_t offset, std::uint32_t length) noexcept {
    return need(in, offset, length) ? in.bytes().subspan(offset, length) : Bytes{};
  }
  [[nodiscard]] Address address(Address::Kind kind, const Octets& in, std::uint32_t offset) noexcept {
    const std::size_t size = kind == Address::Kind::ether ? 6 : kind == Address::Kind::ipv4 ? 4 : 16;
    if (!need(in, offset, static_cast<std::uint32_t>(size))) return {};
    return address_at(in.bytes(), offset, size, kind);
  }

  // --- the tree. Every call does nothing, and gives ItemId::none, when only columns are wanted, when the parent is
  // none, or when the packet is stopped. An item's octets must be in hand: `need` is called for `length`. -----------
  [[nodiscard]] bool takes_items() const noexcept { return takes_items_; }
  [[nodiscard]] bool wants_items() const noexcept { return takes_items() && !stopped(); }
  /// Whether items have lines. Where not, `text` gives nothing and the lines given to other functions are not kept.
  [[nodiscard]] bool wants_lines() const noexcept { return out.detail == Detail::items; }
  /// Whether a note joins the facts, where what an ICMP error quotes has none.
  [[nodiscard]] bool counts_notes() const noexcept { return out.wants_layers && out.wants_notes && !in_error; }
  /// Whether a note would be kept: there or in the tree.
  [[nodiscard]] bool wants_notes() const noexcept { return (takes_items() || counts_notes()) && !stopped(); }
  /// Whether a layer is to be added: items or facts are wanted.
  [[nodiscard]] bool wants_layers() const noexcept { return (out.wants_layers || takes_items()) && !stopped(); }
  /// Whether what the transports carry is to be read: unless the facts wanted end before it.
  [[nodiscard]] bool wants_payload() const noexcept {
    return out.detail != Detail::facts || out.wants_layers || !out.wants_facts;
  }
  /// Where layers go: the root, or the item that quotes them.
  ItemId top = ItemId::root;
  /// Lets them go below `item`. Where there is none they stay where they are; facts are of the left alone.
  void set_top(ItemId item) noexcept {
    if (item != ItemId::none || (out.wants_facts && !takes_items())) top = item;
  }

  /// A layer's item. `text` as in `Internet Protocol Version 4, Src: 192.0.2.1, Dst: 192.0.2.2`; empty: its name.
  ItemId add_layer(const ProtocolInfo& protocol, const Octets& in, std::uint32_t offset, std::uint32_t length,
                   std::string_view text = {});
  /// Says that the layer joins these ends; of a layer that is quoted it says nothing.
  void add_ends(const ProtocolInfo& protocol, const Address& source, const Address& destination) {
    if (!out.wants_ends || in_error) return;
    // Put together where they stay: a copy would wait for what was just written.
    LayerEnds& ends = out.facts.ends.emplace_back();
    ends.layer = &protocol.layer;
    ends.source = source;
    ends.destination = destination;
  }
  /// The same of a transport, between its ports in the network layer around it.
  void add_ends(const ProtocolInfo& protocol) {
    if (!out.wants_ends || in_error) return;
    add_ends(protocol, network_source, network_destination);
    LayerEnds& ends = out.facts.ends.back();
    ends.source_port = source_port;
    ends.destination_port = destination_port;
    if (flow != nullptr) ends.stream = flow->index;
  }
  /// Names a line at the left of the tree that is no protocol's.
  void add_layer_fact(const Field& field) {
    if (out.wants_layers && top == ItemId::root) out.facts.layers.push_back(&field);
  }

  /// The value is read from the octets, by the field's type: numbers big-endian, strings as they are.
  ItemId add(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset, std::uint32_t length) {
    return may_add(parent) ? add_read(parent, field, in, offset, length) : ItemId::none;
  }
  /// A number, boolean or time that is known already. For a bit field: its value, shifted down.
  ItemId add(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset, std::uint32_t length,
             std::uint64_t value) {
    return may_add(parent) ? add_number(parent, field, in, offset, length, value) : ItemId::none;
  }
  /// A string, address or octets from elsewhere; copied unless `kept` says that they outlive the packet's dissection.
  ItemId add_string(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset, std::uint32_t length,
                    std::string_view value, bool kept = false);
  /// The field where its declaration says, the header starting at the first octet of `in`.
  ItemId add(ItemId parent, const Field& field, const Octets& in) {
    return may_add(parent) ? add_declared(parent, field, in) : ItemId::none;
  }
  void add(ItemId parent, std::initializer_list<const Field*> fields, const Octets& in) {
    for (const Field* field : fields) add(parent, *field, in);
  }
  /// A line without a field.
  ItemId add_text(ItemId parent, const Octets& in, std::uint32_t offset, std::uint32_t length, std::string_view text);

  /// Replaces the line.
  void set_text(ItemId item, std::string_view text) {
    if (wants_lines() && item != ItemId::none && !stopped()) out.at(item).text = text;
  }
  /// Adds to the line.
  void append_text(ItemId item, std::string_view text);
  /// Puts `text` in front of the line.
  void prepend_text(ItemId item, std::string_view text);
  void set_length(ItemId item, std::uint32_t length) noexcept {
    if (item != ItemId::none) out.at(item).length = length;
  }
  /// Marks it and returns it.
  ItemId generated(ItemId item) noexcept {
    if (item != ItemId::none) out.at(item).generated = true;
    return item;
  }
  /// The same.
  ItemId hidden(ItemId item) noexcept {
    if (item != ItemId::none) out.at(item).hidden = true;
    return item;
  }
  /// Moves the last child of a parent to the place behind another of its children.
  void move_behind(ItemId last, ItemId sibling) noexcept;
  /// A note under `item`; with `text` where the note's own label does not say it all, which must live as long as the
  /// dissection. Under `top` when item is none, as where items are not taken: then it is a fact alone.
  void note(ItemId item, const Note& kind, std::string_view text = {});

  /// A line, or a part of one: `fmt` into memory that lives as long as the dissection. Nothing where items are wanted
  /// and lines are not.
  template <class... Args>
  [[nodiscard]] std::string_view text(const TextFormat<Args...>& format, Args&&... args) {
    return wants_lines() || out.detail == Detail::columns ? value<Args...>(format, std::forward<Args>(args)...)
                                                          : std::string_view{};
  }
  /// The same for what is more than a line: the value of a string, what a note or Info says.
  template <class... Args>
  [[nodiscard]] std::string_view value(const TextFormat<Args...>& format, Args&&... args) {
    if constexpr ((Filling::takes<std::remove_cvref_t<Args>> && ...)) {
      if (format.plain().is_plain()) {
        const std::array<Filling, sizeof...(Args)> fillings{Filling{args}...};
        return filled(format.plain(), fillings.data());
      }
    }
    return formatted(format.whole(), fmt::make_format_args(args...));
  }
  [[nodiscard]] std::string_view text_of(const Address& address);

  // --- the columns -----------------------------------------------------------------------------------------------
  /// Whether a layer may write the columns now.
  [[nodiscard]] bool columns() const noexcept { return writable && !stopped(); }
  void set_protocol(std::string_view name) noexcept {
    if (columns()) out.columns.protocol.set(name);
  }
  void clear_info() noexcept {
    if (columns()) out.columns.info.clear();
  }
  void set_info(std::string_view text) noexcept {
    if (columns()) out.columns.info.set(text);
  }
  void append_info(std::string_view text) noexcept {
    if (columns()) out.columns.info.append(text);
  }
  void append_info(std::string_view separator, std::string_view text) noexcept {
    if (columns()) out.columns.info.append_separated(separator, text);
  }
  void prepend_info(std::string_view text) noexcept {
    if (columns()) out.columns.info.prepend(text);
  }
  template <class... Args>
  void append_info_format(const TextFormat<Args...>& format, Args&&... args) {
    if (columns()) out.columns.info.append(value<Args...>(format, std::forward<Args>(args)...));
  }
  void set_addresses(const Address& source, const Address& destination) noexcept {
    if (!columns()) return;
    out.columns.source = source;
    out.columns.destination = destination;
  }

  // --- layers inside -----------------------------------------------------------------------------------------------
  /// Reads `in` as `protocol`. Its name joins `frame.protocols`. Returns what its function returns.
  std::uint32_t call(const ProtocolInfo& protocol, const Octets& in);
  /// Reads `in` as the protocol bound to `value`; as data where there is none. Whether there was one.
  bool call(Table table, std::uint32_t value, const Octets& in);
  /// `Data (N bytes)`.
  void call_data(const Octets& in);
  /// The same below an item.
  void call_data(const Octets& in, ItemId below);
  /// Calls `walk()`; what stops the packet in there is told in the tree and the columns, and the packet goes on.
  template <class Walk>
  void guard(Walk&& walk) {
    const std::string_view name_before = protocol_name;
    std::forward<Walk>(walk)();
    if (stopped()) tell_stop();
    protocol_name = name_before;
  }
  /// The reason a walk stopped; guard() forgets it.
  [[nodiscard]] Stop stopped_by() const noexcept { return stop_; }
  /// Tells why the packet stopped, and lets it go on.
  void tell_stop();
  void forget_stop() noexcept { stop_ = Stop::no; }

  /// New octets to dissect, which are in no packet as such: reassembled or decoded. `bytes` must live as long as the
  /// dissection, `name` as long as the program.
  [[nodiscard]] Octets add_source(std::string_view name, Bytes bytes);

  /// Names of the layers so far, `eth:ethertype:ip:tcp`; kept only where items are wanted.
  [[nodiscard]] std::string_view layer_names() const noexcept { return {names_.data(), names_size_}; }
  void add_layer_name(std::string_view filter) noexcept;

  /// Counts layers that were read without a call.
  void deepen(int layers) noexcept { depth_ += layers; }
  static constexpr int deepest = 100;  ///< layers inside layers

 private:
  friend class InFull;
  // Whether the items of a protocol are taken down.
  [[nodiscard]] bool takes(const ProtocolInfo& protocol) const noexcept {
    return out.detail >= Detail::fields && (out.interest == nullptr || out.interest->in(protocol));
  }
  [[nodiscard]] std::uint32_t call_for_items(const ProtocolInfo& protocol, const Octets& in);
  [[nodiscard]] std::uint32_t call_alone(const ProtocolInfo& protocol, const Octets& in);
  // Once for all who format, as fmt takes long to compile.
  [[nodiscard]] std::string_view formatted(fmt::string_view format, fmt::format_args args);
  [[nodiscard]] std::string_view line_of(const Item& item);
  [[nodiscard]] std::string_view filled(const PlainFormat& format, const Filling* fillings);
  [[nodiscard]] bool may_add(ItemId parent) const noexcept { return parent != ItemId::none && wants_items(); }
  ItemId add_read(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset, std::uint32_t length);
  ItemId add_number(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset, std::uint32_t length,
                    std::uint64_t value);
  ItemId add_declared(ItemId parent, const Field& field, const Octets& in);
  void miss(const Octets& in, std::uint64_t end) noexcept;
  struct Added {
    Item& item;
    ItemId id;
  };
  Added append(ItemId parent, const Field* field, const Octets& in, std::uint32_t offset, std::uint32_t length);
  ItemId append_item(ItemId parent, const Field* field, const Octets& in, std::uint32_t offset, std::uint32_t length);

  Stop stop_ = Stop::no;
  bool takes_items_;
  int depth_ = 0;
  std::array<char, 512> names_;
  std::size_t names_size_ = 0;
};

/// Reads what is read in its life with all fields although no items are wanted, for the sake of the notes on them: what
/// few packets have, so that its notes need no care of their own. The items are forgotten in the end.
class InFull {
 public:
  /// Does nothing unless it is `wanted` and notes are, and no items.
  explicit InFull(Packet& packet, bool wanted = true) : packet_{packet} {
    if (wanted && !packet.takes_items() && packet.wants_notes()) begin();
  }
  InFull(const InFull&) = delete;
  InFull& operator=(const InFull&) = delete;
  ~InFull() {
    if (parent_ != ItemId::none) end();
  }
  /// Where fields go that belong below `item`, which is none where items are not wanted.
  [[nodiscard]] ItemId below(ItemId item) const noexcept { return item != ItemId::none ? item : parent_; }

 private:
  void begin();
  void end() noexcept;

  Packet& packet_;
  ItemId parent_ = ItemId::none;
  ItemId top_before_ = ItemId::none;
  Detail detail_before_ = Detail::facts;
};

/// Fields that no protocol declares and any layer may have: notes, and what is said of a packet that stopped.
[[nodiscard]] std::span<const Field* const> common_fields() noexcept;

/// Whole items, not octets: "s" behind a number that is not 1.
[[nodiscard]] constexpr std::string_view plural(std::uint64_t n) noexcept { return n == 1 ? "" : "s"; }

/// `text` as Wireshark shows octets that may not be printable: \r, \n, \t ... as C writes them, other controls as \ooo.
/// UTF-8 stays where it is well formed and printable, else it becomes \uXXXX or U+FFFD.
void append_escaped(std::string& out, std::string_view text);

/// Octets that the first character of `text`, which is not empty, takes in UTF-8, and which character it is: U+FFFD
/// where they are not well formed.
[[nodiscard]] std::size_t utf8_length(std::string_view text, char32_t& character) noexcept;
/// Whether a character is shown as it is: one that draws something, alone or on others.
[[nodiscard]] bool is_printable(char32_t character) noexcept;

/// Tells of the acknowledgment that a segment brings, whose ends were added last. Precondition: it brings one.
inline void add_round_trip(Facts& facts, const TcpAnalysis& analysis) {
  RoundTrip& trip = facts.round_trips.emplace_back();
  trip.ends = static_cast<std::uint32_t>(facts.ends.size() - 1);
  trip.time = analysis.ack_rtt;
  trip.has_initial = analysis.has_initial_rtt;
  trip.initial = analysis.initial_rtt;
}

}  // namespace encap
