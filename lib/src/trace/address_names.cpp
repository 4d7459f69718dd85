#include "trace/address_names.h"

#include <algorithm>

#include "trace/shortened.h"

namespace encap {
namespace {

constexpr char bar = '|';
constexpr std::string_view more = "|...";

/// Whether `name` is one of those in `joined`.
bool holds(std::string_view joined, std::string_view name) noexcept {
  for (;;) {
    const std::size_t end = joined.find(bar);
    if (joined.substr(0, end) == name) return true;
    if (end == std::string_view::npos) return false;
    joined.remove_prefix(end + 1);
  }
}

}  // namespace

bool AddressNames::add(const IpAddress& address, std::string_view application) {
  static constexpr std::size_t most_joined = most_octets - more.size();
  Known& known = known_[address];
  const bool was_told = known.is_told;
  known.is_told = was_told || !application.empty();
  std::string name = application.empty() ? to_string(address) : shortened(application, most_joined);
  std::replace(name.begin(), name.end(), bar, '/');
  bool is_new = known.is_told && !was_told;
  if (known.name.empty()) {
    known.name = std::move(name);
  } else if (!known.is_full && !holds(known.name, name)) {
    known.is_full = known.name.size() + 1 + name.size() > most_joined;
    known.name += known.is_full ? std::string{more} : bar + name;
    is_new = known.is_told;
  }
  return is_new;
}

std::string_view AddressNames::name(const IpAddress& address) const {
  const auto found = known_.find(address);
  return found != known_.end() && found->second.is_told ? std::string_view{found->second.name} : std::string_view{};
}

}  // namespace encap
