#include "dissect/packet.h"

namespace encap {
namespace {

constexpr Field data{"data.data", "Data", FieldType::bytes};
constexpr Field length{"data.len", "Length", FieldType::int32};
constexpr const Field* fields[] = {&data, &length};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::media_type, 0, "application/octet-stream"}};

}  // namespace

extern const ProtocolInfo data_protocol{{"data", "Data", FieldType::protocol}, "Data", dissect, bindings, fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  if (p.wants_layers() && in.captured != 0) {
    const ItemId layer =
        p.add_layer(data_protocol, in, 0, in.captured, p.text("Data ({} byte{})", in.captured, plural(in.captured)));
    p.add(layer, data, in, 0, in.captured);
    p.generated(p.add(layer, length, in, 0, 0, in.captured));
  }
  return in.reported;
}

}  // namespace

void Packet::call_data(const Octets& in) {
  if (in.captured != 0) call(data_protocol, in);
}

void Packet::call_data(const Octets& in, ItemId below) {
  const ItemId outer = top;
  set_top(below);
  call_data(in);
  top = outer;
}

}  // namespace encap
