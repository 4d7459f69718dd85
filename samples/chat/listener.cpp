#include "listener.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace chat {
namespace {

constexpr int waiting_max = 4096;                              ///< connections that were not taken yet
constexpr auto accept_pause = std::chrono::milliseconds{200};  ///< when no more connections can be had

/// Has the kernel ask a silent peer whether it is still there, and gives up on one that does not acknowledge.
void keep_alive(Socket& socket, std::chrono::seconds idle) {
  const int seconds = static_cast<int>(idle.count());
  constexpr int probes = 3;
  const int interval = std::max(1, seconds / probes);
  const int patience = 2 * 1000 * seconds;  // milliseconds, for what was sent to be acknowledged
  const int handle = socket.native_handle();
  const auto set = [handle](int level, int option, int value) {
    ::setsockopt(handle, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, interval);
  set(IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, patience);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

}  // namespace

std::string to_string(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

Listener::Listener(asio::io_context& context, Hub& hub, Serve serve)
    : context_{context},
      hub_{hub},
      serve_{serve},
      acceptor_{asio::make_strand(context)},
      pause_{acceptor_.get_executor()} {}

std::string Listener::open(const asio::ip::tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(waiting_max, error);
  if (!error) acceptor_.local_endpoint(error);
  return error ? fmt::format("listen at {}: {}", to_string(endpoint), error.message()) : std::string{};
}

void Listener::accept() {
  acceptor_.async_accept(asio::make_strand(context_), [this](error_code error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      hand_over(std::move(socket));
      return accept();
    }
    // Without a pause the connection that cannot be taken would be tried again and again.
    hub_.log("error", fmt::format("accept: {}", error.message()));
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
  });
}

void Listener::hand_over(Socket socket) {
  error_code error;
  const auto client = socket.remote_endpoint(error);
  if (error) return;  // gone before it was looked at
  keep_alive(socket, hub_.limits().idle);
  const Strand strand = socket.get_executor();
  asio::dispatch(strand, [this, socket = std::move(socket), address = to_string(client)]() mutable {
    serve_(hub_, std::move(socket), std::move(address));
  });
}

void Listener::close() {
  asio::post(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  });
}

}  // namespace chat
