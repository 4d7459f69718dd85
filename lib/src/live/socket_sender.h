#pragma once

#include <memory>

#include "encap/live/live_sender.h"

namespace encap {

/// The way `Via::sockets`: the packets it takes are a plan, and real sockets of both sides, in this process, carry it
/// out at once, so that what passes the interface is the kernel's own TCP and UDP with the plan's ports and addresses.
///
/// TCP. A SYN opens a connection: a listener at its destination, which is kept for further clients, and a socket bound
/// to its source. The first segment with data does where no SYN was; sequence numbers mean nothing to such a
/// connection, and every segment with data is a message. Each segment is written by the side that sends it and read by
/// the other, and compared octet for octet before `write` returns. What is ahead of a gap waits for it. FIN shuts the
/// side down, RST resets the connection. Passed over: the kernel's business, which is every other segment without data,
/// and data that was written before. A segment of the plan is a segment of the kernel's, which makes none of more than
/// half the other side's window: 32 KiB at first.
///
/// UDP. Both ends are bound; each datagram is sent by one and read by the other, and compared. Fragments of the plan
/// are put together when they come in order.
///
/// Where another program listens at a destination, only the source is ours. What that program answers is read and
/// dropped, and what the plan lets it say is passed over; a connection that it closes is opened again for the next
/// message.
///
/// Passed over as well: packets of other protocols, and broken ones. Wrong checksums of the plan are made right.
///
/// A connection needs two file descriptors: the soft limit of the process is raised. Where 20,000 connections, or as
/// many as the hard limit allows, are open, the one that was idle longest is closed; a later segment opens it again.
/// Ports of a connection that was just closed are used again at once, as the kernel allows where timestamps are on
/// (net.ipv4.tcp_timestamps). `write` waits no longer than 3 s for anything.
///
/// Errors: a message that does not arrive, or arrives changed; an address that the interface has not; a port that is
/// taken, or that needs a privilege (`code` is EACCES); an interface that is down; systems other than Linux.
[[nodiscard]] Result<std::unique_ptr<LiveSender>, IoError> open_socket_sender(const NetworkInterface& interface);

}  // namespace encap
