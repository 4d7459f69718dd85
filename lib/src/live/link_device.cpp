#include "live/link_device.h"

#ifdef __linux__

#include <cerrno>
#include <cstring>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>

#include "capture/file_descriptor.h"

namespace encap {

IoError not_opened(const std::string& interface, int code) {
  IoError error{"open", interface, code, {}};
  if (code == EPERM || code == EACCES) error.reason = std::generic_category().message(code) + " (needs CAP_NET_RAW)";
  return error;
}

Result<LinkDevice, IoError> LinkDevice::find(const std::string& name) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) {
    return unexpected(IoError{"open", name, 0, "an interface's name has 1 to 15 characters"});
  }
  name.copy(request.ifr_name, name.size());
  const FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};  // any kind may ask
  if (!socket) return unexpected(IoError{"open", name, errno, {}});
  const auto ask = [&](unsigned long question) { return ::ioctl(socket.get(), question, &request) == 0; };

  LinkDevice device;
  if (!ask(SIOCGIFINDEX)) {
    const int code = errno;
    return unexpected(IoError{"open", name, code, code == ENODEV ? "there is no such interface" : ""});
  }
  device.index = request.ifr_ifindex;
  if (!ask(SIOCGIFFLAGS)) return unexpected(IoError{"open", name, errno, {}});
  if ((request.ifr_flags & IFF_UP) == 0) {
    return unexpected(IoError{"open", name, ENETDOWN, "the interface is down; ip link set " + name + " up"});
  }
  device.is_loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
  if (!ask(SIOCGIFMTU)) return unexpected(IoError{"open", name, errno, {}});
  device.maximum_packet_length = request.ifr_mtu > 0 ? static_cast<std::size_t>(request.ifr_mtu) : 0;
  if (!ask(SIOCGIFHWADDR)) return unexpected(IoError{"open", name, errno, {}});
  device.hardware_type = request.ifr_hwaddr.sa_family;
  std::memcpy(device.hardware_address.octets.data(), request.ifr_hwaddr.sa_data, device.hardware_address.octets.size());
  return device;
}

}  // namespace encap

#endif
