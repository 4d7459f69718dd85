#include "render/line_cache.h"

namespace encap {

LineCache::Known* LineCache::add_field(const Field& field, std::uint32_t look, std::uint32_t hash) {
  if (known_.size() == most) return nullptr;
  index_.insert(hash, static_cast<std::uint32_t>(known_.size()));
  Known& added = known_.emplace_back();
  added.field = &field;
  added.look = look;
  return &added;
}

}  // namespace encap
