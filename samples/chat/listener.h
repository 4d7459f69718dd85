#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "asio_types.h"
#include "hub.h"

namespace chat {

/// As in `127.0.0.1:40000` and `[::1]:40000`.
[[nodiscard]] std::string to_string(const asio::ip::tcp::endpoint& endpoint);

/// Takes connections at one port, for as long as it is open. Whatever it was made with must outlive it.
class Listener {
 public:
  /// Runs in the strand of its socket; `address` is that of the client.
  using Serve = void (*)(Hub& hub, Socket socket, std::string address);

  Listener(asio::io_context& context, Hub& hub, Serve serve);

  /// Empty, or why the port cannot be had.
  [[nodiscard]] std::string open(const asio::ip::tcp::endpoint& endpoint);
  [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }
  void accept();
  void close();

 private:
  void hand_over(Socket socket);

  asio::io_context& context_;
  Hub& hub_;
  Serve serve_;
  asio::basic_socket_acceptor<asio::ip::tcp, Strand> acceptor_;
  asio::steady_timer pause_;
};

}  // namespace chat
