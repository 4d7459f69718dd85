#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/timestamp.h"
#include "encap/capture/packet_source.h"
#include "encap/dissect/dissection.h"
#include "encap/flow/message.h"
#include "encap/wire/endpoint.h"

namespace encap {

/// What of two captures is compared.
struct ComparisonOptions {
  /// Packets kept of each capture; those behind them are only counted.
  std::uint64_t most_packets = 500'000;
  /// Octets of payload kept of each capture; those of further packets are not compared.
  std::uint64_t most_octets = std::uint64_t{256} << 20;
  /// Which packets are compared, dissected with Detail::fields; empty: all.
  std::function<bool(const Dissection&)> wants{};
};

/// Something for the left capture and for the right one.
template <class Value>
using BothSides = std::array<Value, 2>;

/// What was read of a capture.
struct ComparedCapture {
  std::string name;
  std::uint64_t packets = 0;   ///< in the capture, those left out by `wants` not counted
  std::uint64_t compared = 0;  ///< of TCP and UDP, whole and within the bounds
  std::uint64_t others = 0;    ///< of other protocols, broken, or fragments of a datagram that is told by its last
  std::uint64_t beyond = 0;    ///< behind `most_packets`
  std::uint64_t without_payload = 0;    ///< whose payload was not kept
  std::uint64_t conversations = 0;      ///< of TCP and UDP
  std::vector<std::string_view> links;  ///< the first layers, such as "Ethernet II", in the order they were seen
  std::optional<IoError> damage;        ///< where the capture cannot be read any further
};

/// What a packet is for its conversation: packets are aligned by it.
enum class PacketKind : std::uint8_t { syn, syn_ack, data, ack, fin, rst, datagram };
/// `SYN`, `SYN, ACK`, `data`, `ACK`, `FIN`, `RST`, `datagram`.
[[nodiscard]] std::string_view name_of(PacketKind kind) noexcept;

/// A packet, as far as the alignment looks at it.
struct ComparedPacket {
  std::uint64_t frame = 0;  ///< in its capture, from 1
  Duration time{};          ///< since the first packet of the conversation
  bool from_client = true;
  PacketKind kind = PacketKind::ack;
  std::uint32_t sequence_number = 0;        ///< relative, `tcp.seq`
  std::uint32_t acknowledgment_number = 0;  ///< relative, `tcp.ack`
  std::uint32_t length = 0;                 ///< octets of payload on the wire
};

/// One packet of each side, or a packet that has no partner.
struct AlignedPackets {
  static constexpr std::uint32_t none = UINT32_MAX;
  BothSides<std::uint32_t> packets{none, none};  ///< for `CaptureComparison::packet`

  [[nodiscard]] bool is_pair() const noexcept { return packets[0] != none && packets[1] != none; }
};

/// A field that has another value on either side.
struct FieldDifference {
  std::string_view field;  ///< Wireshark's name
  bool is_step = false;    ///< not the value itself but by how much it grew since the sender's packet before
  /// Nobody could have made both alike: the value is drawn at random, chosen by a kernel, or a time.
  bool by_nature = false;
  BothSides<std::string> values;  ///< as `-T fields` writes them; empty: the packet has none
};

/// How often a field is alike.
struct FieldAgreement {
  std::string_view field;       ///< Wireshark's name
  bool is_step = false;         ///< as of FieldDifference
  std::uint64_t packets = 0;    ///< pairs of which one has it at least
  std::uint64_t agree = 0;      ///< of these
  std::uint64_t by_nature = 0;  ///< of these: they differ and nobody could have made them alike
  /// The first pair that differs, rather one not by nature; where none does, the first that has the field.
  BothSides<std::uint64_t> frames{};
  BothSides<std::string> values{};
};

/// A conversation of both captures.
struct ComparedConversation {
  enum class PairedBy : std::uint8_t {
    endpoints,  ///< the same addresses and ports
    server,     ///< the same server, another port or address of the client
    server_port
  };
  Transport transport = Transport::tcp;
  PairedBy paired_by = PairedBy::endpoints;
  BothSides<Route> routes{};           ///< from the client
  BothSides<std::uint64_t> packets{};  ///< of the conversation
  std::uint64_t aligned = 0;           ///< pairs
  std::uint64_t differences = 0;       ///< fields of all pairs, not by nature
  std::uint64_t by_nature = 0;
  std::vector<AlignedPackets> pairs;  ///< along the conversation, those without a partner among them
};
/// `endpoints`, `server`, `server port`.
[[nodiscard]] std::string_view name_of(ComparedConversation::PairedBy paired_by) noexcept;

/// A conversation that only one capture has.
struct LoneConversation {
  Transport transport = Transport::tcp;
  Route route{};  ///< from the client
  std::uint64_t packets = 0;
};

/// Says in which header fields the packets of two captures differ, packet by packet along each conversation.
///
///     CaptureComparison comparison{{}};
///     comparison.read(0, "real.pcap", real);
///     comparison.read(1, "crafted.pcap", crafted);
///     comparison.compare();
///     append_text(out, comparison, {}, {});
///
/// Conversations of TCP and UDP are paired by their ends, in the order of the captures; those left over by the server,
/// then by its port. The packets of a pair are aligned in either direction by what they are: SYN, SYN-ACK, RST and FIN
/// in their order, data by its place in the stream, pure acknowledgments by what they acknowledge, datagrams by their
/// octets. Those left over, if both sides have as many of a kind, in their order; else data by overlapping ranges. What
/// is left then has no partner. Payload is compared at its place in the stream, also where it is cut into other
/// segments: up to 64 of them for a pair.
///
/// Memory: for each packet about 350 octets and its payload, within the bounds of the options, and what dissecting
/// holds. Cost: O(n log n).
class CaptureComparison {
 public:
  explicit CaptureComparison(ComparisonOptions options);
  ~CaptureComparison();
  CaptureComparison(const CaptureComparison&) = delete;
  CaptureComparison& operator=(const CaptureComparison&) = delete;

  /// Reads a capture to its end, once for each side: 0 is the left one, 1 the right one. A capture that breaks off is
  /// compared as far as it goes (`ComparedCapture::damage`). `frames_without_packet` is that of a CaptureFileReader,
  /// for the numbers of frames; it may be empty.
  void read(std::size_t side, std::string name, PacketSource& capture,
            const std::function<std::uint64_t()>& frames_without_packet = {});

  /// Pairs and aligns. After both were read, once.
  void compare();

  [[nodiscard]] const ComparedCapture& capture(std::size_t side) const noexcept;
  [[nodiscard]] std::uint64_t aligned() const noexcept;                      ///< pairs of packets
  [[nodiscard]] const std::vector<FieldAgreement>& fields() const noexcept;  ///< in the order of the headers
  [[nodiscard]] const std::vector<ComparedConversation>& conversations() const noexcept;  ///< in the left one's order
  [[nodiscard]] const std::vector<LoneConversation>& only_in(std::size_t side) const noexcept;
  [[nodiscard]] ComparedPacket packet(std::size_t side, std::uint32_t index) const noexcept;
  /// The frame of the other side that has the octet a data packet begins with; 0: none. `conversation` is the place in
  /// `conversations()`.
  [[nodiscard]] std::uint64_t frame_with_octets_of(std::size_t conversation, std::size_t side,
                                                   std::uint32_t index) const noexcept;
  /// What differs between the two of a pair, in the order of the headers.
  void differences(const AlignedPackets& pair, std::vector<FieldDifference>& out) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// How a comparison is told as text.
struct ComparisonText {
  /// Every packet with all its differences; else the first 20 differences that are not by nature, and counts.
  bool everything = false;
};

/// Appends a table of the fields, then the conversations with their packets in two columns. `written` is called
/// between packets, so that text can be taken away; it may be empty.
void append_text(std::string& out, const CaptureComparison& comparison, const ComparisonText& how,
                 const std::function<void()>& written);
/// Appends one object with the members `captures`, `aligned`, `fields`, `conversations` and `only_in`: everything.
void append_json(std::string& out, const CaptureComparison& comparison, const std::function<void()>& written);

}  // namespace encap
