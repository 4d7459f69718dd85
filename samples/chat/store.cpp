#include "store.h"

#include <algorithm>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace chat {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto commit_interval = milliseconds{20};  ///< gathers what comes in between
constexpr auto retry_interval = milliseconds{500};  ///< after a commit that failed
constexpr auto busy_wait = milliseconds{250};       ///< for whoever else has the database locked
constexpr std::size_t batch_max = 5'000;            ///< messages in one transaction
constexpr int application_id = 0x63686174;          ///< "chat"
constexpr int schema_version = 1;

constexpr const char* schema = R"(
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    password_hash TEXT NOT NULL);
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,      -- milliseconds since 1970-01-01T00:00:00Z
    scope TEXT NOT NULL,        -- lobby, private, chat, group
    group_id INTEGER NOT NULL,  -- 0 outside of groups
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,   -- of private and chat: names, a comma between two
    text TEXT NOT NULL);
  CREATE INDEX messages_of_place ON messages (scope, group_id) WHERE scope IN ('lobby', 'group');
  CREATE INDEX messages_of_sender ON messages (sender COLLATE NOCASE) WHERE scope IN ('private', 'chat');
)";

struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

void bind(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}
template <std::integral Number>
void bind(sqlite3_stmt* statement, int at, Number number) {
  sqlite3_bind_int64(statement, at, static_cast<sqlite3_int64>(number));
}

/// Binds values to a statement's parameters, in order. Lifetime: borrows the texts until the statement is reset.
template <class... Values>
void bind_all([[maybe_unused]] sqlite3_stmt* statement, const Values&... values) {
  [[maybe_unused]] int at = 0;
  (bind(statement, ++at, values), ...);
}

/// Runs a statement that returns no rows.
template <class... Values>
bool run(const Statement& statement, const Values&... values) {
  bind_all(statement.get(), values...);
  const int result = sqlite3_step(statement.get());
  sqlite3_reset(statement.get());
  return result == SQLITE_DONE;
}

std::string_view column_text(const Statement& statement, int at) {
  // The octets are counted after the text was asked for, which may convert it.
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), at));
  const int octets = sqlite3_column_bytes(statement.get(), at);
  return text == nullptr ? std::string_view{} : std::string_view{text, static_cast<std::size_t>(octets)};
}

std::string join(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ",")); }

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> parts;
  while (!names.empty()) {
    const std::size_t comma = names.find(',');
    parts.emplace_back(names.substr(0, comma));
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
  }
  return parts;
}

}  // namespace

/// One connection, used by one thread at a time.
struct Store::Database {
  std::string path;
  int lock = -1;  ///< keeps a second server out; closed last, as this ends SQLite's own locks on the file
  sqlite3* handle = nullptr;
  Statement begin, commit, insert_message, insert_group, forget, read_place, read_people;
  std::vector<GroupRecord> groups;
  MessageId last_message = 0;

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    for (Statement* const statement :
         {&begin, &commit, &insert_message, &insert_group, &forget, &read_place, &read_people}) {
      statement->reset();
    }
    sqlite3_close(handle);
    if (lock >= 0) ::close(lock);
  }

  [[nodiscard]] bool is_in_memory() const { return path == ":memory:"; }
  [[nodiscard]] std::string error() const { return sqlite3_errmsg(handle); }
  bool execute(const char* sql) const { return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }
  [[nodiscard]] Statement prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    return Statement{statement};
  }
  [[nodiscard]] std::int64_t number(const char* sql) const {
    const Statement statement = prepare(sql);
    return statement && sqlite3_step(statement.get()) == SQLITE_ROW ? sqlite3_column_int64(statement.get(), 0) : 0;
  }

  /// Empty, or why the database cannot be used.
  std::string open() {
    if (!is_in_memory()) {
      lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (lock < 0) return fmt::format("open {}: {}", path, std::generic_category().message(errno));
      if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return fmt::format("{}: another chat server uses this database", path);
    }
    if (sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK) {
      return fmt::format("{}: {}", path, error());
    }
    sqlite3_busy_timeout(handle, static_cast<int>(busy_wait.count()));
    if (!execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"))
      return fmt::format("{}: {}", path, error());
    if (auto problem = make_schema(); !problem.empty()) return problem;
    begin = prepare("BEGIN IMMEDIATE");
    commit = prepare("COMMIT");
    insert_message = prepare("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert_group = prepare("INSERT INTO groups VALUES (?, ?)");
    forget = prepare("DELETE FROM messages WHERE id <= ?");
    read_place = prepare(
        "SELECT id, time, sender, recipients, text FROM messages WHERE scope IN ('lobby', 'group') AND scope = ?"
        " AND group_id = ? ORDER BY id DESC LIMIT ?");
    // Recipients are searched with commas around them; names hold none.
    read_people = prepare(
        "SELECT id, time, sender, recipients, text FROM messages WHERE scope IN ('private', 'chat') AND scope = ?1"
        " AND sender COLLATE NOCASE IN (?2, ?3) AND id > ?4"
        " AND instr(',' || lower(recipients) || ',', ',' || lower(iif(sender = ?2 COLLATE NOCASE, ?3, ?2)) || ',')"
        " ORDER BY id DESC LIMIT ?5");
    if (!begin || !commit || !insert_message || !insert_group || !forget || !read_place || !read_people) {
      return fmt::format("{}: {}", path, error());
    }
    return load();
  }

  std::string make_schema() const {
    const auto id = number("PRAGMA application_id");
    const auto version = number("PRAGMA user_version");
    const auto tables = number("SELECT count(*) FROM sqlite_schema");
    if (tables == 0 && id == 0) {
      const std::string all = fmt::format("BEGIN;{} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
                                          schema, application_id, schema_version);
      return execute(all.c_str()) ? std::string{} : fmt::format("{}: {}", path, error());
    }
    if (id != application_id) return fmt::format("{}: this is no database of a chat server", path);
    if (version != schema_version) {
      return fmt::format("{}: a database of version {}; this server knows {}", path, version, schema_version);
    }
    return {};
  }

  std::string load() {
    const Statement statement = prepare("SELECT id, password_hash FROM groups ORDER BY id");
    while (sqlite3_step(statement.get()) == SQLITE_ROW) {
      groups.push_back(
          {static_cast<GroupNumber>(sqlite3_column_int64(statement.get(), 0)), std::string{column_text(statement, 1)}});
    }
    if (sqlite3_errcode(handle) != SQLITE_OK && sqlite3_errcode(handle) != SQLITE_DONE) {
      return fmt::format("{}: {}", path, error());
    }
    last_message = static_cast<MessageId>(number("SELECT ifnull(max(id), 0) FROM messages"));
    return {};
  }

  /// All of these in one transaction, or nothing and the reason.
  std::string insert(std::span<const GroupRecord> new_groups, std::span<const PendingMessage* const> messages) {
    bool done = chat::run(begin);
    for (const GroupRecord& group : new_groups) {
      done = done && chat::run(insert_group, group.group, std::string_view{group.password_hash});
    }
    for (const PendingMessage* const pending : messages) {
      const Message& message = pending->message;
      const std::string recipients = join(message.to);
      done = done && chat::run(insert_message, message.id, message.time.time_since_epoch().count(),
                               to_string(message.scope), message.group, std::string_view{message.from},
                               std::string_view{recipients}, std::string_view{message.text});
    }
    if (is_in_memory() && !messages.empty() && messages.back()->message.id > kept_in_memory) {
      done = done && chat::run(forget, messages.back()->message.id - kept_in_memory);
    }
    if (done && chat::run(commit)) return {};
    std::string reason = error();
    if (sqlite3_get_autocommit(handle) == 0) execute("ROLLBACK");
    return reason;
  }

  /// The newest messages, oldest first; empty and a reason on failure.
  std::vector<Message> read(const HistoryQuery& query, std::string& reason) const {
    const bool of_people = query.scope == Scope::private_talk || query.scope == Scope::chat;
    const Statement& statement = of_people ? read_people : read_place;
    const std::string_view scope = to_string(query.scope);
    if (of_people) {
      bind_all(statement.get(), scope, std::string_view{query.me}, std::string_view{query.with}, query.since,
               query.count);
    } else {
      bind_all(statement.get(), scope, query.group, query.count);
    }
    std::vector<Message> messages;
    std::size_t octets = 0;
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
      Message message;
      message.id = static_cast<MessageId>(sqlite3_column_int64(statement.get(), 0));
      message.scope = query.scope;
      message.group = query.group;
      message.from = column_text(statement, 2);
      message.to = split(column_text(statement, 3));
      message.text = column_text(statement, 4);
      message.time = WallTime{milliseconds{sqlite3_column_int64(statement.get(), 1)}};
      octets += message.text.size() + 100;
      if (octets > history_octets) {
        result = SQLITE_DONE;
        break;
      }
      messages.push_back(std::move(message));
    }
    if (result != SQLITE_DONE) reason = error();
    sqlite3_reset(statement.get());
    std::ranges::reverse(messages);
    return messages;
  }

  static constexpr std::size_t history_octets = 64 << 10;  ///< a fraction of what may wait for a slow reader
};

/// What waits for the thread; guarded by the mutex.
struct Store::Work {
  std::vector<GroupRecord> groups;
  std::deque<PendingMessage> messages;
  std::vector<HistoryQuery> queries;
  std::size_t waiting = 0;  ///< messages, those the thread has taken and could not store among them
  std::size_t octets = 0;   ///< of these
  std::optional<steady_clock::time_point> stop_by;
};

Store::Store(std::unique_ptr<Database> database) : database_{std::move(database)}, work_{std::make_unique<Work>()} {}

Store::~Store() { stop(milliseconds{0}); }

std::variant<std::unique_ptr<Store>, std::string> Store::open(const std::string& path) {
  auto database = std::make_unique<Database>();
  database->path = path;
  if (std::string problem = database->open(); !problem.empty()) return problem;
  return std::unique_ptr<Store>{new Store{std::move(database)}};
}

const std::vector<GroupRecord>& Store::groups() const noexcept { return database_->groups; }
MessageId Store::last_message() const noexcept { return database_->last_message; }

void Store::start(StoreListener& listener) {
  listener_ = &listener;
  thread_ = std::thread{[this] { run(); }};
}

bool Store::add(PendingMessage message) {
  {
    const std::lock_guard lock{mutex_};
    if (work_->waiting >= waiting_max || work_->octets >= waiting_octets) return false;
    ++work_->waiting;
    work_->octets += message.message.text.size();
    work_->messages.push_back(std::move(message));
  }
  wake_.notify_one();
  return true;
}

void Store::add(GroupRecord group) {
  {
    const std::lock_guard lock{mutex_};
    work_->groups.push_back(std::move(group));
  }
  wake_.notify_one();
}

void Store::read(HistoryQuery query) {
  {
    const std::lock_guard lock{mutex_};
    work_->queries.push_back(std::move(query));
  }
  wake_.notify_one();
}

void Store::stop(milliseconds patience) {
  {
    const std::lock_guard lock{mutex_};
    if (!work_->stop_by) work_->stop_by = steady_clock::now() + patience;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Store::run() {
  std::vector<GroupRecord> groups;      // taken, not yet committed
  std::deque<PendingMessage> messages;  // likewise
  std::vector<HistoryQuery> queries;
  std::vector<const PendingMessage*> batch;
  std::vector<Receipt> receipts;
  std::size_t told = 0;  // of these messages, the first so many have been reported as not stored
  bool is_failing = false;
  auto next_commit = steady_clock::now();
  const auto receipt = [](const PendingMessage& m) { return Receipt{m.message.id, m.session, m.reference}; };

  while (true) {
    std::optional<steady_clock::time_point> stop_by;
    {
      std::unique_lock lock{mutex_};
      const auto has_queries = [this] { return !work_->queries.empty(); };
      const auto has_work = [&] {
        return work_->stop_by || has_queries() || !work_->messages.empty() || !work_->groups.empty();
      };
      if (groups.empty() && messages.empty()) wake_.wait(lock, has_work);
      // Gathers messages, or waits before the next try; neither history nor the end waits for that.
      wake_.wait_until(lock, next_commit, [&] { return has_queries() || (work_->stop_by && !is_failing); });
      stop_by = work_->stop_by;
      std::ranges::move(work_->groups, std::back_inserter(groups));
      std::ranges::move(work_->messages, std::back_inserter(messages));
      queries = std::exchange(work_->queries, {});
      work_->groups.clear();
      work_->messages.clear();
    }

    const std::size_t count = std::min(messages.size(), batch_max);
    if ((!groups.empty() || count != 0) && !(is_failing && steady_clock::now() < next_commit)) {
      batch.clear();
      std::transform(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(batch),
                     [](const PendingMessage& m) { return &m; });
      const std::string reason = database_->insert(groups, batch);
      receipts.clear();
      if (reason.empty()) {
        std::size_t octets = 0;
        for (const PendingMessage* const pending : batch) {
          receipts.push_back(receipt(*pending));
          octets += pending->message.text.size();
        }
        messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
        groups.clear();
        told -= std::min(told, count);
        {
          const std::lock_guard lock{mutex_};
          work_->waiting -= count;
          work_->octets -= octets;
        }
        if (std::exchange(is_failing, false)) listener_->storing_changed({});
        if (!receipts.empty()) listener_->stored(receipts);
      } else {
        for (; told < messages.size(); ++told) receipts.push_back(receipt(messages[told]));
        if (!std::exchange(is_failing, true)) listener_->storing_changed(reason);
        if (!receipts.empty()) listener_->not_stored(receipts, reason, false);
      }
      const auto more = messages.size() > batch_max && !is_failing;
      next_commit = steady_clock::now() + (is_failing ? retry_interval : more ? milliseconds{0} : commit_interval);
      if (stop_by && is_failing && steady_clock::now() >= *stop_by) {
        receipts.clear();
        std::ranges::transform(messages, std::back_inserter(receipts), receipt);
        listener_->not_stored(receipts, reason, true);
        messages.clear();
        groups.clear();
      }
    }

    for (const HistoryQuery& query : queries) {
      std::string reason;
      auto found = database_->read(query, reason);
      listener_->history_read(query, std::move(found), reason);
    }
    queries.clear();

    if (stop_by && messages.empty() && groups.empty()) {
      const std::lock_guard lock{mutex_};
      if (work_->messages.empty() && work_->groups.empty()) return;
    }
  }
}

}  // namespace chat
