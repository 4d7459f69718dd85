#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tsl/robin_map.h>
#include <unordered_map>
#include <vector>

#include "encap/dissect/dissection.h"
#include "encap/flow/message.h"
#include "encap/trace/capture_comparison.h"
#include "trace/octet_store.h"

namespace encap::trace {

/// Why a field may differ.
enum class Nature : std::uint8_t {
  key,               ///< not compared: says which conversation it is
  fixed,             ///< it need not
  random,            ///< drawn at random or counted from a random start; a zero on one side only is a choice
  source_port,       ///< of a client: its kernel chooses
  destination_port,  ///< the same for what the server sends
  time               ///< measured
};

/// What of a field is kept.
enum class Kept : std::uint8_t {
  value,  ///< of its first item
  list,   ///< of all its items, one behind the other
  step,   ///< by how much it grew since the packet before of the same sender; none where either is 0
  octets  ///< compared at their place in the stream
};

struct ComparedField {
  std::string_view name;  ///< Wireshark's
  Nature nature = Nature::fixed;
  Kept kept = Kept::value;
};

/// The fields that are compared, in the order of the headers. How they are shown, the field table knows.
inline constexpr std::array compared_fields = std::to_array<ComparedField>({
    {"ip.dsfield"},
    {"ip.len"},
    {"ip.id", Nature::random},
    {"ip.id", Nature::fixed, Kept::step},
    {"ip.flags.df"},
    {"ip.flags.mf"},
    {"ip.ttl"},
    {"ip.src"},
    {"ip.dst"},
    {"ipv6.tclass"},
    {"ipv6.flow", Nature::random},
    {"ipv6.plen"},
    {"ipv6.hlim"},
    {"ipv6.src"},
    {"ipv6.dst"},
    {"tcp.srcport", Nature::source_port},
    {"tcp.dstport", Nature::destination_port},
    {"tcp.stream", Nature::key},
    {"tcp.len"},
    {"tcp.seq"},
    {"tcp.seq_raw", Nature::random},
    {"tcp.ack"},
    {"tcp.ack_raw", Nature::random},
    {"tcp.hdr_len"},
    {"tcp.flags"},
    {"tcp.window_size_value"},
    {"tcp.window_size_scalefactor"},
    {"tcp.window_size"},
    {"tcp.urgent_pointer"},
    {"tcp.option_kind", Nature::fixed, Kept::list},
    {"tcp.options.mss_val"},
    {"tcp.options.wscale.shift"},
    {"tcp.options.sack_perm"},
    {"tcp.options.sack.count"},
    {"tcp.options.timestamp.tsval", Nature::random},
    {"tcp.options.timestamp.tsval", Nature::time, Kept::step},
    {"tcp.options.timestamp.tsecr", Nature::random},
    {"tcp.time_delta", Nature::time},
    {"tcp.payload", Nature::fixed, Kept::octets},
    {"udp.srcport", Nature::source_port},
    {"udp.dstport", Nature::destination_port},
    {"udp.length"},
    {"udp.stream", Nature::key},
    {"udp.time_delta", Nature::time},
    {"udp.payload", Nature::fixed, Kept::octets},
});
static_assert(compared_fields.size() <= 64, "a packet's fields are a bit each");

/// The place in that table. Precondition: it is there.
[[nodiscard]] constexpr std::size_t place_of(std::string_view name, Kept kept = Kept::value) noexcept {
  std::size_t place = 0;
  while (compared_fields[place].name != name || compared_fields[place].kept != kept) ++place;
  return place;
}

inline constexpr std::array stepping_fields{place_of("ip.id", Kept::step),
                                            place_of("tcp.options.timestamp.tsval", Kept::step)};

/// Which of the fields an item belongs to.
class FieldPlaces {
 public:
  FieldPlaces();
  /// SIZE_MAX: to none.
  [[nodiscard]] std::size_t of(const Field* field) const noexcept {
    const auto found = places_.find(field);
    return found == places_.end() ? SIZE_MAX : found->second;
  }
  /// How the field at that place is shown.
  [[nodiscard]] const Field& shown_as(std::size_t place) const noexcept { return *shown_as_[place]; }

 private:
  tsl::robin_map<const Field*, std::size_t> places_;
  std::array<const Field*, compared_fields.size()> shown_as_{};
};

/// Texts, each once, told apart by a number.
class TextPool {
 public:
  [[nodiscard]] std::uint64_t number_of(const std::string& text) {
    const auto [at, is_new] = numbers_.try_emplace(text, texts_.size());
    if (is_new) texts_.push_back(&at->first);
    return at->second;
  }
  [[nodiscard]] const std::string& text(std::uint64_t number) const noexcept {
    return *texts_[static_cast<std::size_t>(number)];
  }

 private:
  std::unordered_map<std::string, std::uint64_t> numbers_;
  std::vector<const std::string*> texts_;
};

struct KeptPacket {
  std::uint64_t frame = 0;
  Timestamp time{};
  std::uint64_t has = 0;   ///< a bit for each field
  std::size_t values = 0;  ///< where those it has begin
  Bytes payload{};
  std::uint32_t conversation = 0;
  std::uint32_t sequence_number = 0;
  std::uint32_t acknowledgment_number = 0;
  std::uint32_t length = 0;
  PacketKind kind = PacketKind::ack;
  bool from_client = true;
  bool payload_is_kept = true;
};

struct KeptConversation {
  Transport transport = Transport::tcp;
  Route route{};  ///< from the client
  std::vector<std::uint32_t> packets{};
  /// Those with data from the client, and from the server, by their place in the stream.
  std::array<std::vector<std::uint32_t>, 2> data{};
  /// What steps are counted from, of each sender.
  std::array<std::array<std::uint32_t, stepping_fields.size()>, 2> last{};
};

/// What is kept of the packets of one capture.
class KeptCapture {
 public:
  /// Lifetime: borrows `places` and `texts`.
  KeptCapture(const FieldPlaces& places, TextPool& texts, const ComparisonOptions& options)
      : places_{&places}, texts_{&texts}, store_{options.most_octets}, most_packets_{options.most_packets} {}

  /// Precondition: dissected with Detail::fields or more.
  void take(const Dissection& dissection);
  /// Says that the client is the other end.
  void turn(KeptConversation& conversation);
  /// Sorts the data packets of each conversation by their place.
  void sort_data();

  [[nodiscard]] ComparedCapture& summary() noexcept { return summary_; }
  [[nodiscard]] const ComparedCapture& summary() const noexcept { return summary_; }
  [[nodiscard]] const std::vector<KeptPacket>& packets() const noexcept { return packets_; }
  [[nodiscard]] std::vector<KeptConversation>& conversations() noexcept { return conversations_; }
  [[nodiscard]] const std::vector<KeptConversation>& conversations() const noexcept { return conversations_; }

  [[nodiscard]] static bool has(const KeptPacket& packet, std::size_t place) noexcept {
    return (packet.has >> place & 1) != 0;
  }
  /// Precondition: it has it.
  [[nodiscard]] std::uint64_t value(const KeptPacket& packet, std::size_t place) const noexcept;
  /// The value as `-T fields` writes it; empty where there is none. Not for octets.
  [[nodiscard]] std::string text(const KeptPacket& packet, std::size_t place) const;

 private:
  /// The fields of the innermost transport.
  struct Reading {
    std::array<std::uint64_t, compared_fields.size()> values{};
    std::array<const Item*, compared_fields.size()> items{};
    std::uint64_t has = 0;
  };
  bool read_layers(const Dissection& dissection);
  void add_steps(KeptConversation& conversation, bool from_client);
  [[nodiscard]] std::uint64_t number(std::size_t place) const noexcept { return reading_.values[place]; }
  [[nodiscard]] bool read(std::size_t place) const noexcept { return (reading_.has >> place & 1) != 0; }
  void name_link(const Dissection& dissection);

  const FieldPlaces* places_;
  TextPool* texts_;
  OctetStore store_;
  std::uint64_t most_packets_;
  ComparedCapture summary_;
  std::vector<KeptPacket> packets_;
  std::vector<std::uint64_t> values_;
  std::vector<KeptConversation> conversations_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  // of conversations, by transport and stream
  Reading reading_;
  std::array<std::string, compared_fields.size()> lists_;
  std::uint8_t transport_ = 0;  // Transport of the reading
};

}  // namespace encap::trace
