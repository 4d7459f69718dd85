#pragma once

#include "dissect/http_message.h"
#include "dissect/packet.h"

namespace encap::http {

/// Octets as data under `item`: what a protocol that is not read here would show.
void show_data(Packet& p, ItemId item, const Octets& in);

/// Reads the body of `message` as its codings and its media type say. `length` becomes the octets that it took, where
/// its chunks say so.
void dissect_body(Packet& p, ItemId layer, const Message& message, const Octets& body, std::uint32_t& length);

}  // namespace encap::http
