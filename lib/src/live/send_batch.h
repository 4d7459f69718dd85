#pragma once

#include <array>
#include <cstddef>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/live/live_sender.h"

namespace encap {

/// Packets that wait to be handed to a socket together, one system call for up to `packet_capacity` of them: the
/// octets are copied in here once, and nothing is allocated after it was made. Not to be moved: its parts point at
/// one another.
class SendBatch {
 public:
  static constexpr std::size_t packet_capacity = 64;
  static constexpr std::size_t octet_capacity = std::size_t{128} << 10;  // stays in the second-level cache
  static constexpr std::size_t longest_packet = octet_capacity;

  /// Where a socket sends a packet to that is not bound to one place.
  union Address {
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;
    sockaddr_ll link;
  };

  SendBatch();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;

  [[nodiscard]] bool is_empty() const noexcept { return next_ == size_; }
  [[nodiscard]] bool has_room_for(std::size_t octets) const noexcept {
    return size_ < packet_capacity && octets <= octet_capacity - octets_;
  }
  /// Copies the packet. There must be room for it. Lifetime: `address` may be written until `send`; it is in force when
  /// `address_length` is not 0.
  Address& add(Bytes packet, socklen_t address_length) noexcept;

  /// Hands all to the socket and counts what was handed over. Waits where a queue of the system is full. A packet that
  /// the system refuses is taken out, and the ones behind it are sent by the next call.
  /// Errors: refused, or a queue that stays full for ten seconds.
  [[nodiscard]] Result<void, IoError> send(int socket, const std::string& interface, LiveSenderCounts& counts);

 private:
  std::vector<std::byte> buffer_;
  std::array<mmsghdr, packet_capacity> messages_{};
  std::array<iovec, packet_capacity> pieces_{};
  std::array<Address, packet_capacity> addresses_{};
  std::size_t octets_ = 0;  // of the buffer in use
  std::size_t size_ = 0;    // packets in the batch
  std::size_t next_ = 0;    // the first one that was not sent
};

/// Waits, for a second at most, until what was handed to the socket has left it.
void wait_until_sent(int socket) noexcept;

}  // namespace encap
