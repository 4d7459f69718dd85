// Many clients in groups say something at a steady rate; counts what reaches whom, in which order and how late.
//   chat_load --server build/samples/chat/chat-server
//   chat_load --server build/samples/chat/chat-server --kill-after 10      is what was acknowledged still there?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "server_process.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Options {
  std::string server;  // to be started
  std::string host = "127.0.0.1";
  unsigned port = 12345;
  int server_id = 0;  // of a server that runs already
  std::size_t clients = 1000;
  std::size_t group = 10;
  double rate = 10;  // lines of a client in a second
  double seconds = 60;
  double kill_after = 0;
  bool receipts = false;
  std::string database;
};

std::int64_t now_ns() { return std::chrono::nanoseconds{Clock::now().time_since_epoch()}.count(); }

/// Counts durations in buckets that are 1/32 wide of what they hold.
class Latencies {
 public:
  void add(std::int64_t nanoseconds) {
    const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)) / 1000;
    ++counts_[bucket_of(microseconds)];
    ++total_;
    most_ = std::max(most_, microseconds);
  }
  /// Milliseconds that so many of a thousand do not exceed, rounded up to the end of a bucket.
  [[nodiscard]] double permille(std::uint64_t of_thousand) const {
    std::uint64_t left = (total_ * of_thousand + 999) / 1000;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] >= left) return static_cast<double>(std::min(end_of(i), most_)) / 1000;
      left -= counts_[i];
    }
    return most();
  }
  [[nodiscard]] double most() const { return static_cast<double>(most_) / 1000; }
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  static constexpr unsigned bits = 5;  // of a number's first digits that are told apart
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < (1u << bits)) return value;
    const auto shift = static_cast<unsigned>(63 - __builtin_clzll(value)) - bits;
    return std::min<std::size_t>(((std::size_t{shift} + 1) << bits) + ((value >> shift) - (1u << bits)), 2047);
  }
  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < (1u << bits)) return bucket;
    const unsigned shift = static_cast<unsigned>(bucket >> bits) - 1;
    return ((std::uint64_t{bucket & ((1u << bits) - 1)} + (1u << bits) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 2048> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t most_ = 0;
};

/// A line that was sent, as the database is to have it.
struct Client {
  enum class State { connecting, naming, entering, ready, closed };

  int descriptor = -1;
  State state = State::connecting;
  std::string to_send;
  std::string part;  // of a line that is not whole yet
  bool waits_to_write = false;
  std::uint64_t sent = 0;               // lines to the group; the text says which
  std::vector<std::uint32_t> next;      // of each of the group, which line of theirs comes next
  std::vector<std::uint64_t> receipts;  // ids, in the order of the lines
  Clock::time_point due{};              // of the next line
};

/// `K 12 345 9876543210`: member 12 of all, its line 345, at a time in nanoseconds.
struct Said {
  std::size_t client = 0;
  std::uint64_t number = 0;
  std::int64_t time = 0;
};

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

std::optional<Said> read_said(std::string_view text) {
  if (!text.starts_with("K ")) return std::nullopt;
  text.remove_prefix(2);
  Said said;
  if (!take_number(text, said.client) || !take_number(text, said.number) || !take_number(text, said.time)) {
    return std::nullopt;
  }
  return said;
}

/// Kilobytes of a process that are in memory; 0: not known.
std::uint64_t resident_kib(int id) {
  std::ifstream file{fmt::format("/proc/{}/status", id)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

class Load {
 public:
  explicit Load(const Options& options) : options_{options}, clients_(options.clients) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    close_all();
    if (epoll_ >= 0) ::close(epoll_);
  }

  int operator()() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (!options_.server.empty() && !start_server()) return 3;
    const auto began = Clock::now();
    if (!set_up()) return 3;
    fmt::print("{} clients in {} groups were ready after {:.1f} s\n", clients_.size(), groups(),
               std::chrono::duration<double>(Clock::now() - began).count());
    std::fflush(stdout);
    talk();
    if (options_.kill_after > 0) return check_database();
    drain();
    return report();
  }

 private:
  [[nodiscard]] std::size_t groups() const { return (clients_.size() + options_.group - 1) / options_.group; }
  [[nodiscard]] std::size_t first_of(std::size_t client) const { return client / options_.group * options_.group; }
  /// How many are in the group of a client.
  [[nodiscard]] std::size_t company(std::size_t client) const {
    return std::min(options_.group, clients_.size() - first_of(client));
  }

  bool start_server() {
    std::vector<std::string> arguments{
        "--host",     "127.0.0.1", "--port", "0",
        "--web-port", "0",         "--db",   options_.database.empty() ? ":memory:" : options_.database};
    if (const auto problem = server_.start(options_.server, arguments)) {
      fmt::print(stderr, "chat_load: {}\n", *problem);
      return false;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = server_log;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, server_.log_descriptor(), &event);
    return true;
  }

  // --- the connections ---

  bool connect(std::size_t index) {
    Client& client = clients_[index];
    client.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server_.id() > 0 ? server_.port() : options_.port));
    if (client.descriptor < 0 || ::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1) {
      return say_errno("socket");
    }
    const int on = 1;
    ::setsockopt(client.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(client.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      return say_errno("connect");
    }
    client.state = Client::State::naming;
    client.next.assign(company(index), 0);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.descriptor, &event) == 0 || say_errno("epoll_ctl");
  }

  static bool say_errno(std::string_view what) {
    fmt::print(stderr, "chat_load: {}: {}\n", what, std::strerror(errno));
    return false;
  }

  /// All of them connect, say their names and enter their groups; the first of each makes it.
  bool set_up() {
    constexpr std::size_t at_once = 64;  // before all of these are in, no further ones connect
    const auto deadline = [] { return Clock::now() + 60s; };
    auto latest = deadline();
    while (ready_ < clients_.size()) {
      while (connected_ < clients_.size() && connected_ < ready_ + waiting_for_group_ + at_once) {
        if (!connect(connected_++)) return false;
        latest = deadline();
      }
      const std::size_t before = ready_;
      serve(100ms);
      if (ready_ != before) latest = deadline();
      if (broken_ != 0) return false;
      if (Clock::now() >= latest) {
        fmt::print(stderr, "chat_load: {} of {} clients are ready, and nothing goes on\n", ready_, clients_.size());
        return false;
      }
    }
    return true;
  }

  void send(std::size_t index, std::string_view line) {
    Client& client = clients_[index];
    client.to_send += line;
    client.to_send += '\n';
    flush(index);
  }

  void flush(std::size_t index) {
    Client& client = clients_[index];
    while (!client.to_send.empty() && client.descriptor >= 0) {
      const ssize_t count = ::send(client.descriptor, client.to_send.data(), client.to_send.size(), MSG_NOSIGNAL);
      if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) return lose(index, std::strerror(errno));
        break;
      }
      client.to_send.erase(0, static_cast<std::size_t>(count));
    }
    if (client.waits_to_write == client.to_send.empty()) {
      client.waits_to_write = !client.to_send.empty();
      epoll_event event{};
      event.events = client.waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
      event.data.u64 = index;
      ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.descriptor, &event);
    }
  }

  void lose(std::size_t index, std::string_view why) {
    Client& client = clients_[index];
    if (client.descriptor < 0) return;
    ::close(client.descriptor);
    client.descriptor = -1;
    client.state = Client::State::closed;
    if (killed_) return;
    if (broken_++ < 5) fmt::print(stderr, "chat_load: client {} lost its connection: {}\n", index, why);
  }

  void close_all() {
    for (Client& client : clients_) {
      if (client.descriptor >= 0) ::close(client.descriptor);
      client.descriptor = -1;
    }
  }

  void receive(std::size_t index) {
    static std::array<char, 1 << 16> octets;
    Client& client = clients_[index];
    if (client.descriptor < 0) return;
    const ssize_t count = ::recv(client.descriptor, octets.data(), octets.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return lose(index, count == 0 ? "closed by the server" : std::strerror(errno));
    std::string_view text{octets.data(), static_cast<std::size_t>(count)};
    for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
      if (client.part.empty()) {
        take_line(index, text.substr(0, end));
      } else {
        client.part += text.substr(0, end);
        take_line(index, client.part);
        client.part.clear();
      }
    }
    client.part += text;
  }

  void take_line(std::size_t index, std::string_view line) {
    Client& client = clients_[index];
    if (client.state == Client::State::ready) {
      if (const std::size_t at = line.find("]: K "); at != std::string_view::npos)
        return take_said(index, line.substr(at + 3));
      constexpr std::string_view stored = "* stored ";
      if (line.starts_with(stored)) {
        std::uint64_t id = 0;
        std::string_view number = line.substr(stored.size());
        if (take_number(number, id)) client.receipts.push_back(id);
        return;
      }
    }
    if (line.starts_with('!')) {
      if (refused_++ < 5) fmt::print(stderr, "chat_load: client {} was refused: {}\n", index, line);
      if (client.state != Client::State::ready) ++broken_;
      return;
    }
    if (client.state == Client::State::naming && line == "enter name:") {
      send(index, fmt::format("load{}", index));
    } else if (client.state == Client::State::naming && line.starts_with("* you are ")) {
      client.state = Client::State::entering;
      if (options_.receipts) send(index, "/receipts on");
      if (first_of(index) == index) {
        send(index, fmt::format("/create {}", password));
      } else {
        ++waiting_for_group_;
        join(index);
      }
    } else if (client.state == Client::State::entering && first_of(index) == index &&
               line.find(" created") != line.npos) {
      std::string_view number = line.substr(std::min(line.find('#'), line.size() - 1) + 1);
      take_number(number, group_of_[first_of(index)]);
      enter(index);
      for (std::size_t other = index + 1; other < index + company(index); ++other) join(other);
    } else if (client.state == Client::State::entering && line.starts_with("* #") &&
               line.find(" joined;") != line.npos) {
      --waiting_for_group_;
      enter(index);
    }
  }

  void enter(std::size_t index) {
    clients_[index].state = Client::State::ready;
    ++ready_;
  }

  /// Once both are there: the client and its group.
  void join(std::size_t index) {
    const std::uint64_t group = group_of_[first_of(index)];
    if (group == 0 || clients_[index].state != Client::State::entering) return;
    send(index, fmt::format("/join {} {}", group, password));
  }

  void take_said(std::size_t index, std::string_view text) {
    const std::int64_t now = now_ns();
    const auto said = read_said(text);
    if (!said || said->client >= clients_.size() || first_of(said->client) != first_of(index)) {
      ++strange_;
      return;
    }
    ++delivered_;
    latencies_.add(now - said->time);
    std::uint32_t& next = clients_[index].next[said->client - first_of(index)];
    if (said->number < next) {
      ++out_of_order_;  // or twice
    } else {
      lost_ += said->number - next;
      next = static_cast<std::uint32_t>(said->number) + 1;
    }
  }

  // --- the run ---

  void serve(std::chrono::milliseconds longest) {
    std::array<epoll_event, 256> events;
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(longest.count()));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == server_log) {
        server_.read_log();  // a descriptor that is closed leaves the set by itself
        continue;
      }
      const auto index = static_cast<std::size_t>(event.data.u64);
      if ((event.events & EPOLLOUT) != 0) flush(index);
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(index);
    }
  }

  [[nodiscard]] int server_id() const { return server_.id() > 0 ? server_.id() : options_.server_id; }

  void talk() {
    const auto interval = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.rate));
    const auto start = Clock::now();
    const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                 options_.kill_after > 0 ? options_.kill_after : options_.seconds));
    // Spread over the interval: as people would, not all in one moment.
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].due = start + interval * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(clients_.size());
    }
    std::size_t turn = 0;  // lines are due in the order of the clients, round and round
    auto next_second = start;
    while (true) {
      const auto now = Clock::now();
      if (now >= next_second) {
        memory_.push_back(resident_kib(server_id()));
        next_second += 1s;
      }
      for (int lines = 0; lines < 64 && clients_[turn].due <= now && clients_[turn].due < end; ++lines) {
        say(turn);
        largest_delay_ = std::max(largest_delay_, now - clients_[turn].due);
        clients_[turn].due += interval;
        turn = (turn + 1) % clients_.size();
      }
      if (now >= end && (options_.kill_after > 0 || clients_[turn].due >= end)) break;
      const auto wait = std::min(clients_[turn].due, next_second) - Clock::now();
      serve(std::chrono::milliseconds{
          wait > 0s ? std::min<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(wait).count(), 100) : 0});
    }
    talked_ = std::chrono::duration<double>(Clock::now() - start).count();
    if (options_.kill_after > 0) {
      killed_ = true;
      server_.kill();
      // What was on its way to the clients has been acknowledged, too.
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        while (clients_[i].descriptor >= 0) receive(i);
      }
    }
  }

  void say(std::size_t index) {
    Client& client = clients_[index];
    if (client.descriptor < 0) return;
    send(index, fmt::format("K {} {} {}", index, client.sent++, now_ns()));
    ++said_;
  }

  [[nodiscard]] std::uint64_t expected() const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < clients_.size(); ++i) count += clients_[i].sent * (company(i) - 1);
    return count;
  }
  [[nodiscard]] std::uint64_t acknowledged() const {
    std::uint64_t count = 0;
    for (const Client& client : clients_) count += client.receipts.size();
    return count;
  }

  /// Waits for what is on its way.
  void drain() {
    constexpr auto longest = 10s;  // in which nothing comes
    auto latest = Clock::now() + longest;
    while ((delivered_ < expected() || (options_.receipts && acknowledged() < said_)) && Clock::now() < latest) {
      const std::uint64_t before = delivered_;
      serve(20ms);
      if (delivered_ != before) latest = Clock::now() + longest;
    }
  }

  int report() {
    const std::uint64_t wanted = expected();
    const std::uint64_t missing = wanted - std::min(wanted, delivered_);
    fmt::print("said            {:>12}  {:.0f} a second, the latest {:.1f} ms behind its time\n", said_,
               static_cast<double>(said_) / talked_, std::chrono::duration<double, std::milli>(largest_delay_).count());
    fmt::print("delivered       {:>12}  of {}: {} lost\n", delivered_, wanted, missing);
    fmt::print("out of order    {:>12}  or twice, as each reader sees each sender; {} gaps\n", out_of_order_, lost_);
    if (options_.receipts) fmt::print("stored          {:>12}  of {}, as the receipts say\n", acknowledged(), said_);
    fmt::print("refused         {:>12}\n", refused_);
    fmt::print("connections lost{:>12}\n", broken_);
    fmt::print("latency, ms     p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f}\n",
               latencies_.permille(500), latencies_.permille(900), latencies_.permille(990), latencies_.permille(999),
               latencies_.most());
    print_memory();
    const bool stored = !options_.receipts || acknowledged() == said_;
    const bool good = missing == 0 && out_of_order_ == 0 && lost_ == 0 && strange_ == 0 && broken_ == 0 && stored;
    fmt::print("{}\n", good ? "nothing was lost or out of order" : "SOMETHING WAS LOST OR OUT OF ORDER");
    return good ? 0 : 1;
  }

  void print_memory() const {
    if (memory_.empty() || memory_.front() == 0) return;
    constexpr std::size_t settled = 10;  // seconds
    fmt::print("memory, MiB     {:.1f} at first", static_cast<double>(memory_.front()) / 1024);
    if (memory_.size() > settled) {
      const auto [least, most] = std::minmax_element(memory_.begin() + settled, memory_.end());
      fmt::print("; after {} s {:.1f}, from then on {:.1f} to {:.1f}", settled,
                 static_cast<double>(memory_[settled]) / 1024, static_cast<double>(*least) / 1024,
                 static_cast<double>(*most) / 1024);
    }
    fmt::print("; at the end {:.1f}\n", static_cast<double>(memory_.back()) / 1024);
  }

  // --- what the database has to say ---

  int check_database() {
    fmt::print("said            {:>12}  until kill -9 after {:.1f} s\n", said_, talked_);
    fmt::print("acknowledged    {:>12}  as stored\n", acknowledged());
    if (!start_server()) return 1;  // it has to come up again with what is there
    if (!server_.stop(10s)) {
      fmt::print(stderr, "chat_load: the server that was started again does not end in order\n");
      return 1;
    }
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(options_.database.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database{opened, sqlite3_close};
    sqlite3_stmt* prepared = nullptr;
    if (code != SQLITE_OK || sqlite3_prepare_v2(opened, "SELECT sender, text FROM messages WHERE id = ?", -1, &prepared,
                                                nullptr) != SQLITE_OK) {
      fmt::print(stderr, "chat_load: {}: {}\n", options_.database, sqlite3_errmsg(opened));
      return 1;
    }
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement{prepared, sqlite3_finalize};
    std::uint64_t missing = 0;
    std::uint64_t different = 0;
    for (std::size_t index = 0; index < clients_.size(); ++index) {
      const std::vector<std::uint64_t>& receipts = clients_[index].receipts;
      for (std::uint64_t number = 0; number < receipts.size(); ++number) {
        sqlite3_reset(prepared);
        sqlite3_bind_int64(prepared, 1, static_cast<std::int64_t>(receipts[number]));
        if (sqlite3_step(prepared) != SQLITE_ROW) {
          ++missing;
          continue;
        }
        const auto text = [prepared](int column) {
          const auto* const octets = reinterpret_cast<const char*>(sqlite3_column_text(prepared, column));
          return std::string{octets == nullptr ? "" : octets};
        };
        const auto said = read_said(text(1));
        if (text(0) != fmt::format("load{}", index) || !said || said->client != index || said->number != number)
          ++different;
      }
    }
    fmt::print("in the database {:>12}  of these; {} missing, {} are not the line they should be\n",
               acknowledged() - missing, missing, different);
    const bool good = missing == 0 && different == 0 && acknowledged() != 0;
    fmt::print("{}\n", good                  ? "every message that was acknowledged is stored"
                       : acknowledged() == 0 ? "NOTHING WAS ACKNOWLEDGED"
                                             : "ACKNOWLEDGED MESSAGES ARE MISSING");
    return good ? 0 : 1;
  }

  static constexpr std::uint64_t server_log = UINT64_MAX;
  static constexpr std::string_view password = "load-test";

  Options options_;
  std::vector<Client> clients_;
  std::vector<std::uint64_t> group_of_ = std::vector<std::uint64_t>(clients_.size());  // by its first client
  chat::ServerProcess server_;
  int epoll_ = -1;
  std::size_t connected_ = 0;
  std::size_t ready_ = 0;
  std::size_t waiting_for_group_ = 0;
  bool killed_ = false;
  double talked_ = 0;  // seconds
  std::uint64_t said_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t out_of_order_ = 0;
  std::uint64_t strange_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t broken_ = 0;
  Clock::duration largest_delay_{};
  Latencies latencies_;
  std::vector<std::uint64_t> memory_;  // KiB, each second
};

/// Room for so many connections, where the system lets us have it.
bool raise_descriptor_limit(std::size_t clients) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t needed = clients + 64;
  if (limit.rlim_cur >= needed) return true;
  limit.rlim_cur = limit.rlim_max = std::max(limit.rlim_max, needed);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Many clients talk in groups through a chat-server; counts what reaches whom, in order, and how late.",
               "chat_load"};
  Options options;
  app.add_option("--server", options.server, "start this chat-server; else one that runs is used")->type_name("PATH");
  app.add_option("--host", options.host, "of a server that runs; default 127.0.0.1");
  app.add_option("--port", options.port, "of a server that runs; default 12345")->check(CLI::Range(1, 65535));
  app.add_option("--server-pid", options.server_id, "of a server that runs: to watch its memory");
  app.add_option("--clients", options.clients, "default 1000")->check(CLI::Range(2, 50'000));
  app.add_option("--group", options.group, "clients in a group; default 10")->check(CLI::Range(2, 1000));
  app.add_option("--rate", options.rate, "lines a client says in a second; default 10")
      ->check(CLI::Range(0.01, 10'000.0));
  app.add_option("--seconds", options.seconds, "default 60")->check(CLI::Range(0.1, 86'400.0));
  app.add_flag("--receipts", options.receipts, "ask for receipts, and count them");
  app.add_option("--db", options.database,
                 "of the server that is started; default :memory:, with --kill-after a file in the temporary folder");
  app.add_option(
         "--kill-after", options.kill_after,
         "kill -9 after so many seconds, start it again, and look for all that was acknowledged in the database")
      ->check(CLI::Range(0.1, 86'400.0));
  app.footer("Exit codes: 0 nothing was lost or out of order, 1 something was, 2 wrong usage, 3 no server.");
  try {
    app.parse(argc, argv);
    if (options.kill_after > 0 && options.server.empty()) throw CLI::RequiredError{"--kill-after: --server"};
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!raise_descriptor_limit(options.clients)) {
    fmt::print(stderr, "chat_load: {} connections need as many descriptors: ulimit -n {}\n", options.clients,
               options.clients + 64);
    return 3;
  }
  std::string folder;
  if (options.kill_after > 0) {
    options.receipts = true;
    if (options.database.empty()) {
      folder = (std::filesystem::temp_directory_path() / "chat_load.XXXXXX").string();
      if (::mkdtemp(folder.data()) == nullptr) return 3;
      options.database = folder + "/chat.sqlite3";
    }
  }
  const int code = Load{options}();
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  return code;
} catch (const std::exception& error) {  // no memory, most likely
  fmt::print(stderr, "chat_load: {}\n", error.what());
  return 3;
}
