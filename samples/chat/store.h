#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "event.h"

namespace chat {

struct GroupRecord {
  GroupNumber group = 0;
  std::string password_hash;  ///< Argon2id, in libsodium's text form
};

/// A message to store, and who waits for its receipt.
struct PendingMessage {
  Message message;
  SessionId session = 0;  ///< 0: nobody
  Reference reference;
};

struct Receipt {
  MessageId id = 0;
  SessionId session = 0;
  Reference reference;
};

struct HistoryQuery {
  SessionId session = 0;
  Reference reference{};
  Scope scope = Scope::lobby;
  GroupNumber group = 0;  ///< of Scope::group
  std::string me{};       ///< of the other two, as is
  std::string with{};     ///< this
  MessageId since = 0;    ///< of these, only messages after this one: a name may have been somebody else's before
  unsigned count = history_usual;
  bool is_awaited = false;  ///< the session takes no lines before the answer
};

/// What a store reports, on its own thread.
class StoreListener {
 public:
  virtual ~StoreListener() = default;
  /// These are committed.
  virtual void stored(std::span<const Receipt> receipts) = 0;
  /// These are not, and `reason` says why. They are tried again unless `given_up`.
  virtual void not_stored(std::span<const Receipt> receipts, const std::string& reason, bool given_up) = 0;
  /// Storing does not work, with the reason, or does again: empty.
  virtual void storing_changed(const std::string& reason) = 0;
  /// The newest messages, oldest first; none and a reason when they cannot be read.
  virtual void history_read(const HistoryQuery& query, std::vector<Message> messages, const std::string& reason) = 0;
};

/// Groups and messages in an SQLite database. A thread of its own writes what came meanwhile in one transaction, at
/// most fifty times a second. A committed message survives the end of the process, however it ends; the last few may be
/// lost with the machine's power, because SQLite's write-ahead log is not synced for each. Source: sqlite.org/wal.html.
class Store {
 public:
  static constexpr std::size_t waiting_max = 100'000;      ///< messages that wait while nothing can be stored
  static constexpr std::size_t waiting_octets = 64 << 20;  ///< their texts together
  static constexpr MessageId kept_in_memory = 20'000;      ///< of `:memory:`, the newest messages

  /// Opens or makes a database; `:memory:` ends with the server. Errors, as a sentence: it cannot be opened, is another
  /// program's, is used by another server.
  [[nodiscard]] static std::variant<std::unique_ptr<Store>, std::string> open(const std::string& path);
  ~Store();

  // What is in the database when it is opened.
  [[nodiscard]] const std::vector<GroupRecord>& groups() const noexcept;
  [[nodiscard]] MessageId last_message() const noexcept;

  /// Starts the thread. `listener` must outlive it.
  void start(StoreListener& listener);
  /// False when too many wait already, and this one is not stored. Any thread, as below.
  [[nodiscard]] bool add(PendingMessage message);
  void add(GroupRecord group);
  /// Answered behind what was added before.
  void read(HistoryQuery query);
  /// Tries for so long to commit what waits, then ends the thread. What is left is reported as given up.
  void stop(std::chrono::milliseconds patience);

 private:
  struct Database;
  struct Work;
  explicit Store(std::unique_ptr<Database> database);
  void run();

  std::unique_ptr<Database> database_;
  StoreListener* listener_ = nullptr;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unique_ptr<Work> work_;
  std::thread thread_;
};

}  // namespace chat
