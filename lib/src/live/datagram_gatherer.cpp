#include "live/datagram_gatherer.h"

#include <algorithm>

namespace encap::live {

DatagramGatherer::Added DatagramGatherer::add(const Key& key, std::size_t offset, bool more, Bytes octets) {
  auto found = std::find_if(waiting_.begin(), waiting_.end(), [&key](const Datagram& one) { return one.key == key; });
  if (offset == 0) {  // a datagram begins; an unfinished one of the same identification was given up by who sent it
    if (found != waiting_.end()) {
      waiting_.erase(found);
    } else if (waiting_.size() >= most_datagrams) {
      waiting_.erase(waiting_.begin());
    }
    found = waiting_.insert(waiting_.end(), Datagram{key, {}});
  }
  if (found == waiting_.end()) return {};
  std::vector<std::byte>& gathered = found->octets;
  if (offset != gathered.size() || octets.size() > most_octets - gathered.size()) {
    waiting_.erase(found);
    return {};
  }
  gathered.insert(gathered.end(), octets.begin(), octets.end());
  if (more) return {.taken = true};
  whole_ = std::move(gathered);
  waiting_.erase(found);
  return {.taken = true, .whole = Bytes{whole_}};
}

}  // namespace encap::live
