#include "password.h"

#include <array>
#include <sodium.h>
#include <stdexcept>

namespace chat {
namespace {

constexpr unsigned long long hash_passes = 2;
constexpr std::size_t hash_octets = std::size_t{19} << 20;

void need_sodium() {
  if (sodium_init() < 0) throw std::runtime_error{"libsodium cannot be initialised"};
}

/// Empty when memory was short.
std::string hash(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), hash_passes, hash_octets,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return {};
  }
  return text.data();
}

}  // namespace

PasswordChecker::PasswordChecker(unsigned threads, std::function<void(PasswordAnswer)> answer)
    : answer_{std::move(answer)} {
  need_sodium();
  no_group_ = hash(random_token());
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

PasswordChecker::~PasswordChecker() { stop(); }

void PasswordChecker::check(PasswordJob job) {
  {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void PasswordChecker::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void PasswordChecker::run() {
  while (true) {
    std::optional<PasswordJob> job;
    {
      std::unique_lock lock{mutex_};
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    answer_(answer_to(*job));
  }
}

PasswordAnswer PasswordChecker::answer_to(const PasswordJob& job) const {
  PasswordAnswer answer{job.session, job.group, {}, false};
  const std::string_view password = job.password.reveal();
  if (!job.hash) {
    answer.hash = hash(password);
    return answer;
  }
  const std::string& stored = job.hash->empty() ? no_group_ : *job.hash;
  const bool matches = crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
  answer.matches = matches && !job.hash->empty();
  return answer;
}

std::string random_token() {
  need_sodium();
  std::array<unsigned char, 16> octets{};
  randombytes_buf(octets.data(), octets.size());
  std::array<char, 2 * octets.size() + 1> text{};
  return sodium_bin2hex(text.data(), text.size(), octets.data(), octets.size());
}

bool same_secret(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace chat
