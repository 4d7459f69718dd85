#include "input/table_lines.h"

#include <cstring>
#include <string_view>

namespace encap {

TableLines::TableLines(TableSource& source) : source_{&source} {
  fill();
  if (std::string_view{buffer_.get(), end_}.starts_with(byte_order_mark)) begin_ = byte_order_mark.size();
}

std::optional<std::span<char>> TableLines::next() {
  for (std::size_t searched = begin_;;) {
    char* const from = buffer_.get() + searched;
    if (auto* const line_feed = static_cast<char*>(std::memchr(from, '\n', end_ - searched))) {
      const std::span line{buffer_.get() + begin_, line_feed};
      ++number_;
      if (line.size() >= longest) throw TooLong{};
      *line_feed = '\0';
      begin_ += line.size() + 1;
      return line;
    }
    if (ended_) return std::nullopt;  // the source ends the last line
    const std::size_t read = end_ - begin_;
    if (read >= longest) {
      ++number_;
      throw TooLong{};
    }
    fill();
    searched = begin_ + read;
  }
}

// Reads more behind what is left, which moves to the start.
void TableLines::fill() {
  const std::size_t left = end_ - begin_;
  if (left == room_) {
    auto larger = std::make_unique_for_overwrite<char[]>(2 * room_);
    std::memcpy(larger.get(), buffer_.get(), left);
    buffer_ = std::move(larger);
    room_ *= 2;
  } else if (begin_ != 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, left);
  }
  begin_ = 0;
  end_ = left;
  const std::size_t got = source_->read(buffer_.get() + left, room_ - left);
  octets_.fetch_add(got, std::memory_order_relaxed);
  end_ += got;
  ended_ = got == 0;
}

}  // namespace encap
