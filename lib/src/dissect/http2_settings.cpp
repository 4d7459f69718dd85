#include "dissect/http2_settings.h"

namespace encap {

void dissect_http2_settings(Packet& p, ItemId item, const Octets& in) {
  static constexpr const Field* values[] = {
      &http2_header_table_size, &http2_enable_push,          &http2_max_concurrent_streams, &http2_initial_window_size,
      &http2_max_frame_size,    &http2_max_header_list_size, &http2_unknown_setting,        &http2_extended_connect};
  for (std::uint32_t offset = 0; offset < in.reported && !p.stopped(); offset += 6) {
    const Octets setting = in.from(offset);
    const std::uint16_t id = p.u16(setting, 0);
    if (p.stopped()) return;
    const std::string_view name = find_name(http2_setting_names, id);
    ItemId line = ItemId::none;
    if (p.wants_items()) {
      const std::string_view shown = name.empty() ? p.text("Unknown ({})", id) : name;
      line = p.add(item, http2_setting, setting, 0, std::min(setting.captured, 6u));
      p.set_text(line, p.text("Settings - {}", shown));
      p.add(line, http2_setting_id, setting);
    }
    const std::uint32_t value = p.u32(setting, 2);
    if (p.stopped() || !p.wants_items()) continue;
    const bool known = id >= 1 && id <= std::size(values);
    p.add(line, known ? *values[id - 1] : http2_unknown_setting, setting);
    p.append_text(line, p.text(" : {}", value));
  }
}

}  // namespace encap
