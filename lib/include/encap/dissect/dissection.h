#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/base/copy_padded.h"
#include "encap/base/decimal.h"
#include "encap/base/packet_record.h"
#include "encap/dissect/field.h"
#include "encap/dissect/interest.h"

namespace encap {

/// An item's place in `Dissection::items`.
enum class ItemId : std::int32_t { none = -1, root = 0 };

/// How serious a note is. Values and order are those of Wireshark's expert information.
enum class Severity : std::uint8_t { none, comment, chat, note, warning, error };

/// One line of the tree: a field with its value, a text, or both.
struct Item {
  const Field* field = nullptr;  ///< null: only text
  std::uint64_t number = 0;      ///< of numbers, booleans and times (two's complement where they are signed)
  const char* data = nullptr;    ///< of strings, octets and addresses: `size` octets
  std::uint32_t size = 0;
  std::uint32_t offset = 0;            ///< first octet within its source
  std::uint32_t length = 0;            ///< octets it was read from; 0 for what is computed
  std::uint8_t source = 0;             ///< index into `Dissection::sources`
  std::uint8_t depth = 0;              ///< layers are 1
  bool generated = false;              ///< not in the packet but worked out: shown in brackets
  bool hidden = false;                 ///< found by name, not shown in the tree
  Severity severity = Severity::none;  ///< of a note
  bool is_layer = false;
  std::uint32_t reach = 0;  ///< of a layer: octets from its first one on that it was given, its payload among them
  std::string_view text{};  ///< the whole line; empty: label and value say it
  ItemId parent = ItemId::none;
  ItemId first_child = ItemId::none;
  ItemId last_child = ItemId::none;
  ItemId next = ItemId::none;

  [[nodiscard]] std::string_view string() const noexcept { return {data, size}; }
  [[nodiscard]] Bytes octets() const noexcept { return std::as_bytes(std::span{data, size}); }
};

/// Octets that fields lie in: the frame, a reassembled datagram or stream, a decoded body.
struct DataSource {
  std::string_view name;  ///< such as "Frame" or "Reassembled TCP"
  Bytes bytes;
};

/// A column of the packet list: text that layers add to, each in its turn.
template <std::size_t Capacity>
class Column {
 public:
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
  /// Forgets what came after the fence.
  void clear() noexcept {
    deferred_ = nullptr;
    size_ = fence_;
  }
  void reset() noexcept {
    deferred_ = nullptr;
    size_ = fence_ = 0;
  }
  /// What stands so far is kept by `clear` and `set`.
  void set_fence() noexcept {
    settle();
    fence_ = size_;
  }
  /// Text that the next layer will most likely replace: `write` makes it when something else is done with the column,
  /// and `clear` forgets it unmade. `context` must live until then; whoever defers settles before that.
  using Write = void (*)(const void* context, Column& column);
  void defer(Write write, const void* context) noexcept {
    settle();
    deferred_ = write;
    context_ = context;
  }
  /// Makes the text that was deferred.
  void settle() noexcept {
    if (deferred_ != nullptr) std::exchange(deferred_, nullptr)(context_, *this);
  }
  void set(std::string_view text) noexcept {
    clear();
    append(text);
  }
  void append(std::string_view text) noexcept {
    settle();
    if (text.size() <= Capacity - size_) [[likely]] {  // a copy of a size that is known is a few instructions
      std::char_traits<char>::copy(text_.data() + size_, text.data(), text.size());
      size_ += text.size();
    } else {
      text.copy(text_.data() + size_, Capacity - size_);
      size_ = Capacity;
    }
  }
  void append(char c) noexcept {
    settle();
    if (size_ < Capacity) text_[size_++] = c;
  }
  void append_number(std::uint64_t number) noexcept {
    constexpr std::size_t longest = 20;
    if (char* const here = reserve(longest)) [[likely]] {
      advance(write_decimal(here, number));
      return;
    }
    std::array<char, longest> digits;
    const char* const end = write_decimal(digits.data(), number);
    append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  /// With `separator` in front, unless nothing is there yet.
  void append_separated(std::string_view separator, std::string_view text) noexcept {
    settle();
    if (size_ != 0) append(separator);
    append(text);
  }
  /// Puts `text` in front of all that is there; a fence moves with what it keeps.
  void prepend(std::string_view text) noexcept {
    settle();
    const std::size_t n = text.size() < Capacity ? text.size() : Capacity;
    const std::size_t kept = size_ < Capacity - n ? size_ : Capacity - n;
    std::char_traits<char>::move(text_.data() + n, text_.data(), kept);
    text.copy(text_.data(), n);
    size_ = n + kept;
    if (fence_ != 0) fence_ = fence_ + n < size_ ? fence_ + n : size_;
  }
  /// As `prepend`, and what is put there is kept by `clear` and `set`.
  void prepend_kept(std::string_view text) noexcept {
    settle();
    const std::size_t before = fence_;
    prepend(text);
    fence_ = before + text.size() < size_ ? before + text.size() : size_;
  }
  /// Room for `n` more characters, to be written and then kept with `advance`; null when there is not so much.
  [[nodiscard]] char* reserve(std::size_t n) noexcept {
    settle();
    return n <= Capacity - size_ ? text_.data() + size_ : nullptr;
  }
  void advance(const char* end) noexcept { size_ = static_cast<std::size_t>(end - text_.data()); }

 private:
  std::array<char, Capacity> text_;
  std::size_t size_ = 0;
  std::size_t fence_ = 0;
  Write deferred_ = nullptr;
  const void* context_ = nullptr;
};

/// An address of a packet, for the columns and for telling conversations apart.
struct Address {
  enum class Kind : std::uint8_t { none, ether, ipv4, ipv6, text };
  std::array<std::uint8_t, 16> octets{};  ///< in wire order, zero behind `size`
  Kind kind = Kind::none;
  std::uint8_t size = 0;

  friend bool operator==(const Address&, const Address&) = default;
};
/// The address of so many octets at an offset. Precondition: they are within `octets`, and 16 at most.
[[nodiscard]] inline Address address_at(Bytes octets, std::size_t offset, std::size_t size,
                                        Address::Kind kind) noexcept {
  Address address{.octets = {}, .kind = kind, .size = static_cast<std::uint8_t>(size)};
  copy_padded(address.octets, octets.data() + offset, size);
  return address;
}
/// That in a field of a header. Precondition: the field is within `header` and 16 octets long at most.
[[nodiscard]] inline Address address_at(Bytes header, const HeaderField& field, Address::Kind kind) noexcept {
  return address_at(header, field.first_octet(), field.octet_count(), kind);
}
/// Characters of the longest one: IPv6 with its last four octets in decimal has 45, 16 octets of a link 47.
inline constexpr std::size_t longest_address_text = 48;
/// Writes it as the list shows it: nothing, `02:00:00:00:00:01`, `192.0.2.1`, `2001:db8::1`. Returns the place behind
/// it. Precondition: there is room for `longest_address_text`.
char* write_text(char* to, const Address& address) noexcept;
/// The same.
void append_text(std::string& out, const Address& address);
/// How many characters that is of an IPv4 address.
[[nodiscard]] std::size_t ipv4_text_size(const Address& address) noexcept;

/// What the packet list says of a packet.
struct Columns {
  Column<256> protocol;
  Column<4095> info;
  Address source;
  Address destination;
};

/// A layer that joins two ends, whole enough to count as a packet between them. What an ICMP error quotes counts not.
struct LayerEnds {
  const Field* layer = nullptr;  ///< such as that of "ip" or "tcp"
  Address source;
  Address destination;
  std::uint16_t source_port = 0;  ///< of TCP and UDP
  std::uint16_t destination_port = 0;
  std::uint32_t stream = 0;  ///< `tcp.stream`
};

/// How long a segment waited for its acknowledgment, which the packet brings. Source: `tcp.analysis.ack_rtt`.
struct RoundTrip {
  std::uint32_t ends = 0;  ///< place in `Facts::ends` of the acknowledgment's
  Duration time{};
  bool has_initial = false;
  Duration initial{};  ///< of the handshake: `tcp.analysis.initial_rtt`
};

/// A note as it was made, without the tree. Lifetime: the texts' is that of the dissection.
struct ToldNote {
  const Field* field = nullptr;  ///< such as that of "tcp.connection.rst"
  Severity severity = Severity::none;
  std::string_view group;     ///< such as "Sequence"
  std::string_view protocol;  ///< short name of the layer that made it, such as "TCP"
  std::string_view text;
};

/// What there is to count in a packet, in plain values, each in the order in which layers were read.
struct Facts {
  std::vector<const Field*> layers;  ///< lines at the left of the tree, the frame's own apart
  std::vector<LayerEnds> ends;
  std::vector<RoundTrip> round_trips;
  std::vector<ToldNote> notes;  ///< as many in every detail
  bool quote_is_cut = false;    ///< an ICMP error quotes less than the layers in there need

  void clear() noexcept {
    layers.clear();
    ends.clear();
    round_trips.clear();
    notes.clear();
    quote_is_cut = false;
  }
};

/// How much of a packet is taken down.
enum class Detail : std::uint8_t {
  facts,    ///< what `Facts` says only: no columns, no items
  columns,  ///< the list line only: no items
  fields,   ///< all fields with their values, and none of the lines that are written for people
  items     ///< all fields with their values and lines
};

/// Text and octets that live as long as one packet's dissection. Chunks are kept from packet to packet.
class Arena {
 public:
  [[nodiscard]] char* allocate(std::size_t size) {
    if (chunk_ == chunks_.size() || chunks_[chunk_].size - used_ < size) [[unlikely]]
      find_chunk(size);
    char* const there = chunks_[chunk_].data.get() + used_;
    used_ += size;
    return there;
  }
  /// The last octets of what was allocated last, which are not needed.
  void give_back(std::size_t size) noexcept { used_ -= size; }
  [[nodiscard]] std::string_view copy(std::string_view text) { return join(text, {}); }
  /// One text after the other; only what `more` has is copied where `text` is what was put here last.
  [[nodiscard]] std::string_view join(std::string_view text, std::string_view more) {
    if (text.empty() && more.empty()) return {};
    if (used_ >= text.size() && used_ != 0 && text.data() + text.size() == chunks_[chunk_].data.get() + used_ &&
        chunks_[chunk_].size - used_ >= more.size()) {
      std::char_traits<char>::copy(allocate(more.size()), more.data(), more.size());
      return {text.data(), text.size() + more.size()};
    }
    char* const there = allocate(text.size() + more.size());
    std::char_traits<char>::copy(there, text.data(), text.size());
    std::char_traits<char>::copy(there + text.size(), more.data(), more.size());
    return {there, text.size() + more.size()};
  }
  /// A text in the making, which keeps its memory. Lifetime: until the next call.
  [[nodiscard]] std::string& cleared_line() noexcept {
    line_.clear();
    return line_;
  }
  void reset() noexcept {
    if ((chunk_ | used_) != 0) begin_again();
  }

 private:
  void begin_again() noexcept;
  void find_chunk(std::size_t size);

  static constexpr std::size_t chunk_size = std::size_t{64} * 1024;
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  // in use
  std::size_t used_ = 0;   // of that one
  std::string line_;
};

/// What a dissector found in one packet. Kept by the caller and refilled, so that a long capture runs in constant
/// memory. Lifetime: items borrow from the record's octets, the arena and the dissector's memory, until the next
/// packet.
struct Dissection {
  explicit Dissection(Detail how_much = Detail::items, bool and_facts = false)
      : detail{how_much},
        wants_facts{and_facts || how_much == Detail::facts},
        wants_ends{wants_facts},
        wants_layers{wants_facts},
        wants_notes{wants_facts} {}

  Detail detail;
  bool wants_facts;   ///< whether `facts` is filled
  bool wants_ends;    ///< whether with ends and round trips
  bool wants_layers;  ///< whether with layers; else Detail::facts ends at the transport
  bool wants_notes;   ///< whether with notes as well
  /// The protocols whose items are taken down, at Detail::fields; null: all. Facts are those of all protocols, for
  /// which it must be null. Lifetime: borrowed.
  const Interest* interest = nullptr;
  std::uint64_t frame_number = 0;  ///< counted from 1
  const PacketRecord* record = nullptr;
  Duration since_first{};  ///< since the first packet of the capture
  Duration since_previous_captured{};
  Duration since_previous_displayed{};
  Columns columns;
  std::vector<Item> items;  ///< [0] is the root; its children are the layers
  std::vector<DataSource> sources;
  Facts facts;
  Arena arena;

  [[nodiscard]] const Item& at(ItemId id) const noexcept { return items[static_cast<std::size_t>(id)]; }
  [[nodiscard]] Item& at(ItemId id) noexcept { return items[static_cast<std::size_t>(id)]; }

  /// Forgets all items but the root, which is then as it was made, and what items borrow.
  void clear_items() {
    if (items.size() != 1) {  // the root alone has nothing to forget
      items.clear();
      items.emplace_back();
    }
    sources.clear();
    arena.reset();
  }
};

/// The line of the tree, without indentation or brackets: `Source Port: 80`.
void append_label(std::string& out, const Dissection& dissection, const Item& item);
/// The value alone, as `-T fields` shows it: `80`, `0x0800`, `192.0.2.1`.
void append_value(std::string& out, const Item& item);

}  // namespace encap
