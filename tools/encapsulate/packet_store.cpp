#include "packet_store.h"

#include <algorithm>
#include <cstring>

namespace {

constexpr std::size_t block_octets = std::size_t{1} << 20;

struct Head {
  encap::Timestamp timestamp;
  std::uint64_t length;
};

}  // namespace

encap::Result<void, encap::IoError> PacketStore::write(const encap::PacketRecord& record) {
  if (overflowed_) return {};
  const Head head{record.timestamp, record.bytes.size()};
  const std::size_t length = sizeof head + record.bytes.size();
  octets_ += length;
  if (octets_ > most_octets) {
    overflowed_ = true;
    blocks_ = {};
    return {};
  }
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < length) {
    blocks_.emplace_back().reserve(std::max(block_octets, length));
  }
  Block& block = blocks_.back();
  const std::size_t at = block.size();
  block.resize(at + length);
  std::memcpy(block.data() + at, &head, sizeof head);
  std::copy(record.bytes.begin(), record.bytes.end(), block.data() + at + sizeof head);
  link_type_ = record.link_type;
  return {};
}

encap::Result<void, encap::IoError> PacketStore::replay(encap::PacketSink& sink) const {
  for (const Block& block : blocks_) {
    for (std::size_t at = 0; at < block.size();) {
      Head head{};
      std::memcpy(&head, block.data() + at, sizeof head);
      at += sizeof head;
      const encap::PacketRecord record{.timestamp = head.timestamp,
                                       .link_type = link_type_,
                                       .original_length = static_cast<std::uint32_t>(head.length),
                                       .bytes = {block.data() + at, head.length}};
      if (auto written = sink.write(record); !written) return written;
      at += head.length;
    }
  }
  return {};
}
