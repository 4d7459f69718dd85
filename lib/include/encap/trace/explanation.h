#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/link_type.h"
#include "encap/base/timestamp.h"
#include "encap/flow/message.h"
#include "encap/trace/checksum_steps.h"
#include "encap/wire/endpoint.h"

namespace encap {

/// How messages were wrapped, as values: what text, JSON and a page are made of. Everything is owned but names of
/// fields and purposes, which live as long as the program. Text out of packets is as the packets have it: whoever shows
/// it escapes it.

/// OwnedOctets that are kept. Sizes and offsets are in octets everywhere.
using OwnedOctets = std::vector<std::byte>;

/// One field of a header.
struct ExplainedField {
  std::string_view name{};   ///< of Wireshark's reference, such as "tcp.srcport"; empty for a line without a field
  std::string label;         ///< such as "Source Port"
  std::string value;         ///< such as "5074"; empty where the label says it all
  std::string bits;          ///< of a bit field, such as "0100 ...."; else empty
  std::string_view purpose;  ///< what it is for: a sentence
  std::uint32_t offset = 0;  ///< into its layer's octets
  std::uint32_t length = 0;  ///< at least 1
  std::uint8_t depth = 0;    ///< 0: a field of the layer; more: a part of the field of a lower depth before it
};

/// One header, or what the application's protocol makes of the message.
struct ExplainedLayer {
  enum class Kind : std::uint8_t { link, network, transport, application };
  Kind kind = Kind::link;
  std::string_view protocol;  ///< filter name, such as "tcp"
  std::string_view title;     ///< such as "Transmission Control Protocol"
  std::string_view purpose;
  std::uint32_t offset =
      0;  ///< into the frame; of a transport header into the segment, of an application's into the message
  OwnedOctets octets;
  std::vector<ExplainedField> fields;         ///< in the order of the tree
  std::optional<ChecksumSteps> checksum;      ///< of IPv4, TCP and UDP
  std::optional<PseudoHeader> pseudo_header;  ///< what the checksum of a transport header covers beside the segment
};

/// A packet in its frame: a segment or datagram whole, or a fragment of it.
struct ExplainedPacket {
  std::uint64_t frame = 0;           ///< its number in the capture, from 1
  Duration since_first{};            ///< since the capture's first frame
  std::uint32_t size = 0;            ///< of the frame
  std::uint32_t packet_size = 0;     ///< from the network header on
  std::uint32_t segment_at = 0;      ///< where in the frame the segment, or its part, begins
  std::uint32_t segment_offset = 0;  ///< where in the segment that part begins; 0 where it is whole
  std::uint32_t segment_size = 0;    ///< of that part
  bool is_fragment = false;
  bool in_full = true;                 ///< whether the octets and layers are there
  OwnedOctets octets;                  ///< of the frame
  std::vector<ExplainedLayer> layers;  ///< of link and network, outermost first
};

/// A TCP segment or UDP datagram that carries octets of the message.
struct ExplainedSegment {
  std::uint64_t message_offset = 0;  ///< into the message
  std::uint32_t message_size = 0;    ///< how many of its octets are in here
  std::uint32_t message_at = 0;      ///< where in the segment they begin; other rows' octets may be around them
  std::uint32_t size = 0;            ///< of header and payload
  bool is_sent_again = false;        ///< whether an earlier one brought the same part of the message
  bool in_full = true;               ///< whether octets and header are there
  OwnedOctets octets;                ///< of header and payload
  ExplainedLayer header;
  std::vector<ExplainedPacket> packets;  ///< more than one where IP had to cut it
};

/// What a row of the table, or rows that became one message, were wrapped into.
struct ExplainedMessage {
  struct Row {
    std::uint64_t number = 0;  ///< among the table's rows, from 1
    std::uint64_t line = 0;    ///< of the table's file, from 1
    std::string id;            ///< `msg_id`
  };
  std::vector<Row> rows;
  std::uint64_t conversation = 0;  ///< from 0
  Transport transport = Transport::tcp;
  Route route;           ///< from the sender to the receiver
  std::string sender;    ///< the application's name, as far as the table tells
  std::string receiver;  ///< the same
  OwnedOctets octets;    ///< as they are sent
  std::vector<ExplainedLayer> application;
  std::vector<ExplainedSegment> segments;
  std::vector<std::uint64_t> opened_by;  ///< frames of the handshake; none over UDP and for bare segments
  std::vector<std::uint64_t> closed_by;  ///< frames that end the connection
};

struct Explanation {
  std::string table;  ///< what it is called
  LinkType link_type = LinkType::raw;
  std::uint64_t frames = 0;  ///< of the whole capture
  std::vector<ExplainedMessage> messages;
  std::uint64_t left_out = 0;  ///< messages that were asked for, beyond those that are explained
};

/// What the unit of that transport is called: "segment" or "datagram".
[[nodiscard]] std::string_view unit_name(Transport transport) noexcept;

/// How a message grows on its way, as in "24 B message -> 56 B segment -> 76 B packet -> 80 B frame".
struct SizeStep {
  std::uint64_t size = 0;
  std::string text;  ///< such as "24 B message"
};
[[nodiscard]] std::vector<SizeStep> size_steps(const ExplainedMessage& message, const ExplainedSegment& segment,
                                               const ExplainedPacket& packet);

/// OwnedOctets of a frame that belong together, for a dump that tells layers apart.
struct FrameRegion {
  enum class Kind : std::uint8_t { link, network, transport, message, other };
  Kind kind = Kind::other;
  std::string_view name;     ///< such as "tcp", "message" or "other rows"
  std::uint32_t offset = 0;  ///< into the frame
  std::uint32_t length = 0;  ///< at least 1
};
/// Side by side, all octets of the frame. Precondition: `packet.in_full`.
[[nodiscard]] std::vector<FrameRegion> regions(const ExplainedSegment& segment, const ExplainedPacket& packet);

}  // namespace encap
