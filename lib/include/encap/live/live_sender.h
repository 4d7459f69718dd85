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
  /// Raw IPv4 and IPv6 sockets: the kernel takes each packet in, hands it to who listens, and answers. On loopback it
  /// takes in those whose answers stay on this machine: from one of its IPv4 addresses, to 127.0.0.0/8, or from ::1 to
  /// ::1. Others pass, unheard. Linux writes an IPv4 packet's total length and checksum itself, an identification of 0
  /// and a source of 0.0.0.0; all else, and IPv6, it leaves as it is.
  ip,
  /// The link layer: on loopback the kernel's stack does not take the packets in, but for broadcast and multicast. (It
  /// would, in frames for the interface's own hardware address, IPv6 and what does not come from 127.0.0.0/8: these are
  /// refused.) On other interfaces the link layer must be Ethernet.
  wire,
  sockets  ///< the kernel's own TCP and UDP, whose sockets speak the messages
};

/// What was sent so far.
struct LiveSenderCounts {
  std::uint64_t packets = 0;      ///< handed to the system; of `sockets`, packets of the plan that were carried out
  std::uint64_t octets = 0;       ///< of these
  std::uint64_t passed_over = 0;  ///< packets of the plan that this way does not send; see the class that says so
  std::uint64_t unheard = 0;      ///< of `packets`: those of `ip` on loopback that were kept from being answered
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
/// waiting. A full queue of the system is waited for, not an error. Packets are not cut and not fragmented: one that is
/// longer than the interface carries is refused, and so is one of another kind than the way sends; an error of `write`
/// or `flush` names the packet by its length, and those behind it are still sent.
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
