#include "dissect/text.h"

namespace encap {
namespace {

constexpr Field type{"media.type", "Media type", FieldType::bytes};
constexpr const Field* fields[] = {&type};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

extern const ProtocolInfo media_protocol{{"media", "Media Type", FieldType::protocol}, "Media", dissect, {}, fields};

namespace {

// A body whose type nothing here reads.
std::uint32_t dissect(Packet& p, const Octets& in) {
  p.append_info_format(" ({})", p.media_type);
  if (p.wants_layers() && in.reported != 0) {
    const ItemId layer = p.add_layer(media_protocol, in, 0, in.captured);
    p.set_text(p.add(layer, type, in, 0, in.captured),
               p.text("Media type: {}{}{} ({} byte{})", p.media_type, p.media_parameters.empty() ? "" : "; ",
                      p.media_parameters, in.captured, plural(in.captured)));
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
