#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "event.h"
#include "line.h"

namespace chat {

/// A password to hash, or to compare with a hash.
struct PasswordJob {
  SessionId session = 0;
  GroupNumber group = 0;  ///< 0: one is to be made
  Password password;
  std::optional<std::string> hash;  ///< none: hash the password; empty: there is no such group, so that nothing matches
};

struct PasswordAnswer {
  SessionId session = 0;
  GroupNumber group = 0;  ///< as asked
  std::string hash;       ///< of a new group; empty when memory was short
  bool matches = false;
};

/// Argon2id takes its time, by design; threads of its own keep that away from the chat. Each hash takes about 20 ms and
/// 19 MiB, what OWASP's Password Storage Cheat Sheet asks for, so that a chat goes on beside it.
class PasswordChecker {
 public:
  /// `answer` is called on a thread of the checker's. It must not end before `stop` returned.
  PasswordChecker(unsigned threads, std::function<void(PasswordAnswer)> answer);
  ~PasswordChecker();

  /// Takes as long for a group that does not exist as for one that does. Any thread.
  void check(PasswordJob job);
  /// Waits for what is being hashed and forgets the rest.
  void stop();

 private:
  void run();
  [[nodiscard]] PasswordAnswer answer_to(const PasswordJob& job) const;

  std::function<void(PasswordAnswer)> answer_;
  std::string no_group_;  ///< a hash of something nobody knows
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<PasswordJob> jobs_;  ///< bounded by the sessions: each waits for its answer
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// Octets that nobody can guess, in hexadecimal.
[[nodiscard]] std::string random_token();
/// Compares in a time that does not tell how much is alike.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace chat
