#include "encap/live/live_sender.h"

#include "live/packet_senders.h"
#include "live/socket_sender.h"

namespace encap {

Result<std::unique_ptr<LiveSender>, IoError> open_live_sender(const NetworkInterface& interface, Via via) {
  switch (via) {
    case Via::ip:
      return open_ip_sender(interface);
    case Via::wire:
      return open_wire_sender(interface);
    case Via::sockets:
      return open_socket_sender(interface);
  }
  return unexpected(IoError{"open", interface.name, 0, "no such way of sending"});
}

}  // namespace encap
