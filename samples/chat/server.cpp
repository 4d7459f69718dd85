#include "server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <unordered_map>

#include "chat_room.h"
#include "event_json.h"
#include "event_text.h"
#include "listener.h"
#include "log_entry.h"
#include "password.h"
#include "store.h"
#include "tcp_session.h"
#include "web_session.h"

namespace chat {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::size_t sessions_max = 4096;
constexpr rlim_t other_files = 64;     ///< of the process: the database, the logs, the ports
constexpr std::size_t log_kept = 200;  ///< entries for an admin page that opens
constexpr auto store_patience = 3s;    ///< when the server ends
constexpr auto goodbye_patience = 2s;  ///< likewise, for clients to close their side

Moment now() {
  return {std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()), steady_clock::now()};
}

}  // namespace

/// One mutex guards the room and all that is about sessions; a line is carried out within microseconds. What the room
/// says goes into the sessions' queues there, and they are woken once the mutex is free again.
class Server::Impl final : public Hub, public Outbox, public StoreListener {
 public:
  Impl(const ServerOptions& options, std::function<void(std::string_view)> log, std::unique_ptr<Store> store)
      : log_{std::move(log)},
        limits_{options.queue << 10, options.idle, options.web_root},
        token_{options.admin_token.empty() ? random_token() : options.admin_token},
        store_{std::move(store)},
        passwords_{std::max(1U, options.threads / 2), [this](PasswordAnswer answer) { answered(std::move(answer)); }},
        room_{{options.disconnect_refused, options.rate}, *this} {
    rlimit files{};
    sessions_limit_ = sessions_max;
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
      const rlim_t spare = files.rlim_cur > other_files ? files.rlim_cur - other_files : 1;
      sessions_limit_ = static_cast<std::size_t>(std::min<rlim_t>(spare, sessions_max));
    }
    room_.restore(store_->groups(), store_->last_message());
  }

  std::string open(const ServerOptions& options) {
    error_code error;
    tcp::resolver resolver{context_};
    const auto found = resolver.resolve(options.host, "", tcp::resolver::passive, error);
    if (error) return fmt::format("host {}: {}", options.host, error.message());
    const auto address = found.begin()->endpoint().address();
    if (auto problem = lines_.open({address, options.port}); !problem.empty()) return problem;
    return web_.open({address, options.web_port});
  }

  void start(unsigned threads) {
    store_->start(*this);
    for (const auto& [kind, listener] : {std::pair{"tcp", &lines_}, {"web", &web_}}) {
      log("listening", fmt::format("{} {}", kind, to_string(listener->endpoint())));
      listener->accept();
    }
    // Not kept: whoever sees the log has the token already.
    log_(fmt::format("{} admin http://{}/admin?token={}", to_text(now().wall), to_string(web_.endpoint()), token_));
    for (unsigned i = 0; i < std::max(1U, threads); ++i) threads_.emplace_back([this] { context_.run(); });
  }

  bool stop() {
    if (std::exchange(has_stopped_, true)) return all_stored_;
    with_room([this](Moment) { takes_lines_ = false; });
    lines_.close();
    web_.close();
    store_->stop(store_patience);
    with_room([this](Moment at) {
      room_.close("the server ends, goodbye", at);
      for (const auto& admin : admins_) end(admin);
    });
    {
      std::unique_lock lock{mutex_};
      all_gone_.wait_for(lock, goodbye_patience, [this] { return sessions_.empty() && admins_.empty(); });
    }
    context_.stop();
    for (std::thread& thread : threads_) thread.join();
    passwords_.stop();
    return all_stored_;
  }

  [[nodiscard]] std::uint16_t port() const { return lines_.endpoint().port(); }
  [[nodiscard]] std::uint16_t web_port() const { return web_.endpoint().port(); }
  [[nodiscard]] const std::string& token() const { return token_; }

  // Hub
  SessionId enter(std::shared_ptr<Session> session) override {
    return with_room([&](Moment at) -> SessionId {
      if (!takes_lines_ || sessions_.size() >= sessions_limit_) {
        add_log({at.wall, "refused", {}, session->address(), "too many connections"});
        return 0;
      }
      const SessionId id = ++last_session_;
      const Session& entered = *session;
      sessions_.emplace(id, std::move(session));
      room_.enter(id, entered.via(), entered.address(), at);
      return id;
    });
  }
  bool line(SessionId session, const std::variant<std::string_view, Mistake>& line, Reference reference) override {
    return with_room([&](Moment at) { return takes_lines_ && room_.line(session, line, reference, at); });
  }
  void finish(SessionId session) override {
    with_room([&](Moment at) { room_.finish(session, at); });
  }
  void leave(SessionId session, std::string_view why) override {
    with_room([&](Moment at) {
      room_.leave(session, "left", why, at);
      sessions_.erase(session);
      if (sessions_.empty()) all_gone_.notify_all();
    });
  }
  bool is_admin(std::string_view token) const override { return same_secret(token, token_); }
  void enter_admin(std::shared_ptr<Session> session) override {
    with_room([&](Moment) {
      for (const LogEntry& entry : entries_) push(session, std::make_shared<const std::string>(to_json(entry)));
      admins_.push_back(std::move(session));
      shown_state_.clear();
      if (admins_.size() == 1) show_state();
    });
  }
  void leave_admin(const Session& session) override {
    with_room([&](Moment) {
      std::erase_if(admins_, [&](const auto& admin) { return admin.get() == &session; });
      if (admins_.empty()) all_gone_.notify_all();
    });
  }
  void log(std::string_view kind, std::string_view text) override {
    with_room([&](Moment at) { add_log({at.wall, kind, {}, {}, std::string{text}}); });
  }
  const Limits& limits() const noexcept override { return limits_; }

  // Outbox
  void send(std::span<const SessionId> to, const Event& event, Reference reference) override {
    Octets text;
    Octets json;
    for (const SessionId id : to) {
      const auto found = sessions_.find(id);
      if (found == sessions_.end()) continue;
      const std::shared_ptr<Session>& session = found->second;
      Octets& octets = session->via() == Via::tcp ? text : json;
      if (!octets) {
        octets = std::make_shared<const std::string>(session->via() == Via::tcp ? to_text(event)
                                                                                : to_json(event, reference));
      }
      if (!push(session, octets)) too_slow_.push_back(id);
    }
  }
  void close(SessionId session) override {
    const auto found = sessions_.find(session);
    if (found != sessions_.end()) end(found->second);
  }
  void check_password(PasswordJob job, SteadyTime start) override {
    if (start <= steady_clock::now()) return passwords_.check(std::move(job));
    auto timer = std::make_shared<asio::steady_timer>(context_, start);
    timer->async_wait([this, timer, job = std::move(job)](error_code error) mutable {
      if (!error) passwords_.check(std::move(job));
    });
  }
  void resume(SessionId session) override {
    const auto found = sessions_.find(session);
    if (found != sessions_.end()) found->second->resume();
  }
  bool store(PendingMessage message) override { return store_->add(std::move(message)); }
  void store(GroupRecord group) override { store_->add(std::move(group)); }
  void read_history(HistoryQuery query) override { store_->read(std::move(query)); }
  void wake_at(SteadyTime time) override {
    tick_.expires_at(time);
    tick_.async_wait([this](error_code error) {
      if (!error) with_room([this](Moment at) { room_.tick(at); });
    });
  }
  void log(std::string_view kind, SessionId session, std::string_view name, std::string_view text) override {
    const auto found = sessions_.find(session);
    add_log({now().wall, kind, std::string{name}, found == sessions_.end() ? std::string{} : found->second->address(),
             std::string{text}});
  }

  // StoreListener
  void stored(std::span<const Receipt> receipts) override {
    with_room([&](Moment at) { room_.stored(receipts, at); });
  }
  void not_stored(std::span<const Receipt> receipts, const std::string& reason, bool given_up) override {
    with_room([&](Moment at) {
      if (given_up && !receipts.empty()) {
        all_stored_ = false;
        add_log({at.wall, "lost", {}, {}, fmt::format("{} messages are not stored: {}", receipts.size(), reason)});
      }
      room_.not_stored(receipts, reason, given_up, at);
    });
  }
  void storing_changed(const std::string& reason) override {
    with_room([&](Moment) { room_.storing_changed(reason); });
  }
  void history_read(const HistoryQuery& query, std::vector<Message> messages, const std::string& reason) override {
    with_room([&](Moment) { room_.history_read(query, std::move(messages), reason); });
  }

 private:
  /// Calls `work` with the room to itself, then wakes the sessions that got something.
  template <class Work>
  std::invoke_result_t<Work, Moment> with_room(Work work) {
    std::vector<std::shared_ptr<Session>> woken;
    std::unique_lock lock{mutex_};
    const Moment at = now();
    struct Finish {
      Impl& impl;
      Moment at;
      std::vector<std::shared_ptr<Session>>& woken;
      std::unique_lock<std::mutex>& lock;
      ~Finish() {
        impl.drop_slow(at);
        woken.swap(impl.to_wake_);
        lock.unlock();
        for (const auto& session : woken) session->wake();
      }
    } finish{*this, at, woken, lock};
    return work(at);
  }

  bool push(const std::shared_ptr<Session>& session, Octets octets) {
    const Outbound::Push pushed = session->outbound.push(std::move(octets));
    if (pushed == Outbound::Push::first) to_wake_.push_back(session);
    return pushed != Outbound::Push::full;
  }

  /// Closes a session behind what waits to be sent.
  void end(const std::shared_ptr<Session>& session) {
    session->outbound.close();
    to_wake_.push_back(session);
  }

  void answered(PasswordAnswer answer) {
    with_room([&](Moment at) { room_.password_checked(std::move(answer), at); });
  }

  /// Sends those away whose queues are full. Others are told that they leave, which may fill more queues.
  void drop_slow(Moment at) {
    while (!too_slow_.empty()) {
      const SessionId id = too_slow_.back();
      too_slow_.pop_back();
      const auto found = sessions_.find(id);
      if (found == sessions_.end() || found->second->outbound.is_closed()) continue;
      const Event goodbye = Goodbye{"too much waits for you to read it, goodbye"};
      found->second->outbound.replace(std::make_shared<const std::string>(
          found->second->via() == Via::tcp ? to_text(goodbye) : to_json(goodbye, {})));
      to_wake_.push_back(found->second);
      room_.leave(id, "dropped", "reads too slowly", at);
    }
  }

  void add_log(LogEntry entry) {
    log_(to_text(entry));
    if (!admins_.empty()) {
      const auto json = std::make_shared<const std::string>(to_json(entry));
      for (const auto& admin : admins_) {
        if (!push(admin, json)) end(admin);
      }
    }
    entries_.push_back(std::move(entry));
    if (entries_.size() > log_kept) entries_.pop_front();
  }

  /// At most once a second, and only what has changed.
  void show_state() {
    if (admins_.empty()) return;
    State state = room_.state();
    for (State::User& user : state.users) {
      const auto found = sessions_.find(user.session);
      if (found != sessions_.end()) user.queued = found->second->outbound.octets();
    }
    std::string json = to_json(state);
    if (json != shown_state_) {
      shown_state_ = std::move(json);
      const auto octets = std::make_shared<const std::string>(shown_state_);
      for (const auto& admin : admins_) static_cast<void>(push(admin, octets));
    }
    state_timer_.expires_after(1s);
    state_timer_.async_wait([this](error_code error) {
      if (!error) with_room([this](Moment) { show_state(); });
    });
  }

  const std::function<void(std::string_view)> log_;
  const Limits limits_;
  const std::string token_;
  std::size_t sessions_limit_ = 0;

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
  asio::steady_timer tick_{context_};
  asio::steady_timer state_timer_{context_};
  Listener lines_{context_, *this, serve_lines};
  Listener web_{context_, *this, serve_web};

  std::unique_ptr<Store> store_;
  PasswordChecker passwords_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable all_gone_;
  ChatRoom room_;
  std::unordered_map<SessionId, std::shared_ptr<Session>> sessions_;
  std::vector<std::shared_ptr<Session>> admins_;
  std::vector<std::shared_ptr<Session>> to_wake_;
  std::vector<SessionId> too_slow_;
  std::deque<LogEntry> entries_;
  std::string shown_state_;
  SessionId last_session_ = 0;
  bool takes_lines_ = true;
  bool all_stored_ = true;

  bool has_stopped_ = false;
  std::vector<std::thread> threads_;
};

std::variant<std::unique_ptr<Server>, std::string> Server::start(const ServerOptions& options,
                                                                 std::function<void(std::string_view)> log) {
  auto store = Store::open(options.database);
  if (std::string* const problem = std::get_if<std::string>(&store)) return std::move(*problem);
  auto impl = std::make_unique<Impl>(options, std::move(log), std::get<std::unique_ptr<Store>>(std::move(store)));
  if (std::string problem = impl->open(options); !problem.empty()) return problem;
  impl->start(options.threads);
  return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

Server::Server(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Server::~Server() { stop(); }

std::uint16_t Server::port() const noexcept { return impl_->port(); }
std::uint16_t Server::web_port() const noexcept { return impl_->web_port(); }
const std::string& Server::admin_token() const noexcept { return impl_->token(); }
bool Server::stop() { return impl_->stop(); }

}  // namespace chat
