#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "encap/base/failure.h"
#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/flow/address_book.h"
#include "encap/flow/encapsulator.h"
#include "encap/flow/fault.h"
#include "encap/flow/message.h"
#include "encap/flow/tcp_script.h"

namespace encap {

/// How messages become packets.
struct CraftOptions {
  enum class Mode : std::uint8_t {
    session,  ///< connections a real pair of hosts could have had
    segments  ///< every TCP message is one segment with the values of `segments`, nothing around it
  };
  enum class Payload : std::uint8_t {
    complete,  ///< text is finished into what its protocol sends
    verbatim   ///< exactly the text of each row
  };
  /// What a raw-socket exercise chooses for every segment.
  struct Segments {
    TcpFlags flags = TcpFlags::psh | TcpFlags::ack;
    SequenceNumber sequence_number{0};
    SequenceNumber acknowledgment_number{0};
    std::uint16_t window = 8192;
  };

  Mode mode = Mode::session;
  Payload payload = Payload::complete;
  AddressOptions addresses{};
  /// Absent: null when every address is a loopback one and there are no outer headers, else Ethernet. Decided by the
  /// first rows, up to the size of the window.
  std::optional<LinkType> link_type{};
  /// Default: 1500 in session mode, 65535 for segments; at most what the outer headers can carry.
  std::optional<std::uint32_t> mtu{};
  std::uint8_t time_to_live = 64;
  /// Identification of every segment in segments mode (default 1), of each side's first packet in session mode
  /// (default: drawn from the seed).
  std::optional<std::uint16_t> identification{};
  std::uint64_t seed = 0;
  Duration round_trip = std::chrono::microseconds{200};
  Close close = Close::fin;
  std::optional<Timestamp> start{};  ///< when the first packet passes; default: the table's own time
  Segments segments{};
  /// Headers in front of every packet, outermost first. Precondition: `check` accepts them for the link type.
  std::vector<OuterLayer> outer{};
  Impairment impair{};   ///< what befalls segments with data at random, drawn from the seed
  bool origins = false;  ///< tell with each packet what it was made of (`PacketRecord::origin`)
  /// Make the packets on a thread of their own, which calls the sink, some hundred behind the messages. They are the
  /// same packets. Where origins are told there is no such thread.
  bool packets_behind = false;
};

/// What was made, and what was mended on the way.
struct CraftSummary {
  std::uint64_t messages = 0;       ///< rows that are in the packets
  std::uint64_t conversations = 0;  ///< opened; 0 in segments mode
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;  ///< of the packets, link headers included

  std::uint64_t http_completed = 0;   ///< HTTP messages finished
  std::uint64_t rows_joined = 0;      ///< rows that became part of the HTTP message before them
  std::uint64_t lines_completed = 0;  ///< lines of SMTP and its like that got their CRLF
  std::uint64_t dns_completed = 0;    ///< texts that became DNS messages
  std::uint64_t dhcp_completed = 0;   ///< texts that became DHCP messages
  std::uint64_t control_rows = 0;     ///< rows that only named a TCP control segment, left out
  std::uint64_t empty_messages = 0;   ///< rows with nothing to send over TCP, left out
  std::uint64_t not_http = 0;         ///< HTTP rows that are no HTTP, sent as they are
  std::uint64_t text_as_binary = 0;   ///< text sent as it is to a port where a binary protocol is spoken
  std::uint64_t unknown_protocols = 0;
  std::uint64_t datagrams_lost = 0;  ///< rows that a fault kept out of the packets
  std::uint64_t not_reordered = 0;   ///< rows to be reordered with nothing behind them, sent in order
  std::uint64_t opened_again = 0;    ///< connections opened behind one that a fault had reset
  std::uint64_t closed_early = 0;    ///< conversations closed before their last row, to bound memory
};

/// From messages to packets: puts the rows in time order, finishes their payload, plays each conversation as two hosts
/// would, and hands the packets of all of them to a sink in time order.
///
/// Memory is bounded by a window of rows and by the open conversations. Within the window rows are sorted by time
/// (equal times keep their order), and what follows a row is known: the lines that belong to a message, and whether
/// its conversation goes on. A row further out of order than the window leaves late instead.
class Crafter {
 public:
  static constexpr std::size_t window_rows = 4096;
  static constexpr std::size_t window_octets = 4u << 20;
  /// Conversations open at once at most; beyond, the one that was idle longest is closed.
  static constexpr std::size_t most_open = 32768;

  /// Lifetime: borrows `sink`.
  Crafter(CraftOptions options, PacketSink& sink);
  ~Crafter();
  Crafter(Crafter&&) noexcept;
  Crafter& operator=(Crafter&&) noexcept;

  /// Takes a message; packets may leave. The message is copied. Errors: a row that cannot be sent, after which the next
  /// one may be pushed, or a sink that refuses; it may be told of a packet of some messages before.
  [[nodiscard]] Result<void, Failure> push(const Message& message);
  /// Sends what is left and closes every conversation. Errors: those of the sink.
  [[nodiscard]] Result<void, IoError> finish();
  /// Waits until the sink has all packets that were made, before somebody else uses it in the middle of the messages.
  /// Errors: those of the sink.
  [[nodiscard]] Result<void, IoError> drain();

  /// Of the packets that were made; waits until the sink has them.
  [[nodiscard]] const CraftSummary& summary() const;
  /// The link type of the packets; final from the first packet on.
  [[nodiscard]] LinkType link_type() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
