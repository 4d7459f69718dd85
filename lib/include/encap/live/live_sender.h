#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/capture/network_interface.h"

namespace encap {

/// Who makes the packets that pass an interface.
enum class Via : std::uint8_t {
  ip,      ///< raw IPv4 and IPv6 sockets: the kernel takes each packet in, hands it to who listens, and answers
  wire,    ///< the link layer: on loopback the kernel's stack does not see the packets
  sockets  ///< the kernel's own TCP and UDP, whose sockets speak the messages
};

/// What was sent so far.
struct LiveSenderCounts {
  std::uint64_t packets = 0;      ///< handed to the system; of `sockets`, packets of the plan that were carried out
  std::uint64_t octets = 0;       ///< of these
  std::uint64_t passed_over = 0;  ///< packets of the plan that this way does not send; see the class that says so
  /// Of `sockets`: TCP connections, and UDP ports, whose destination was another program's. What it answers is dropped.
  std::uint64_t to_other_programs = 0;
};

/// Sends packets on an interface, as a sink: whoever makes packets for a file makes them for a wire.
///
///     auto lo = find_network_interface("lo");
///     auto sender = open_live_sender(*lo, Via::ip);
///     drop_privileges({});
///     Crafter crafter{options, **sender};
///
/// Packets may wait in a batch until `flush()`, or until the batch is full: who paces them calls `flush` before
/// waiting. A full queue of the system is waited for, not an error.
class LiveSender : public PacketSink {
 public:
  /// The link type the packets must have.
  [[nodiscard]] virtual LinkType link_type() const noexcept = 0;
  [[nodiscard]] virtual LiveSenderCounts counts() const noexcept = 0;
  /// After the last packet: waits, no longer than a second, until what the sender has open is done.
  [[nodiscard]] virtual Result<void, IoError> finish() = 0;
};

/// Opens what the way needs, with the privilege it needs (CAP_NET_RAW for `ip` and `wire`); nothing is opened later
/// that needs one, but `sockets` binds ports below 1024 when it comes to them (CAP_NET_BIND_SERVICE).
/// Errors: a missing privilege (`code` is EPERM or EACCES), an interface that is down.
[[nodiscard]] Result<std::unique_ptr<LiveSender>, IoError> open_live_sender(const NetworkInterface& interface, Via via);

}  // namespace encap
