#pragma once

#include "dissect/packet.h"

namespace encap {

/// Reads in one go what nearly every packet has in front of its transport: Ethernet II and an IPv4 header without
/// options, whose datagram is whole, in no fragments, from one host to one host. Then what it carries, as the
/// protocols of both would. False: the packet is of another kind, or items are wanted; nothing was done.
///
/// It takes no items, so that what it leaves in the columns, the facts and the session are all it has to agree in with
/// the protocols' own functions; these read every packet of which there is something to tell.
[[nodiscard]] bool dissect_plain_front(Packet& p, const Octets& frame);

/// The same of the facts, notes apart, where nothing else is asked for and the transport is plain: TCP with no options
/// or timestamps alone, or, unless layers are asked for, UDP. What the session remembers of the packet is the same too.
/// False: nothing was done.
[[nodiscard]] bool read_plain_facts(Session& session, const PacketRecord& record, Dissection& into);

}  // namespace encap
