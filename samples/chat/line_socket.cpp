#include "line_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace chat {
namespace {

void set(int descriptor, int level, int option, int value) {
  // Without it the connection works, too.
  static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof value));
}

bool would_block(int code) noexcept { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

}  // namespace

void LineSocket::FreeAddresses::operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }

void LineSocket::connect(const std::string& host, const std::string& port, int receive_buffer) {
  close();
  error_.clear();
  to_send_.clear();
  received_.clear();
  taken_ = searched_ = 0;
  receive_buffer_ = receive_buffer;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
    return fail(host + " port " + port + ": " + (code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code)));
  }
  addresses_.reset(found);
  next_ = found;
  connect_to_next();
}

void LineSocket::connect_to_next() {
  while (next_ != nullptr) {
    const addrinfo& address = *std::exchange(next_, next_->ai_next);
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
    if (descriptor_ < 0) {
      error_ = std::strerror(errno);
      continue;
    }
    if (receive_buffer_ != 0) set(descriptor_, SOL_SOCKET, SO_RCVBUF, receive_buffer_);
    if (::connect(descriptor_, address.ai_addr, address.ai_addrlen) == 0) return connected();
    if (errno == EINPROGRESS) {
      state_ = State::connecting;
      return;
    }
    error_ = std::strerror(errno);
  }
  fail(error_.empty() ? "no address" : error_);
}

void LineSocket::connected() {
  state_ = State::open;
  addresses_.reset();
  next_ = nullptr;
  error_.clear();
  set(descriptor_, IPPROTO_TCP, TCP_NODELAY, 1);
  // A server that vanished without a word is noticed within a minute.
  set(descriptor_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(descriptor_, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
  send();
}

void LineSocket::fail(std::string why) {
  close();
  error_ = std::move(why);
}

void LineSocket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  state_ = State::closed;
  addresses_.reset();
  next_ = nullptr;
}

void LineSocket::reset() {
  if (descriptor_ >= 0) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    static_cast<void>(::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  }
  to_send_.clear();
  close();
}

short LineSocket::events() const noexcept {
  if (state_ == State::connecting) return POLLOUT;
  return static_cast<short>(to_send_.empty() ? POLLIN : POLLIN | POLLOUT);
}

void LineSocket::ready(short events) {
  if (events == 0) return;
  if (state_ == State::connecting) {
    int code = 0;
    socklen_t length = sizeof code;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
    if (code == 0) return connected();
    error_ = std::strerror(code);
    return connect_to_next();
  }
  if (state_ == State::open && (events & POLLOUT) != 0) send();
  if (state_ == State::open && (events & ~POLLOUT) != 0) receive();
}

void LineSocket::receive() {
  char octets[16'384];
  const ssize_t count = ::recv(descriptor_, octets, sizeof octets, 0);
  if (count == 0) return close();
  if (count < 0) return would_block(errno) ? void() : fail(std::strerror(errno));
  received_.erase(0, std::exchange(taken_, 0));
  searched_ = 0;
  received_.append(octets, static_cast<std::size_t>(count));
  if (received_.size() > longest_line && received_.find('\n') == std::string::npos) {
    fail("the server sent a line of more than " + std::to_string(longest_line) + " octets");
  }
}

void LineSocket::send_line(std::string_view line) {
  to_send_ += line;
  to_send_ += '\n';
  if (state_ == State::open) send();
}

void LineSocket::send() {
  while (!to_send_.empty()) {
    const ssize_t count = ::send(descriptor_, to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
    if (count > 0) {
      to_send_.erase(0, static_cast<std::size_t>(count));
    } else if (count < 0 && would_block(errno)) {
      return;
    } else {
      // What the server said before it went is still to be read, and then the end of it.
      error_ = std::strerror(errno);
      to_send_.clear();
    }
  }
}

std::optional<std::string> LineSocket::next_line() {
  const std::size_t end = received_.find('\n', std::max(taken_, searched_));
  if (end == std::string::npos) {
    searched_ = received_.size();
    return std::nullopt;
  }
  std::string line = received_.substr(taken_, end - taken_);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  taken_ = end + 1;
  return line;
}

unsigned short LineSocket::local_port() const noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (descriptor_ < 0 || ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

}  // namespace chat
