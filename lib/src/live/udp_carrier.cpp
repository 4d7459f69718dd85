#include "live/udp_carrier.h"

#ifdef __linux__

#include <algorithm>
#include <cerrno>

namespace encap::live {
namespace {

constexpr std::size_t longest_datagram = 65'535;  // octets

}  // namespace

UdpCarrier::UdpCarrier(std::size_t most_sockets) : most_sockets_{most_sockets}, heard_(longest_datagram) {}

Result<bool, IoError> UdpCarrier::carry(const Route& route, Bytes payload) {
  if (sockets_.size() + 2 > most_sockets_) sockets_.clear();
  const auto source = socket_at(route.source, false);
  if (!source) return unexpected(source.error());
  if (*source == nullptr) return false;
  const auto destination = socket_at(route.destination, true);
  if (!destination) return unexpected(destination.error());
  const Deadline deadline{step_limit};
  if (auto sent = send(**source, route, payload, deadline); !sent) return unexpected(sent.error());
  if (*destination != nullptr) {
    if (auto heard = hear(**destination, route, payload, deadline); !heard) return unexpected(heard.error());
  }
  return true;
}

// The socket of an endpoint, or null where that is another program's.
Result<const KernelSocket*, IoError> UdpCarrier::socket_at(const Endpoint& endpoint, bool may_be_taken) {
  auto found = sockets_.find(endpoint);
  if (found == sockets_.end()) {
    auto socket = bind_socket(SOCK_DGRAM, endpoint);
    if (!socket && (!may_be_taken || socket.error().code != EADDRINUSE)) return unexpected(socket.error());
    if (!socket) ++to_other_programs_;
    found = sockets_.emplace(endpoint, socket ? std::move(*socket) : KernelSocket{}).first;
  }
  return found->second ? &found->second : nullptr;
}

Result<void, IoError> UdpCarrier::send(const KernelSocket& source, const Route& route, Bytes payload,
                                       const Deadline& deadline) {
  const SocketAddress to{route.destination};
  while (::sendto(source.get(), payload.data(), payload.size(), MSG_NOSIGNAL, to.get(), to.length) < 0) {
    if (!is_passing(errno) && errno != ENOBUFS) return unexpected(conversation_error("send", route, errno));
    if (!wait_for(source, POLLOUT, deadline) || deadline.remaining() == 0) {
      return unexpected(conversation_error("send", route, ETIMEDOUT));
    }
  }
  return {};
}

// Reads what came to the destination until the datagram is there; what others sent is dropped.
Result<void, IoError> UdpCarrier::hear(const KernelSocket& destination, const Route& route, Bytes expected,
                                       const Deadline& deadline) {
  for (;;) {
    SocketAddress from;
    const auto count = ::recvfrom(destination.get(), heard_.data(), heard_.size(), 0, from.get(), &from.length);
    if (count >= 0 && from.endpoint() == route.source) {
      const std::span heard{heard_.data(), static_cast<std::size_t>(count)};
      if (std::equal(heard.begin(), heard.end(), expected.begin(), expected.end())) return {};
      return unexpected(conversation_error(
          "receive", route, EBADMSG,
          "a datagram of " + std::to_string(expected.size()) + " octets did not arrive as it was sent"));
    }
    if (count < 0 && !is_passing(errno)) return unexpected(conversation_error("receive", route, errno));
    if ((count < 0 && !wait_for(destination, POLLIN, deadline)) || deadline.remaining() == 0) {
      return unexpected(conversation_error(
          "receive", route, ETIMEDOUT, "a datagram of " + std::to_string(expected.size()) + " octets did not arrive"));
    }
  }
}

}  // namespace encap::live

#endif  // __linux__
