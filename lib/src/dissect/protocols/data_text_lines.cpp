#include "dissect/text.h"

namespace encap {
namespace {

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::media_type, 0, "application/vnd.drm.message"},
                                {Table::media_type, 0, "application/vnd.poc.refer-to"},
                                {Table::media_type, 0, "application/x-javascript"},
                                {Table::media_type, 0, "application/x-ns-proxy-autoconfig"},
                                {Table::media_type, 0, "application/x-rtsp-udp-packetpair"},
                                {Table::media_type, 0, "application/x-tia-p25-issi"},
                                {Table::media_type, 0, "application/x-tia-p25-sndcp"},
                                {Table::media_type, 0, "application/xml-external-parsed-entity"},
                                {Table::media_type, 0, "text/css"},
                                {Table::media_type, 0, "text/enriched"},
                                {Table::media_type, 0, "text/html"},
                                {Table::media_type, 0, "text/javascript"},
                                {Table::media_type, 0, "text/parameters"},
                                {Table::media_type, 0, "text/plain"},
                                {Table::media_type, 0, "text/richtext"},
                                {Table::media_type, 0, "text/vnd.sun.j2me.app-descriptor"},
                                {Table::media_type, 0, "text/x-ref-list"},
                                {Table::media_type, 0, "text/x-ref-simple"},
                                {Table::media_type, 0, "text/xml-external-parsed-entity"}};

}  // namespace

extern const ProtocolInfo data_text_lines_protocol{
    {"data-text-lines", "Line-based text data", FieldType::protocol}, "Line-based text data", dissect, bindings, {}};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  if (!p.media_type.empty()) p.append_info_format(" ({})", p.media_type);
  const ItemId layer = p.add_layer(data_text_lines_protocol, in, 0, in.captured);
  if (!p.wants_items()) return in.reported;
  const Bytes text = in.bytes();
  std::uint32_t lines = 0;
  for (std::uint32_t offset = 0; offset < in.captured; ++lines) {
    const Line line = find_line(text, offset);
    if (p.out.items.size() < most_items) add_escaped(p, layer, in, offset, line.next - offset);
    offset = line.next;
  }
  p.set_text(layer, p.media_type.empty() ? p.text("Line-based text data ({} lines)", lines)
                                         : p.text("Line-based text data: {} ({} lines)", p.media_type, lines));
  return in.reported;
}

}  // namespace
}  // namespace encap
