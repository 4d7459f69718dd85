#include "statistics/frame_ranges.h"

#include "render/text.h"

namespace encap {
namespace {

void append_range(std::string& out, std::uint64_t first, std::uint64_t last) {
  append_decimal(out, first);
  if (last == first) return;
  out += '-';
  append_decimal(out, last);
}

}  // namespace

void FrameRanges::add(std::uint64_t frame, std::uint64_t& ranges) {
  if (frame == last_ || cut_) return;
  if (first_ != 0 && frame == last_ + 1) {
    last_ = frame;
    return;
  }
  if (ranges >= most_ranges) {
    cut_ = true;
    return;
  }
  ++ranges;
  if (first_ != 0) {
    put(first_ - ended_);
    put(last_ - first_);
    ended_ = last_;
  }
  first_ = last_ = frame;
}

// Seven bits in each octet, the highest one set where more follow.
void FrameRanges::put(std::uint64_t number) {
  for (; number > 0x7f; number >>= 7) closed_ += static_cast<char>(number | 0x80);
  closed_ += static_cast<char>(number);
}

void FrameRanges::append_text(std::string& out) const {
  std::size_t at = 0;
  const auto get = [&] {
    std::uint64_t number = 0;
    for (unsigned shift = 0; at < closed_.size(); shift += 7) {
      const auto octet = static_cast<unsigned char>(closed_[at++]);
      number |= std::uint64_t{octet & 0x7fu} << shift;
      if (octet < 0x80) break;
    }
    return number;
  };
  std::uint64_t end = 0;
  while (at < closed_.size()) {
    const std::uint64_t first = end + get();
    end = first + get();
    append_range(out, first, end);
    out += ", ";
  }
  if (first_ != 0) append_range(out, first_, last_);
  if (cut_) out += first_ != 0 ? ", ..." : "...";
}

}  // namespace encap
