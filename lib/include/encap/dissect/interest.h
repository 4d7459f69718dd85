#pragma once

#include <span>
#include <string>
#include <vector>

namespace encap {

struct ProtocolInfo;

/// The protocols whose items somebody looks at. What others would add is left out of a dissection, which saves most of
/// the work where only a few fields are asked for.
class Interest {
 public:
  /// In all of them.
  Interest() = default;
  /// In those that may add a field of one of these names; in all where no fewer would do, as for `frame.protocols`.
  /// O(number of fields).
  [[nodiscard]] static Interest in_fields(std::span<const std::string> names);

  [[nodiscard]] bool in_all() const noexcept { return in_all_; }
  [[nodiscard]] bool in(const ProtocolInfo& protocol) const noexcept;

 private:
  bool in_all_ = true;
  std::vector<const ProtocolInfo*> protocols_;
};

}  // namespace encap
