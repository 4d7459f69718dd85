#include "dissect/http_body.h"

#include <optional>
#include <utility>

#include "dissect/content_coding.h"
#include "dissect/http_fields.h"
#include "dissect/text.h"

namespace encap {

extern const ProtocolInfo image_gif_protocol;
extern const ProtocolInfo image_jfif_protocol;
extern const ProtocolInfo media_protocol;
extern const ProtocolInfo mime_multipart_protocol;
extern const ProtocolInfo png_protocol;

}  // namespace encap

namespace encap::http {
namespace {

// Takes the chunks of `body` apart (RFC 9112 §7.1). Returns how many octets they take, 0 for none; `data` becomes
// what they held.
std::uint32_t dissect_chunks(Packet& p, ItemId tree, const Octets& body, Octets& data) {
  const Bytes bytes = body.bytes();
  const bool items = p.wants_items() && tree != ItemId::none;
  const ItemId whole = p.add_text(tree, body, 0, std::min(body.reported, body.captured), "HTTP chunked response");
  char* const joined = p.out.arena.allocate(body.captured);
  std::uint32_t joined_size = 0;
  std::uint32_t offset = 0;
  std::uint32_t left = body.reported;
  const auto remaining = [&](std::uint32_t from) { return from < body.reported ? body.reported - from : 0; };
  while (left > 0 && !p.stopped()) {
    const Line line = find_line(bytes, std::min(offset, body.captured));
    if (!line.complete || line.length == 0) break;
    std::string_view size_text = characters(bytes, offset, line.length);
    size_text = until_nul(size_text.substr(0, size_text.find(';')));
    std::size_t used = 0;
    const std::uint32_t size =
        std::min(static_cast<std::uint32_t>(leading_number(size_text, 16, used).value_or(0)), left);
    const Bytes chunk = p.octets(body, line.next, size);
    if (p.stopped()) return 0;
    joined_size += static_cast<std::uint32_t>(characters(chunk).copy(joined + joined_size, size));
    if (p.wants_layers() && !p.need(body, offset, line.next - offset + size + 2)) return 0;
    if (items) {
      const ItemId item = p.add_text(whole, body, offset, line.next - offset + size + 2,
                                     size == 0 ? "End of chunked encoding" : p.text("Data chunk ({} octets)", size));
      if (p.stopped()) return 0;
      p.set_text(p.add(item, chunk_size, body, offset, line.next - offset, size),
                 p.text("Chunk size: {} octet{}", size, plural(size)));
      if (size > 0) {
        p.add(item, chunk_data, body, line.next, size);
        p.add(item, chunk_boundary, body, line.next + size, 2);
      }
    }
    offset = line.next + size + (size > 0 ? 2 : 0);
    left = remaining(offset);
    if (size > 0) continue;
    Line trailer;
    std::uint32_t end = offset;
    std::uint32_t before_last = offset;
    do {
      before_last = end;
      trailer = find_line(bytes, std::min(end, body.captured));
      if (trailer.complete) end = trailer.next;
    } while (trailer.complete && trailer.length > 0);
    if (before_last > offset) {
      const bool has_nul = characters(bytes, offset, before_last - offset).find('\0') != std::string_view::npos;
      const InFull in_full{p, has_nul};
      add_ascii(p, in_full.below(whole), trailer_part, body, offset, before_last - offset);
      left -= std::min(left, before_last - offset);
      offset = before_last;
    }
    if (trailer.complete) {
      add_escaped(p, whole, body, offset, end - offset);
      left -= std::min(left, end - offset);
    }
    break;
  }
  const std::uint32_t taken = body.reported - left;
  if (taken == 0) return 0;
  p.set_length(whole, taken);
  data = p.add_source("De-chunked entity body", std::as_bytes(std::span{joined, joined_size}));
  return taken;
}

// Reads the body as its media type says, or as what it looks like. Whether anything took it.
bool dissect_media(Packet& p, ItemId tree, const Message& message, const Octets& body) {
  const ProtocolInfo* protocol = message.has_type ? find_media_type(message.type) : nullptr;
  if (protocol == nullptr && message.type.starts_with("multipart/")) protocol = &mime_multipart_protocol;
  if (protocol != nullptr) {
    if (p.call(*protocol, body) != 0) return true;
    if (p.stopped()) return false;
    p.note(tree, subdissector_failed);
  }
  for (const ProtocolInfo* image : {&png_protocol, &image_jfif_protocol, &image_gif_protocol}) {
    if (p.call(*image, body) != 0) return true;
    if (p.stopped()) return false;
  }
  return false;
}

}  // namespace

void show_data(Packet& p, ItemId item, const Octets& in) {
  if (p.wants_items() && item == ItemId::none) {
    if (in.captured != 0) p.add_layer_name("data");
    return;
  }
  p.call_data(in, item);
}

void dissect_body(Packet& p, ItemId layer, const Message& message, const Octets& body, std::uint32_t& length) {
  Octets data = body;
  if (message.chunked) {
    const std::uint32_t taken = dissect_chunks(p, layer, body, data);
    if (taken == 0) return;
    length = taken;
  }
  if (message.coding == Coding::compressed) {
    show_data(p, layer, data);
    return;
  }
  if (message.has_encoding && !equals_ignoring_case(message.encoding, "identity")) {
    const bool beginning = !p.wants_layers() && !message.type.starts_with("multipart/");
    const std::optional<Bytes> decoded = decode_content(p, message.encoding, data.bytes(), beginning);
    ItemId item = ItemId::none;
    if (p.wants_items()) {
      item =
          p.add_text(layer, data, 0, data.captured,
                     decoded ? p.text("Content-encoded entity body ({}): {} bytes -> {} bytes", message.encoding,
                                      data.captured, decoded->size())
                             : p.text("Content-encoded entity body ({}): {} bytes", message.encoding, data.captured));
    }
    if (!decoded) {
      p.note(item, decompression_failed);
      show_data(p, item, data);
      return;
    }
    data = p.add_source("Uncompressed entity body", *decoded);
  }
  if (p.wants_items() && layer != ItemId::none) {
    const ItemId item =
        p.add_string(layer, file_data, data, 0, data.captured, ascii_value(p, characters(data.bytes())), true);
    p.set_text(item, p.text("File Data: {} bytes", data.captured));
  }
  if (data.captured == 0) return;
  // Other protocols must not take this connection's memory for their own.
  Flow* const flow = std::exchange(p.flow, nullptr);
  const std::string_view type = std::exchange(p.media_type, message.type);
  const std::string_view parameters = std::exchange(p.media_parameters, message.parameters);
  if (!dissect_media(p, layer, message, data) && !p.stopped()) {
    if (message.has_type) {
      p.call(media_protocol, data);
    } else {
      show_data(p, layer, data);
    }
  }
  p.flow = flow;
  p.media_type = type;
  p.media_parameters = parameters;
}

}  // namespace encap::http
