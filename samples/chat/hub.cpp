#include "hub.h"

#include <utility>

namespace chat {

Outbound::Push Outbound::push(Octets octets) {
  const std::lock_guard lock{mutex_};
  if (is_closed_) return Push::queued;
  const std::size_t before = waiting_ + taken_;
  if (before != 0 && before + octets->size() > limit_) return Push::full;
  waiting_ += octets->size();
  queue_.push_back(std::move(octets));
  return before == 0 ? Push::first : Push::queued;
}

void Outbound::replace(Octets last) {
  const std::lock_guard lock{mutex_};
  queue_.clear();
  waiting_ = last->size();
  queue_.push_back(std::move(last));
  is_closed_ = true;
}

void Outbound::close() {
  const std::lock_guard lock{mutex_};
  is_closed_ = true;
}

bool Outbound::take(std::vector<Octets>& batch, std::size_t events_max) {
  const std::lock_guard lock{mutex_};
  while (!queue_.empty() && batch.size() < events_max) {
    taken_ += queue_.front()->size();
    waiting_ -= queue_.front()->size();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !batch.empty();
}

void Outbound::sent() {
  const std::lock_guard lock{mutex_};
  taken_ = 0;
}

bool Outbound::is_closed() const {
  const std::lock_guard lock{mutex_};
  return is_closed_;
}

std::size_t Outbound::octets() const {
  const std::lock_guard lock{mutex_};
  return waiting_ + taken_;
}

}  // namespace chat
