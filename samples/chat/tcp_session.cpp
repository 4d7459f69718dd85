#include "tcp_session.h"

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <vector>

#include "line.h"

namespace chat {
namespace {

constexpr std::size_t gathered_max = 64;            ///< events in one write, as many as the system takes at once
constexpr auto farewell = std::chrono::seconds{5};  ///< for a client to read what is left and to close its side

/// Buffers without a copy of their list.
struct BufferRange {
  const asio::const_buffer* first;
  const asio::const_buffer* last;
  [[nodiscard]] const asio::const_buffer* begin() const noexcept { return first; }
  [[nodiscard]] const asio::const_buffer* end() const noexcept { return last; }
};

class TcpSession final : public Session {
 public:
  TcpSession(Hub& hub, Socket socket, std::string address)
      : Session{Via::tcp, std::move(address), hub.limits().queue},
        hub_{hub},
        socket_{std::move(socket)},
        farewell_timer_{socket_.get_executor()} {}

  void start() {
    id_ = hub_.enter(shared_from_this());
    if (id_ != 0) return read();
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.write_some(asio::buffer(std::string_view{"! the server is full; try again later\n"}), ignored);
    socket_.close(ignored);
  }

  void wake() override {
    asio::post(socket_.get_executor(), [self = self()] { self->write(); });
  }
  void resume() override {
    asio::post(socket_.get_executor(), [self = self()] { self->take_lines(); });
  }

 private:
  std::shared_ptr<TcpSession> self() { return std::static_pointer_cast<TcpSession>(shared_from_this()); }

  void read() {
    is_reading_ = true;
    const auto space = lines_.space();
    socket_.async_read_some(asio::buffer(space.data(), space.size()),
                            [self = self()](error_code error, std::size_t octets) { self->on_read(error, octets); });
  }
  void on_read(error_code error, std::size_t octets) {
    is_reading_ = false;
    if (error == asio::error::eof && !is_leaving_) {
      has_ended_ = true;
      // A reset is told once: what is being written may have met it, and an end is all that is left to read.
      if (!is_writing_ && !std::exchange(has_finished_, true)) hub_.finish(id_);
      return;
    }
    if (error) return close(error.message());
    if (is_leaving_) return read();  // until the peer's end of the stream is seen
    lines_.filled(octets);
    take_lines();
  }
  void take_lines() {
    while (const auto line = lines_.next()) {
      if (!hub_.line(id_, *line, {})) return;
    }
    read();
  }

  void write() {
    if (is_writing_ || is_closed_) return;
    batch_.clear();
    if (!outbound.take(batch_, gathered_max)) {
      if (outbound.is_closed()) leave();
      return;
    }
    if (outbound.is_closed()) say_farewell();
    is_writing_ = true;
    std::transform(batch_.begin(), batch_.end(), buffers_.begin(), [](const Octets& o) { return asio::buffer(*o); });
    asio::async_write(socket_, BufferRange{buffers_.data(), buffers_.data() + batch_.size()},
                      [self = self()](error_code error, std::size_t) {
                        self->is_writing_ = false;
                        self->outbound.sent();
                        if (error) return self->close(error.message());
                        if (self->has_ended_ && !std::exchange(self->has_finished_, true)) self->hub_.finish(self->id_);
                        self->write();
                      });
  }

  /// Everything is said: ends our side of the stream and waits for the peer's.
  void leave() {
    if (is_leaving_) return;
    say_farewell();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    is_leaving_ = true;
    if (has_ended_) return close("closed");
    if (!is_reading_) read();
  }
  void say_farewell() {
    if (std::exchange(says_farewell_, true)) return;
    farewell_timer_.expires_after(farewell);
    farewell_timer_.async_wait([self = self()](error_code error) {
      if (!error) self->close("did not close the connection");
    });
  }
  void close(const std::string& why) {
    if (std::exchange(is_closed_, true)) return;
    error_code ignored;
    socket_.close(ignored);
    farewell_timer_.cancel();
    hub_.leave(id_, why);
  }

  Hub& hub_;
  Socket socket_;
  asio::steady_timer farewell_timer_;
  SessionId id_ = 0;
  LineReader lines_;
  std::vector<Octets> batch_;  ///< being written
  std::array<asio::const_buffer, gathered_max> buffers_;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool has_ended_ = false;     ///< the peer will send nothing more
  bool has_finished_ = false;  ///< and the room was told
  bool is_leaving_ = false;
  bool says_farewell_ = false;
  bool is_closed_ = false;
};

}  // namespace

void serve_lines(Hub& hub, Socket socket, std::string address) {
  std::make_shared<TcpSession>(hub, std::move(socket), std::move(address))->start();
}

}  // namespace chat
