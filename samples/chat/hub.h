#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chat_room.h"
#include "event.h"

namespace chat {

/// What is sent, made once and shared by all who get it.
using Octets = std::shared_ptr<const std::string>;

/// What waits to be sent to one client. Any thread.
class Outbound {
 public:
  /// More octets than `limit` do not wait, unless they are one event's.
  explicit Outbound(std::size_t limit) : limit_{limit} {}

  enum class Push : std::uint8_t {
    first,   ///< nothing was waiting or being sent: whoever sends is to be woken
    queued,  ///< behind something else, or of no use any more
    full     ///< not taken: too much waits
  };
  [[nodiscard]] Push push(Octets octets);
  /// Forgets what waits; `last` and nothing else is still sent.
  void replace(Octets last);
  /// Nothing more will be pushed.
  void close();
  /// Adds to `batch` what waits, up to so many events. False when there is nothing.
  [[nodiscard]] bool take(std::vector<Octets>& batch, std::size_t events_max);
  /// What `take` gave last has been sent.
  void sent();
  [[nodiscard]] bool is_closed() const;
  /// Octets that wait or are being sent.
  [[nodiscard]] std::size_t octets() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Octets> queue_;
  std::size_t limit_;
  std::size_t waiting_ = 0;
  std::size_t taken_ = 0;
  bool is_closed_ = false;
};

/// A connection, as the server holds it. Any thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Via via, std::string address, std::size_t queue_limit)
      : outbound{queue_limit}, via_{via}, address_{std::move(address)} {}
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Something was put into `outbound`, or it was closed.
  virtual void wake() = 0;
  /// Lines may come again.
  virtual void resume() = 0;

  [[nodiscard]] Via via() const noexcept { return via_; }
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

  Outbound outbound;

 private:
  Via via_;
  std::string address_;
};

/// What sessions need of the server. Any thread.
class Hub {
 public:
  virtual ~Hub() = default;

  /// A new client's number; 0 when there are too many.
  [[nodiscard]] virtual SessionId enter(std::shared_ptr<Session> session) = 0;
  /// As ChatRoom::line.
  virtual bool line(SessionId session, const std::variant<std::string_view, Mistake>& line, Reference reference) = 0;
  /// Nothing more comes from this client.
  virtual void finish(SessionId session) = 0;
  /// The connection is closed; the session is not called again.
  virtual void leave(SessionId session, std::string_view why) = 0;

  /// A page for those who run the server. False when the token is not theirs.
  [[nodiscard]] virtual bool is_admin(std::string_view token) const = 0;
  virtual void enter_admin(std::shared_ptr<Session> session) = 0;
  virtual void leave_admin(const Session& session) = 0;

  /// Something went wrong that concerns nobody in particular.
  virtual void log(std::string_view kind, std::string_view text) = 0;

  struct Limits {
    std::size_t queue = 256 << 10;  ///< octets
    std::chrono::seconds idle{60};  ///< until a silent client is asked whether it is still there
    std::string web_root;           ///< folder of the page's files
  };
  [[nodiscard]] virtual const Limits& limits() const noexcept = 0;
};

}  // namespace chat
