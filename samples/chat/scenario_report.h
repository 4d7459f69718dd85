#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kept_capture.h"
#include "scenario_play.h"

namespace chat {

/// A frame that ends one direction of a connection, and the frame that acknowledges it; 0: none does.
struct ReportedEnd {
  std::uint64_t frame = 0;
  bool by_client = false;
  std::uint64_t acknowledged_by = 0;
};

/// A TCP connection, as the capture has it. Frames are counted from 1.
struct ReportedConnection {
  std::string client;                        ///< who of the script it is
  std::string address;                       ///< of the client, `127.0.0.1:40000`
  std::string server;                        ///< likewise
  std::uint32_t stream = 0;                  ///< `tcp.stream`
  std::array<std::uint64_t, 3> handshake{};  ///< SYN, SYN-ACK and ACK
  std::vector<ReportedEnd> fins;
  std::vector<ReportedEnd> resets;
  struct Way {
    std::uint64_t frames = 0;
    std::uint64_t octets = 0;  ///< of whole frames
  };
  Way to_server;
  Way to_client;
  std::uint32_t least_window = 0;  ///< octets the client had room for, when it was least
  encap::Duration start{};         ///< since the first packet of the capture
  encap::Duration duration{};
};

/// A line of the chat, as the capture has it.
struct ReportedLine {
  std::size_t connection = 0;
  bool from_client = false;
  std::string text;  ///< without its end
  encap::Timestamp time{};
  std::vector<std::uint64_t> frames;  ///< that carry its octets, in the order of the octets
  std::vector<std::uint64_t> again;   ///< that carried some of them once more
  bool pushed = false;                ///< the frame with its last octet has PSH
  std::uint64_t acknowledged_by = 0;  ///< the first frame that acknowledges its last octet; 0: none does
  bool has_own_frames = false;        ///< no other line is in its frames
};

/// The capture and the script, tied to one another.
struct Report {
  std::string server;
  std::uint64_t frames = 0;
  std::vector<ReportedConnection> connections;  ///< in the order of the streams
  std::vector<ReportedLine> lines;              ///< in the order of time
  std::size_t said = 0;                         ///< lines of the script
  std::size_t heard = 0;                        ///< lines the clients received
  std::vector<std::string> problems;            ///< sentences; empty: every line is tied
};

/// Dissects the capture and looks for every line that the clients sent and received, in the octets of their
/// connections.
[[nodiscard]] Report tie_lines(const KeptCapture& capture, unsigned short server_port,
                               const std::vector<PlayedClient>& clients);

/// What each frame is, for the comments of the capture: `line 7: alice: "all: hello"`; as many as there are packets.
[[nodiscard]] std::vector<std::string> frame_comments(const Report& report, std::size_t packets);

void append_text(std::string& out, const Report& report);
/// One object with the members `tied`, `problems`, `server`, `frames`, `connections` and `lines`.
void append_json(std::string& out, const Report& report);
/// The lines as a message table for `encapsulate`, one row each, with the ports and times of the capture. The last row
/// of a connection that a client reset has the fault `rst`.
void append_table(std::string& out, const Report& report);

}  // namespace chat
