#pragma once

#ifdef __linux__

#include <chrono>
#include <cstddef>
#include <poll.h>
#include <span>
#include <string>
#include <sys/socket.h>

#include "capture/file_descriptor.h"
#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/wire/endpoint.h"

namespace encap::live {

/// A point in time after which nobody waits any more.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now) noexcept : at_{Clock::now() + from_now} {}
  /// Milliseconds, rounded up; 0 when it has passed. Never negative.
  [[nodiscard]] int remaining() const noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point at_;
};

/// How long one step with the kernel may take. A SYN that was dropped is sent again after one second, and then two.
inline constexpr std::chrono::milliseconds step_limit{3000};

/// A socket, or none. Closes it.
class KernelSocket : public FileDescriptor {
 public:
  using FileDescriptor::FileDescriptor;

  /// Closes so that TCP sends RST instead of FIN.
  void abort() noexcept;
  /// Sets an option that is an int. Errors are of no consequence: the options that are set only better what is seen.
  void set(int level, int option, int value) const noexcept;
};

/// The address of an endpoint as the system's calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const Endpoint& endpoint) noexcept;

  [[nodiscard]] Endpoint endpoint() const noexcept;
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// A socket of that type (SOCK_STREAM, SOCK_DGRAM) and of the endpoint's family, bound to it, which never blocks. TCP
/// shares the address with connections, but not with a listener. Errors: `code` is what the system says, EADDRINUSE
/// for one; `reason` is for people.
[[nodiscard]] Result<KernelSocket, IoError> bind_socket(int type, const Endpoint& endpoint);

/// Waits until one of the sockets is ready, or the deadline. Returns whether one is.
bool wait_for(std::span<pollfd> sockets, const Deadline& deadline) noexcept;
inline bool wait_for(const KernelSocket& socket, short events, const Deadline& deadline) noexcept {
  pollfd one{socket.get(), events, 0};
  return wait_for(std::span{&one, 1}, deadline);
}

/// Whether a call only says that it would have had to wait, or was interrupted.
[[nodiscard]] bool is_passing(int error) noexcept;

/// `127.0.0.1:49152 -> 127.0.0.1:80`.
[[nodiscard]] std::string to_text(const Route& route);

/// An error of a conversation. `reason` may be empty: then it is the text of `code`.
[[nodiscard]] IoError conversation_error(const char* operation, const Route& route, int code, std::string reason = {});

}  // namespace encap::live

#endif  // __linux__
