#pragma once

#ifdef __linux__

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "live/kernel_socket.h"
#include "live/tcp_carrier.h"

namespace encap::live {

/// Lets the kernel's UDP send the datagrams of a plan, and hears each; see `open_socket_sender`.
class UdpCarrier {
 public:
  /// `most_sockets`: open at once, 2 at least. Beyond, all are closed, and opened again when they are needed.
  explicit UdpCarrier(std::size_t most_sockets);

  /// Sends a datagram. Returns false where it is passed over, as the source is another program's.
  /// Errors: what the system refuses, and datagrams that do not arrive or arrive changed.
  [[nodiscard]] Result<bool, IoError> carry(const Route& route, Bytes payload);
  void finish() noexcept { sockets_.clear(); }
  /// Destinations that were found to be another program's.
  [[nodiscard]] std::uint64_t to_other_programs() const noexcept { return to_other_programs_; }

 private:
  [[nodiscard]] Result<const KernelSocket*, IoError> socket_at(const Endpoint& endpoint, bool may_be_taken);
  [[nodiscard]] static Result<void, IoError> send(const KernelSocket& source, const Route& route, Bytes payload,
                                                  const Deadline& deadline);
  [[nodiscard]] Result<void, IoError> hear(const KernelSocket& destination, const Route& route, Bytes expected,
                                           const Deadline& deadline);

  std::size_t most_sockets_;
  std::unordered_map<Endpoint, KernelSocket, EndpointHash> sockets_;  // no socket: another program's
  std::vector<std::byte> heard_;
  std::uint64_t to_other_programs_ = 0;
};

}  // namespace encap::live

#endif  // __linux__
