#include "dissect/ip.h"

#include <cstring>

namespace encap {

std::string_view ip_protocol_name(std::uint8_t number) noexcept {
  const std::string_view name = find_name(ip_protocol_names, number);
  return name.empty() ? "Unknown" : name;
}

ItemId add_address(Packet& p, ItemId parent, const AddressFields& fields, const Octets& in, std::uint32_t offset,
                   std::string_view text) {
  const std::uint32_t length = fields.address.type == FieldType::ipv4 ? 4 : 16;
  const ItemId item = p.add(parent, fields.address, in, offset, length);
  p.hidden(p.add(parent, fields.any, in, offset, length));
  p.hidden(p.add_string(parent, fields.host, in, offset, length, text, true));
  p.hidden(p.add_string(parent, fields.any_host, in, offset, length, text, true));
  return item;
}

namespace {

void add_fragments(Packet& p, ItemId tree, const FragmentFields& fields, const Reassembly& whole, const Octets& in) {
  if (!p.wants_items()) return;
  const auto total = in.captured;
  const ItemId list = p.generated(p.add(tree, fields.fragments, in, 0, total));
  std::string line;
  fmt::format_to(std::back_inserter(line), "{} {} ({} byte{}): ", whole.pieces.size(),
                 whole.pieces.size() == 1 ? fields.fragment.label : fields.fragments.label, total, plural(total));
  for (const Reassembly::Piece& piece : whole.pieces) {
    fmt::format_to(std::back_inserter(line), "{}#{}({})", &piece == whole.pieces.data() ? "" : ", ", piece.frame,
                   piece.length);
    const bool wrong = piece.conflict || piece.multiple_tails || piece.too_long;
    // A piece too long reaches beyond what it became part of.
    const std::uint32_t first = std::min(piece.offset, total);
    const ItemId item = p.generated(p.add(list, wrong ? fields.error : fields.fragment, in, first,
                                          std::min(piece.length, total - first), piece.frame));
    p.set_text(item, p.text("Frame: {}, payload: {}-{} ({} byte{})", piece.frame, piece.offset,
                            piece.offset + piece.length - 1, piece.length, plural(piece.length)));
    const std::pair<bool, const Field*> flags[] = {{piece.overlap, &fields.overlap},
                                                   {piece.conflict, &fields.conflict},
                                                   {piece.multiple_tails, &fields.multiple_tails},
                                                   {piece.too_long, &fields.too_long}};
    for (const auto& [set, field] : flags) {
      if (set) p.generated(p.add(item, *field, in, 0, 0, 1));
    }
  }
  p.set_text(list, p.out.arena.copy(line));
  p.generated(p.add(list, fields.count, in, 0, 0, whole.pieces.size()));
  p.generated(p.add(list, fields.reassembled_length, in, 0, 0, total));
  p.generated(p.add(list, fields.reassembled_data, in, 0, total));
}

}  // namespace

Octets reassemble(Packet& p, ItemId tree, const FragmentFields& fields, const FragmentKey& key, std::uint32_t offset,
                  bool more, const Octets& in, bool& illegal) {
  illegal = false;
  if (p.session == nullptr) return {};
  const Reassembly result = p.session->fragment(key, p.frame_number(), offset, more, in.bytes());
  if (result.state != Reassembly::State::complete) return {};
  p.fragmented = false;
  if (result.pieces.empty()) return in;
  char* there = p.out.arena.allocate(result.bytes.size());
  std::memcpy(there, result.bytes.data(), result.bytes.size());
  const Octets whole = p.add_source(fields.source_name, std::as_bytes(std::span{there, result.bytes.size()}));
  add_fragments(p, tree, fields, result, whole);
  for (const Reassembly::Piece& piece : result.pieces) {
    illegal |= piece.conflict || piece.multiple_tails || piece.too_long;
  }
  if (illegal) {
    p.clear_info();
    p.append_info_format("[Illegal {}]", fields.tag);
  }
  return whole;
}

void add_quick_start(Packet& p, ItemId tree, const QuickStartFields& fields, const Octets& option) {
  const std::uint8_t first = p.u8(option, 0);
  const std::uint8_t function = first >> 4;
  const std::uint8_t hops = p.u8(option, 1);
  if (!p.wants_items()) {
    if (function == 0 || function == 8) p.need(option, 2, 4);
    return;
  }
  const std::string_view rate = find_name(quick_start_rates, first & 15u);
  p.add(tree, fields.function, option);
  if (function == 0) {  // rate request
    const auto difference = static_cast<std::uint8_t>(p.ip_hops - hops);
    p.append_text(tree, p.text("{}, {}, QS TTL {}, QS TTL diff {}", fields.words ? ": Rate request (0)" : "", rate,
                               hops, difference));
    p.add(tree, fields.rate, option);
    p.add(tree, fields.hops, option, 1, 1);
    p.generated(p.add(tree, fields.hops_difference, option, 1, 1, difference));
  } else if (function == 8) {  // rate report
    p.append_text(tree, p.text("{}, {}", fields.words ? ": Rate report (8)" : "", rate));
    p.add(tree, fields.rate, option);
    p.add(tree, fields.unused, option, 1, 1);
  } else {
    if (fields.words) p.append_text(tree, p.text(": Unknown ({}) ({})", function, function));
    return;
  }
  p.add(tree, {&fields.nonce, &fields.reserved}, option.from(2));
}

void call_ip_protocol(Packet& p, std::uint8_t number, const Octets& in, bool write_info) {
  if (const ProtocolInfo* protocol = find_protocol(Table::ip_protocol, number);
      protocol != nullptr && (p.call(*protocol, in) != 0 || p.stopped())) {
    return;
  }
  if (write_info) {
    p.clear_info();
    p.append_info_format("{} ({})", ip_protocol_name(number), number);
  }
  p.call_data(in);
}

}  // namespace encap
