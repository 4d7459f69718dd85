#include "encap/input/message_read_ahead.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/batch_ring.h"

namespace encap {
namespace {

/// Copies a text that is a few octets most often, in two pieces that overlap: a call would take longer.
inline void copy_short(char* to, std::string_view text) noexcept {
  const auto copy_ends = [&]<class Piece>(Piece piece) {
    std::memcpy(&piece, text.data(), sizeof piece);
    Piece last;
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    std::memcpy(to, &piece, sizeof piece);
    std::memcpy(to + text.size() - sizeof last, &last, sizeof last);
  };
  if (text.size() > 16) {
    std::memcpy(to, text.data(), text.size());
  } else if (text.size() >= 8) {
    copy_ends(std::uint64_t{});
  } else if (text.size() >= 4) {
    copy_ends(std::uint32_t{});
  } else {
    for (const char c : text) *to++ = c;
  }
}

/// Messages with the text they point at, in the order of their rows.
class Batch {
 public:
  static constexpr std::size_t text_octets = 256u << 10;
  static constexpr std::size_t rows = 1024;

  void clear() noexcept {
    messages_.clear();
    used_ = 0;
    taken_ = 0;
    failure_.reset();
    last_ = false;
  }
  /// Copies a message; false when there is no room for it beside others.
  bool add(const Message& message) {
    const std::size_t needed = message.id.size() + message.protocol.size() + message.source.name.size() +
                               message.destination.name.size() + message.payload.size();
    if (!messages_.empty() && (messages_.size() == rows || needed > room_ - used_)) return false;
    if (needed > room_) make_room(std::max(needed, text_octets));
    Message& copy = messages_.emplace_back(message);
    copy.id = keep(message.id);
    copy.protocol = keep(message.protocol);
    copy.source.name = keep(message.source.name);
    copy.destination.name = keep(message.destination.name);
    copy.payload = as_bytes(keep(as_text(message.payload)));
    return true;
  }
  /// What comes behind the messages: a row that cannot be used, or the end.
  void end_with(Failure failure) { failure_ = std::move(failure); }
  void end_table() noexcept { last_ = true; }

  [[nodiscard]] const Message* take() noexcept { return taken_ < messages_.size() ? &messages_[taken_++] : nullptr; }
  [[nodiscard]] std::optional<Failure> take_failure() noexcept { return std::exchange(failure_, std::nullopt); }
  [[nodiscard]] bool last() const noexcept { return last_; }

 private:
  void make_room(std::size_t octets) {
    text_ = std::make_unique_for_overwrite<char[]>(octets);
    room_ = octets;
  }
  std::string_view keep(std::string_view text) noexcept {
    char* const at = text_.get() + used_;
    copy_short(at, text);
    used_ += text.size();
    return {at, text.size()};
  }

  std::vector<Message> messages_;
  std::unique_ptr<char[]> text_;  // only what is used of it is ever written, so that short tables touch little memory
  std::size_t room_ = 0;
  std::size_t used_ = 0;
  std::size_t taken_ = 0;
  std::optional<Failure> failure_;
  bool last_ = false;
};

}  // namespace

class MessageReadAhead::Impl {
 public:
  explicit Impl(std::unique_ptr<MessageSource> source) : reader_{std::move(source)}, thread_{[this] { read(); }} {}
  ~Impl() {
    batches_.stop();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<const Message*, Failure> next() {
    for (;;) {
      if (batch_ != nullptr) {
        if (const Message* const message = batch_->take()) {
          ++rows_;
          return message;
        }
        if (auto failure = batch_->take_failure()) {
          if (std::holds_alternative<InputError>(*failure)) ++rows_;
          return unexpected(std::move(*failure));
        }
        if (batch_->last()) return nullptr;
        batches_.give_back();
      }
      batch_ = batches_.to_empty();
    }
  }

  const TableNotes& notes() const noexcept { return reader_->notes(); }
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t octets() const noexcept { return reader_->octets(); }

 private:
  /// The reading thread: fills one batch after another.
  void read() {
    std::optional<Message> left;  // did not fit into the batch before; the reader still holds its text
    for (bool more = true; more;) {
      Batch* const filled = batches_.to_fill();
      if (filled == nullptr) return;
      Batch& batch = *filled;
      batch.clear();
      if (left) static_cast<void>(batch.add(*left));
      left.reset();
      for (;;) {
        auto message = reader_->next();
        if (!message) {
          batch.end_with(std::move(message.error()));
          break;
        }
        if (*message == nullptr) {
          batch.end_table();
          more = false;
          break;
        }
        if (!batch.add(**message)) {
          left = **message;
          break;
        }
      }
      batches_.pass_on();
    }
  }

  std::unique_ptr<MessageSource> reader_;
  BatchRing<Batch> batches_;
  Batch* batch_ = nullptr;  // that is handed out
  std::uint64_t rows_ = 0;
  std::thread thread_;  // last, so that all the rest is there when it starts
};

MessageReadAhead::MessageReadAhead(std::unique_ptr<MessageSource> source)
    : impl_{std::make_unique<Impl>(std::move(source))} {}
MessageReadAhead::MessageReadAhead(MessageReadAhead&&) noexcept = default;
MessageReadAhead& MessageReadAhead::operator=(MessageReadAhead&&) noexcept = default;
MessageReadAhead::~MessageReadAhead() = default;

Result<const Message*, Failure> MessageReadAhead::next() { return impl_->next(); }
const TableNotes& MessageReadAhead::notes() const noexcept { return impl_->notes(); }
std::uint64_t MessageReadAhead::rows() const noexcept { return impl_->rows(); }
std::uint64_t MessageReadAhead::octets() const noexcept { return impl_->octets(); }

}  // namespace encap
