#ifdef __linux__

#include "live/send_batch.h"

#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <system_error>
#include <thread>

namespace encap {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto longest_wait_for_room = std::chrono::seconds{10};
constexpr auto longest_wait_for_the_end = std::chrono::seconds{1};

// A full socket buffer says when it has room again. A full queue of the interface (ENOBUFS) does not.
void wait_for_room(int socket, int code) {
  if (code == ENOBUFS) {
    std::this_thread::sleep_for(std::chrono::microseconds{100});
    return;
  }
  pollfd writable{socket, POLLOUT, 0};
  static_cast<void>(::poll(&writable, 1, 50));
}

IoError refused(const std::string& interface, std::size_t octets, int code) {
  const std::string packet = "a packet of " + std::to_string(octets) + " octets: ";
  const std::string text = std::generic_category().message(code);
  switch (code) {
    case EPERM:  // not a privilege that the sender lacks, so the code would mislead
      return {"send", interface, 0, packet + "a firewall rule refuses it"};
    case ENETUNREACH:
    case EHOSTUNREACH:
      return {"send", interface, code,
              packet + text + ": no route to its destination over this interface; the link layer (wire) needs none"};
    case EMSGSIZE:
      return {"send", interface, code, packet + "longer than the interface carries (its MTU)"};
    default:
      return {"send", interface, code, packet + text};
  }
}

}  // namespace

SendBatch::SendBatch() : buffer_(octet_capacity) {
  for (std::size_t i = 0; i < packet_capacity; ++i) {
    messages_[i].msg_hdr.msg_iov = &pieces_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

SendBatch::Address& SendBatch::add(Bytes packet, socklen_t address_length) noexcept {
  assert(has_room_for(packet.size()));
  std::byte* const copy = buffer_.data() + octets_;
  if (!packet.empty()) std::memcpy(copy, packet.data(), packet.size());
  pieces_[size_] = {copy, packet.size()};
  msghdr& header = messages_[size_].msg_hdr;
  header.msg_name = address_length == 0 ? nullptr : &addresses_[size_];
  header.msg_namelen = address_length;
  octets_ += packet.size();
  return addresses_[size_++];
}

Result<void, IoError> SendBatch::send(int socket, const std::string& interface, LiveSenderCounts& counts) {
  bool tried_again = false;
  Clock::time_point give_up{};  // set when a wait begins
  while (next_ < size_) {
    const int sent = ::sendmmsg(socket, &messages_[next_], static_cast<unsigned>(size_ - next_), MSG_DONTWAIT);
    if (sent > 0) {
      for (const std::size_t end = next_ + static_cast<std::size_t>(sent); next_ < end; ++next_) {
        ++counts.packets;
        counts.octets += pieces_[next_].iov_len;
      }
      tried_again = false;
      give_up = {};
      continue;
    }
    const int code = errno;
    if (code == EINTR) continue;
    if (code == EAGAIN || code == EWOULDBLOCK || code == ENOBUFS) {
      const auto now = Clock::now();
      if (give_up == Clock::time_point{}) give_up = now + longest_wait_for_room;
      if (now >= give_up) {
        return unexpected(IoError{"send", interface, code, "nothing has left for ten seconds: the queue stays full"});
      }
      wait_for_room(socket, code);
      continue;
    }
    // A socket may have kept an error from before (an ICMP error that came in, say) and tells it only once.
    if (!tried_again) {
      tried_again = true;
      continue;
    }
    const std::size_t octets = pieces_[next_++].iov_len;
    if (next_ == size_) size_ = next_ = octets_ = 0;
    return unexpected(refused(interface, octets, code));
  }
  size_ = next_ = octets_ = 0;
  return {};
}

void wait_until_sent(int socket) noexcept {
  const auto give_up = Clock::now() + longest_wait_for_the_end;
  int waiting = 0;  // octets, as the kernel accounts for them
  while (::ioctl(socket, SIOCOUTQ, &waiting) == 0 && waiting > 0 && Clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

}  // namespace encap

#endif
