#pragma once

#include <optional>
#include <string>

#ifdef __linux__
#include <cerrno>
#include <cstring>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace encap {

/// A network of the test's own, where only `lo` exists and nobody else talks: counters and captures see what the test
/// sends, and nothing it sends can leave.
///
///     if (const auto refusal = NetworkNamespace::enter()) GTEST_SKIP() << *refusal;
class NetworkNamespace {
 public:
  /// Moves the calling thread, and the threads it starts from then on, to a new network namespace in which `lo` is up.
  /// Every call makes a fresh one. Nothing when that was done, else why it was not.
  [[nodiscard]] static std::optional<std::string> enter() {
#ifdef __linux__
    if (::unshare(CLONE_NEWNET) != 0) return refusal("no network namespace of its own", errno);
    return set_up("lo");
#else
    return "network namespaces are Linux's";
#endif
  }

#ifdef __linux__
  /// Sets the interface of that name up. Nothing when that was done, else why it was not.
  [[nodiscard]] static std::optional<std::string> set_up(const char* name) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return refusal("no socket to set an interface up with", errno);
    ifreq request{};
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    int code = 0;
    if (::ioctl(socket, SIOCGIFFLAGS, &request) != 0) code = errno;
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
    if (code == 0 && ::ioctl(socket, SIOCSIFFLAGS, &request) != 0) code = errno;
    ::close(socket);
    if (code != 0) return refusal(std::string{name} + " cannot be set up", code);
    return std::nullopt;
  }

 private:
  static std::string refusal(const std::string& what, int code) { return what + ": " + std::strerror(code); }
#endif
};

}  // namespace encap
