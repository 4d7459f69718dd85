#include "dissect/dns_names.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace encap::dns {

void Name::set(std::string_view what) noexcept {
  size_ = what.copy(text_.data(), text_.size());
  length_ = static_cast<std::uint32_t>(size_);
  label_count_ = 1;
}

void Name::finish() {
  length_ = static_cast<std::uint32_t>(size_);
  const auto dots = static_cast<std::uint32_t>(std::count(text_.data(), text_.data() + size_, '.'));
  label_count_ = dots + 1;
  if (text() == ".") length_ = label_count_ = 0;
  const bool plain = std::all_of(text_.data(), text_.data() + size_, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) return;
  std::string escaped;
  append_escaped(escaped, text());
  size_ = escaped.copy(text_.data(), text_.size());
}

// Goes once more through a name that was read to its end, up to where the rest is known.
void NameReader::remember_ends(std::uint32_t offset, std::uint32_t walked_to_last_pointer) {
  for (std::uint32_t walked = 0; known_ends_[offset] == 0;) {
    const std::uint32_t octet = packet_.u8(message_, offset);
    // Behind the last pointer no more octets are walked that matter.
    known_ends_[offset] = walked_to_last_pointer > walked ? walked_to_last_pointer - walked + 1 : 1;
    if (octet == 0) return;
    if (octet < 0x40) {
      offset += octet + 1;
      walked += octet + 1;
    } else {
      offset = (octet & 0x3f) << 8 | packet_.u8(message_, offset + 1);
      walked += 2;
    }
  }
}

std::uint32_t NameReader::read(std::uint32_t offset, Name& name) {
  const std::uint32_t start = offset;
  std::uint32_t taken = 0;   // 0: no pointer yet
  std::uint32_t walked = 0;  // octets, those of pointers included
  std::uint32_t walked_to_last_pointer = 0;
  bool too_long = false;
  bool cut = false;  // what follows is read but not shown
  bool bits_first = false;
  name.size_ = 0;
  const auto used = [&] { return taken != 0 ? taken : offset - start; };
  const auto append = [&](std::string_view label) {
    const bool dot = name.size_ != 0;
    if (cut) return;
    if (name.size_ + dot + label.size() > Name::longest) {
      too_long = true;
      return;
    }
    if (dot) name.text_[name.size_++] = '.';
    name.size_ += label.copy(name.text_.data() + name.size_, label.size());
  };

  for (;;) {
    // Before the first pointer every octet counts for the length, but then no other name comes by here.
    if (too_long && taken != 0 && offset < known_ends_.size() && known_ends_[offset] != 0) {
      if (known_ends_[offset] > 1) walked_to_last_pointer = walked + known_ends_[offset] - 1;
      if (walked_to_last_pointer >= message_.reported) {
        name.set("<Name contains a pointer that loops>");
        return used();
      }
      break;
    }
    const std::uint8_t octet = packet_.u8(message_, offset++);
    if (packet_.stopped()) return 0;
    if (octet == 0) break;
    if (++labels_ > most_labels) {
      name.set("<Name contains a pointer that loops>");
      return used();
    }
    switch (octet & 0xc0) {
      case 0x00: {
        const Bytes label = packet_.octets(message_, offset, octet);
        if (packet_.stopped()) return 0;
        offset += octet;
        walked += octet + 1u;
        append({reinterpret_cast<const char*>(label.data()), label.size()});
        break;
      }
      case 0x40: {
        // A label of bits: obsolete, and tshark shows no more than how its text starts. Source: RFC 6891 §5.
        if (octet != 0x41) {
          name.set("<Unknown extended label>");
          if (used() < 2) packet_.stop(Stop::reported);
          return used();
        }
        const std::uint32_t bits = packet_.u8(message_, offset++);
        const std::uint32_t count = bits == 0 ? 1 : (bits - 1) / 8 + 1;
        if (!packet_.need(message_, offset, count)) return 0;
        offset += count;
        if (name.size_ == 0) bits_first = true;
        if (!cut && name.size_ + 2 <= Name::longest)
          name.size_ += std::string_view{"\\["}.copy(name.text_.data() + name.size_, 2);
        cut = true;
        break;
      }
      case 0x80:
        packet_.stop(Stop::reported);
        return 0;
      default: {
        const std::uint32_t low = packet_.u8(message_, offset++);
        if (packet_.stopped()) return 0;
        if (taken == 0) taken = offset - start;
        offset = (octet & 0x3fu) << 8 | low;
        walked += 2;
        // Who has looked at as many octets as there are has looked at some of them twice.
        walked_to_last_pointer = walked;
        if (walked >= message_.reported) {
          name.set("<Name contains a pointer that loops>");
          return used();
        }
      }
    }
  }
  if (too_long) {
    name.set("<Name too long>");
    if (labels_ > honest_labels && !cut) {
      known_ends_.resize(message_.captured);
      remember_ends(start, walked_to_last_pointer);
    }
  } else if (name.size_ == 0 || name.text() == std::string_view{"\0", 1}) {
    name.set("<Root>");
  } else if (bits_first || used() < 2) {
    packet_.stop(Stop::reported);
    return 0;
  } else {
    name.finish();
  }
  return used();
}

}  // namespace encap::dns
