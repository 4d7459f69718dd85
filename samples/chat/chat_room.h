#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "event.h"
#include "event_json.h"
#include "line.h"
#include "password.h"
#include "store.h"

namespace chat {

using SteadyTime = std::chrono::steady_clock::time_point;

/// When something happens: as people read it, and as intervals are measured.
struct Moment {
  WallTime wall;
  SteadyTime steady;
};

/// How a client is connected. On TCP what it says is not repeated to it, and it has a current place.
enum class Via : std::uint8_t { tcp, web };
[[nodiscard]] std::string_view to_string(Via via) noexcept;

/// What a room tells the world. Called within the room's functions; must not call these.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void send(std::span<const SessionId> to, const Event& event, Reference reference) = 0;
  /// After what was sent. The room does not know this session any more.
  virtual void close(SessionId session) = 0;
  /// The answer comes to `ChatRoom::password_checked`. Not to be started before `start`.
  virtual void check_password(PasswordJob job, SteadyTime start) = 0;
  /// Lines of this session, which had to wait for an answer, can come again.
  virtual void resume(SessionId session) = 0;
  /// False: not stored, too many messages wait.
  [[nodiscard]] virtual bool store(PendingMessage message) = 0;
  virtual void store(GroupRecord group) = 0;
  /// The answer comes to `ChatRoom::history_read`.
  virtual void read_history(HistoryQuery query) = 0;
  /// `ChatRoom::tick` is to be called at this time.
  virtual void wake_at(SteadyTime time) = 0;
  /// Lifetime: `kind` is for ever. Session 0: nobody in particular.
  virtual void log(std::string_view kind, SessionId session, std::string_view name, std::string_view text) = 0;
};

struct RoomOptions {
  bool disconnect_refused = false;  ///< who is refused a group is sent away
  double rate = 20;                 ///< lines a second of each session; twice as many at once. 0: any number
};

/// The chat itself: who is here, in which groups and private chats, and what follows from a line. No socket, no clock,
/// no thread: calls must not overlap.
class ChatRoom {
 public:
  static constexpr std::size_t places_max = 64;    ///< groups and private chats of a session
  static constexpr std::size_t requests_max = 32;  ///< for a private chat, not yet answered
  static constexpr std::size_t groups_max = 100'000;

  /// `outbox` must outlive the room.
  ChatRoom(RoomOptions options, Outbox& outbox);

  /// What the database holds. Before anybody enters.
  void restore(const std::vector<GroupRecord>& groups, MessageId last_message);

  void enter(SessionId session, Via via, std::string address, Moment now);
  /// A line, or what was wrong with it. Returns whether the session's next line may come; when not, `Outbox::resume` or
  /// `Outbox::close` is called at last.
  bool line(SessionId session, const std::variant<std::string_view, Mistake>& line, Reference reference, Moment now);
  /// Nothing more comes from this session; what it said is still answered.
  void finish(SessionId session, Moment now);
  /// The connection is gone. `kind` is for the log: "left" or "dropped".
  void leave(SessionId session, std::string_view kind, std::string_view why, Moment now);

  void password_checked(PasswordAnswer answer, Moment now);
  void stored(std::span<const Receipt> receipts, Moment now);
  void not_stored(std::span<const Receipt> receipts, const std::string& reason, bool given_up, Moment now);
  void storing_changed(const std::string& reason);
  void history_read(const HistoryQuery& query, std::vector<Message> messages, const std::string& reason);
  void tick(Moment now);
  /// Says goodbye to all.
  void close(std::string_view text, Moment now);

  [[nodiscard]] State state() const;
  [[nodiscard]] std::size_t sessions() const noexcept { return users_.size(); }

 private:
  struct Place {
    GroupNumber group = 0;
    SessionId partner = 0;  ///< of a private chat, where `group` is 0
    friend bool operator==(const Place&, const Place&) = default;
  };
  /// Takes lines at a rate, some more at once.
  struct Allowance {
    double left = 0;
    SteadyTime counted;
    bool take(double rate, double burst, SteadyTime now);
  };
  struct User {
    SessionId session = 0;
    Via via = Via::tcp;
    std::string address;
    std::string name;  ///< empty as long as none is entered
    WallTime since;
    std::vector<Place> places;        ///< in the order they were entered
    std::vector<SessionId> requests;  ///< of others for a private chat
    bool wants_receipts = false;
    bool is_waiting = false;    ///< for a password to be checked, or for history
    bool is_finishing = false;  ///< leaves once its receipts are given
    std::size_t receipts_due = 0;
    Reference waiting_reference;
    unsigned refused_groups = 0;
    SteadyTime next_group;        ///< no password is checked before
    MessageId first_message = 0;  ///< the newest one when the name was entered
    Allowance lines, refused_lines;
  };
  struct Group {
    std::string password_hash;
    std::vector<SessionId> members;
  };
  struct Speaker;  ///< carries out the commands of one line

  User* find(SessionId session);
  User* find_name(std::string_view name);
  void send(const User& user, const Event& event, Reference reference = {}) const;
  void refuse(User& user, RefusalCode code, std::string text, Reference reference);
  [[nodiscard]] std::string place_text(const Place& place);
  void enter_place(User& user, Place place) const;
  /// Where lines without a prefix go then, if that changes.
  std::string leave_place(User& user, Place place);
  void leave_group(User& user, GroupNumber group, Reference reference, bool tells_user);
  void close_chat(User& user, User& partner, Reference reference, bool tells_user);
  void end(User& user, std::string_view goodbye, std::string_view kind, std::string_view why, Moment now);
  void users_changed(Moment now);
  [[nodiscard]] Users users() const;
  [[nodiscard]] std::vector<SessionId> named() const;

  RoomOptions options_;
  Outbox& outbox_;
  std::unordered_map<SessionId, User> users_;
  std::map<std::string, SessionId, std::less<>> names_;  ///< folded
  std::unordered_map<GroupNumber, Group> groups_;
  GroupNumber last_group_ = 0;
  MessageId last_message_ = 0;
  std::uint64_t said_ = 0;
  std::uint64_t stored_ = 0;
  SteadyTime next_users_;       ///< the list of users is not sent before
  bool users_pending_ = false;  ///< it has changed since it was
  bool is_closed_ = false;
};

}  // namespace chat
