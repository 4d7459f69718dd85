#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "encap/base/bytes.h"
#include "encap/base/timestamp.h"
#include "encap/dissect/dissection.h"
#include "encap/wire/sequence_number.h"

namespace encap {

struct ProtocolInfo;

/// What one protocol remembers of one flow, such as the requests that wait for an answer. Must stay bounded.
struct FlowMemory {
  FlowMemory() = default;
  FlowMemory(const FlowMemory&) = delete;
  FlowMemory& operator=(const FlowMemory&) = delete;
  virtual ~FlowMemory() = default;
};

/// The packets between two endpoints over one transport, both directions.
struct Flow {
  std::uint32_t index = 0;                    ///< `tcp.stream`, `udp.stream`: counted from 0 per transport
  bool forward = true;                        ///< whether the packet at hand goes the way the flow's first packet went
  const ProtocolInfo* application = nullptr;  ///< who dissects its payload, once that is known
  bool seen = false;                          ///< whether the times below say something; of UDP
  Timestamp first_time{};
  Timestamp previous_time{};
  std::unique_ptr<FlowMemory> memory;  ///< of that application
  const void* memory_kind = nullptr;   ///< which type it has; means nothing while there is none

  /// Notes when the first packet came, and takes it for the previous one; of UDP.
  void begin(Timestamp time) noexcept {
    if (!seen) first_time = previous_time = time;
    seen = true;
  }

  /// Whether the application's memory is there and of that type.
  template <class Memory>
  [[nodiscard]] bool remembers() const noexcept {
    return memory != nullptr && memory_kind == &kind_of<Memory>;
  }
  /// The application's memory, made when it is first asked for. One type per flow: that of its application.
  template <class Memory>
  [[nodiscard]] Memory& remember() {
    if (!remembers<Memory>()) {
      memory = std::make_unique<Memory>();
      memory_kind = &kind_of<Memory>;
    }
    return static_cast<Memory&>(*memory);
  }

 private:
  template <class Memory>
  static constexpr char kind_of{};  // its address tells one type from another
};

/// Which flow a packet belongs to.
struct FlowKey {
  enum class Transport : std::uint8_t { tcp, udp, icmp };
  Transport transport = Transport::udp;
  Address source;
  Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

/// A TCP segment as its header tells it.
struct TcpSegmentFacts {
  std::uint64_t frame_number = 0;
  Timestamp time;
  std::uint32_t sequence_number = 0;
  std::uint32_t acknowledgment_number = 0;
  std::uint32_t length = 0;  ///< octets of payload on the wire
  std::uint16_t flags = 0;   ///< 12 bits
  std::uint16_t window = 0;  ///< as in the header
  bool has_header = true;    ///< whether the header's own length is possible; only the numbers count where it is not
  bool has_length = true;    ///< whether `length` is known: it is not where the header is longer than the segment
  // Of the options.
  std::uint8_t window_scale = no_window_scale;  ///< shift count
  bool fast_open = false;                       ///< a TCP Fast Open cookie
  std::uint8_t sack_count = 0;
  struct Block {
    std::uint32_t left;
    std::uint32_t right;
  };
  std::array<Block, 4> sack{};

  static constexpr std::uint8_t no_window_scale = 255;
};

/// Marks of one segment. Names are those of `tcp.analysis`.
struct TcpMark {
  enum : std::uint32_t {
    retransmission = 1u << 0,
    fast_retransmission = 1u << 1,
    spurious_retransmission = 1u << 2,
    out_of_order = 1u << 3,
    lost_segment = 1u << 4,
    ack_lost_segment = 1u << 5,
    keep_alive = 1u << 6,
    keep_alive_ack = 1u << 7,
    duplicate_ack = 1u << 8,
    zero_window = 1u << 9,
    zero_window_probe = 1u << 10,
    zero_window_probe_ack = 1u << 11,
    window_full = 1u << 12,
    window_update = 1u << 13,
    reused_ports = 1u << 14
  };
};

/// What has been seen of a connection, as `tcp.completeness` counts it.
struct TcpSeen {
  enum : std::uint8_t { syn = 1, syn_ack = 2, ack = 4, data = 8, fin = 16, rst = 32 };
};

/// What became of a piece that may be part of something larger.
struct Reassembly {
  enum class State : std::uint8_t { pending, complete, overlap_error, too_large };
  State state = State::pending;
  Bytes bytes{};  ///< when complete. Lifetime: until the next packet
  struct Piece {
    std::uint64_t frame;
    std::uint32_t offset;
    std::uint32_t length;
    bool overlap = false;
    bool conflict = false;        ///< overlaps with octets that differ
    bool multiple_tails = false;  ///< ends the datagram elsewhere than the last fragment before it
    bool too_long = false;        ///< goes beyond the end of the datagram
  };
  std::span<const Piece> pieces{};  ///< in order of offset. Lifetime: as bytes
  std::uint64_t complete_in = 0;    ///< the frame that had the last piece, when it is known; 0: not yet
};

/// One side's PDUs that are spread over segments: what a layer over TCP asked to see again with more octets behind it.
///
/// Rules. Of segments that overlap, the octets of the one that starts first count; of two that start alike, those that
/// came first; a PDU that is whole takes none any more. A gap keeps a PDU waiting for ever; what comes behind its end
/// is read as if nothing were missing. A FIN ends a PDU that waits for it, and no other. Sequence numbers are relative
/// ones, without wrap-around. Bounded: the last 8 PDUs of a side are known, and an unfinished one that grows beyond a
/// session's limit is given up, its segments stay segments.
class TcpPdus {
 public:
  struct Pdu {
    std::uint32_t sequence = 0;  ///< of its first octet
    std::uint32_t next = 0;      ///< of the first octet behind it, as far as is known
    std::uint64_t first_frame = 0;
    std::uint64_t last_frame = 0;  ///< the last one that added to it
    bool whole_segment = false;    ///< the next segment belongs to it to its end, however long that is
  };

  TcpPdus() = default;
  TcpPdus(const TcpPdus&) = delete;
  TcpPdus& operator=(const TcpPdus&) = delete;
  virtual ~TcpPdus() = default;

  /// The PDU that starts there, or null. Lifetime of it and all the others: until the next `begin`.
  [[nodiscard]] virtual Pdu* find(std::uint32_t sequence) noexcept = 0;
  /// The one that starts nearest before `sequence`, or null.
  [[nodiscard]] virtual Pdu* find_before(std::uint32_t sequence) noexcept = 0;
  /// Null: there is no room for another one.
  [[nodiscard]] virtual Pdu* begin(std::uint32_t sequence, std::uint32_t next, std::uint64_t frame_number) = 0;
  /// Adds octets of a PDU, `offset` octets from its start; with the last ones `more` is false.
  [[nodiscard]] virtual Reassembly add(Pdu& pdu, std::uint64_t frame_number, std::uint32_t offset, Bytes bytes,
                                       bool more) = 0;
  /// The PDU that was complete is not, after all: more octets may be added.
  virtual void reopen(Pdu& pdu) noexcept = 0;

  bool any = false;             ///< whether there is one that `find` and `find_before` could give
  bool until_fin = false;       ///< a PDU waits for the end of the stream
  std::uint64_t fin_frame = 0;  ///< that ended it; 0: none yet
};

/// What the packets before it say about a segment.
struct TcpAnalysis {
  Flow* flow = nullptr;
  TcpPdus* pdus = nullptr;              ///< what is put together of this side's octets
  std::uint32_t relative_sequence = 0;  ///< counted from the side's first sequence number, or that it would have had
  std::uint32_t relative_acknowledgment = 0;  ///< counted from the other side's
  std::uint8_t seen = 0;                      ///< of TcpSeen: before this segment
  std::int16_t window_scale = -1;             ///< shift count in force for this side; -1 unknown, -2 no scaling
  std::uint32_t marks = 0;                    ///< of TcpMark
  std::uint32_t duplicate_ack_number = 0;
  std::uint64_t duplicate_ack_frame = 0;
  std::uint64_t acked_frame = 0;  ///< 0: none
  Duration ack_rtt{};
  bool has_initial_rtt = false;
  Duration initial_rtt{};
  std::uint32_t bytes_in_flight = 0;  ///< 0: not known
  std::uint32_t push_bytes_sent = 0;
  std::uint64_t rto_frame = 0;  ///< of the segment this one sends again; 0: none
  Duration rto{};
  std::uint16_t server_port = 0;  ///< of the side that was asked, as far as a SYN has shown; 0: none has
  bool accurate_ecn = false;      ///< AE, CWR and ECE are a counter, ACE
  bool fast_open_data = false;    ///< the SYN brought a TCP Fast Open cookie and octets
  bool fin_active = false;        ///< this is the flow's first FIN
  bool fin_passive = false;       ///< this is the other side's first FIN
  Duration since_first{};         ///< in this flow
  Duration since_previous{};
};

/// Which fragments belong together.
struct FragmentKey {
  Address source;
  Address destination;
  std::uint32_t identification = 0;
  std::uint32_t protocol = 0;  ///< IPv4 tells datagrams apart by it too, 0 for IPv6
};

/// What is remembered from packet to packet; a dissector without one reads every packet alone.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// The flow of a packet, a new one where there is none. Lifetime: until the next packet. Not for TCP.
  [[nodiscard]] virtual Flow& flow(const FlowKey& key) = 0;
  /// Takes a segment into account and says what the ones before make of it. Lifetime: until the next packet's.
  [[nodiscard]] virtual const TcpAnalysis& tcp(const FlowKey& key, const TcpSegmentFacts& segment) = 0;
  /// Takes a fragment into account. `offset` and `bytes` in octets of the datagram's payload.
  [[nodiscard]] virtual Reassembly fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset,
                                            bool more, Bytes bytes) = 0;
};

}  // namespace encap
