#include "live/kernel_socket.h"

#ifdef __linux__

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>

namespace encap::live {

int Deadline::remaining() const noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void KernelSocket::abort() noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  reset();
}

void KernelSocket::set(int level, int option, int value) const noexcept {
  ::setsockopt(get(), level, option, &value, sizeof value);
}

SocketAddress::SocketAddress(const Endpoint& endpoint) noexcept {
  const Bytes octets = endpoint.address.octets();
  if (endpoint.address.is_ipv4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port.value);
    std::memcpy(&address.sin_addr, octets.data(), octets.size());
    std::memcpy(&storage, &address, length = sizeof address);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port.value);
    std::memcpy(&address.sin6_addr, octets.data(), octets.size());
    std::memcpy(&storage, &address, length = sizeof address);
  }
}

Endpoint SocketAddress::endpoint() const noexcept {
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    Ipv6Address ip;
    std::memcpy(ip.octets.data(), &address.sin6_addr, ip.octets.size());
    return {ip, Port{ntohs(address.sin6_port)}};
  }
  sockaddr_in address{};
  std::memcpy(&address, &storage, sizeof address);
  return {Ipv4Address{ntohl(address.sin_addr.s_addr)}, Port{ntohs(address.sin_port)}};
}

Result<KernelSocket, IoError> bind_socket(int type, const Endpoint& endpoint) {
  const auto refused = [&endpoint](const char* operation, std::string reason = {}) {
    return unexpected(IoError{operation, to_string(endpoint), errno, std::move(reason)});
  };
  const int family = endpoint.address.is_ipv4() ? AF_INET : AF_INET6;
  KernelSocket socket{::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return refused("open a socket for");
  // Without it, connections that are closed keep their port to themselves for a minute. UDP would share the port with
  // whoever asks for it the same way, and one of the two would hear nothing.
  if (type == SOCK_STREAM) socket.set(SOL_SOCKET, SO_REUSEADDR, 1);
  const SocketAddress address{endpoint};
  if (::bind(socket.get(), address.get(), address.length) == 0) return socket;
  const std::string port = std::to_string(endpoint.port.value);
  switch (errno) {
    case EACCES:
      return refused("bind", "port " + port +
                                 " needs the privilege CAP_NET_BIND_SERVICE, as ports below 1024 do: give it, or "
                                 "use ports from 1024 up");
    case EADDRINUSE:
      return refused("bind", "another program uses port " + port + ": end it, or use another port");
    case EADDRNOTAVAIL:
      return refused("bind", to_string(endpoint.address) + " is not an address of this machine");
    default:
      return refused("bind");
  }
}

bool wait_for(std::span<pollfd> sockets, const Deadline& deadline) noexcept {
  for (;;) {
    const int ready = ::poll(sockets.data(), sockets.size(), deadline.remaining());
    if (ready > 0) return true;
    if (ready == 0 || (errno != EINTR && errno != EAGAIN)) return false;
    if (deadline.remaining() == 0) return false;
  }
}

bool is_passing(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

std::string to_text(const Route& route) { return to_string(route.source) + " -> " + to_string(route.destination); }

IoError conversation_error(const char* operation, const Route& route, int code, std::string reason) {
  return {operation, to_text(route), code, std::move(reason)};
}

}  // namespace encap::live

#endif  // __linux__
