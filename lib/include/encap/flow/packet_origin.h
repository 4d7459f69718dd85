#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "encap/base/bytes.h"
#include "encap/base/timestamp.h"
#include "encap/flow/message.h"
#include "encap/wire/endpoint.h"

namespace encap {

/// A row of the message table, as those see it who follow it onto the wire.
struct TableRow {
  std::uint64_t number = 0;  ///< among the table's rows, from 1
  std::uint64_t line = 0;    ///< of the file, where the row begins, from 1
  std::string_view id{};     ///< `msg_id`
  Timestamp timestamp{};     ///< when it is to be sent
  Bytes message{};           ///< its octets as they are sent, whole; rows that became one message lie side by side
};

/// Two endpoints that talk to each other, and who they are.
struct ConversationOrigin {
  /// From 0, in the order of their first rows. A conversation that more than `Crafter::most_open` others came after is
  /// another one when it comes again.
  std::uint64_t number = 0;
  Transport transport = Transport::tcp;
  Route route{};              ///< from the client to the server
  std::string_view client{};  ///< the application's name, as far as the table tells
  std::string_view server{};
};

/// Octets of a row that a packet carries.
struct RowPart {
  const TableRow* row = nullptr;
  std::uint32_t offset = 0;          ///< into the packet's payload, octets
  std::uint32_t length = 0;          ///< octets; 0 for a datagram without any
  std::uint64_t message_offset = 0;  ///< into `row->message`, octets
};

/// What a packet was made of, for those who explain, map or check it. Lifetime: until the packet's sink returns.
struct PacketOrigin {
  const ConversationOrigin* conversation = nullptr;
  bool from_client = true;
  std::uint64_t stream_offset = 0;   ///< octets that its side sent over TCP before its payload
  std::uint32_t payload_offset = 0;  ///< into the packet's octets: behind all headers
  std::uint32_t payload_length = 0;  ///< octets of the application in this packet
  std::span<const RowPart> parts{};  ///< in the order of the payload; none without payload
};

}  // namespace encap
