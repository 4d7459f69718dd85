#include "dissect/text.h"

namespace encap {
namespace {

constexpr ValueName true_or_false[] = {{0, 0, "False"}, {1, 1, "True"}};
constexpr ValueName extensions[] = {
    {0x01, 0x01, "Plain Text"}, {0xf9, 0xf9, "Graphics Control"}, {0xfe, 0xfe, "Comment"}, {0xff, 0xff, "Application"}};

constexpr Field version{"image-gif.version", "Version", FieldType::string};
constexpr Field screen_width{"image-gif.screen.width", "Screen width", FieldType::uint16};
constexpr Field screen_height{"image-gif.screen.height", "Screen height", FieldType::uint16};
constexpr Field global_present{{"image-gif.global.color_map.present", "Global color map is present", 0, 1},
                               FieldType::uint8,
                               {.names = true_or_false}};
constexpr Field global_bits{{"image-gif.global.color_bpp", "Bits per color minus 1", 1, 3}, FieldType::uint8};
constexpr Field global_ordered{{"image-gif.global.color_map.ordered", "Global color map is ordered", 4, 1},
                               FieldType::uint8,
                               {.names = true_or_false}};
constexpr Field global_pixel{{"image-gif.global.bpp", "Image bits per pixel minus 1", 5, 3}, FieldType::uint8};
constexpr Field background{"image-gif.image_background_index", "Background color index", FieldType::uint8};
constexpr Field aspect{"image-gif.global.pixel_aspect_ratio", "Global pixel aspect ratio", FieldType::uint8};
constexpr Field global_map{"image-gif.global.color_map", "Global color map", FieldType::bytes};
constexpr Field left{"image-gif.image.left", "Image left position", FieldType::uint16};
constexpr Field top{"image-gif.image.top", "Image top position", FieldType::uint16};
constexpr Field width{"image-gif.image.width", "Image width", FieldType::uint16};
constexpr Field height{"image-gif.image.height", "Image height", FieldType::uint16};
constexpr Field local_present{{"image-gif.local.color_map.present", "Local color map is present", 0, 1},
                              FieldType::uint8,
                              {.names = true_or_false}};
constexpr Field local_bits{{"image-gif.local.color_bpp", "Bits per color minus 1", 1, 3}, FieldType::uint8};
constexpr Field local_ordered{{"image-gif.local.color_map.ordered", "Local color map is ordered", 4, 1},
                              FieldType::uint8,
                              {.names = true_or_false}};
constexpr Field local_pixel{{"image-gif.local.bpp", "Image bits per pixel minus 1", 5, 3}, FieldType::uint8};
constexpr Field local_map{"image-gif.local.color_map", "Local color map", FieldType::bytes};
constexpr Field extension{"image-gif.extension", "Extension", FieldType::none};
constexpr Field extension_label{
    "image-gif.extension.label", "Extension label", FieldType::uint8, {.show = Show::hex, .names = extensions}};
constexpr Field image{"image-gif.image", "Image", FieldType::none};
constexpr Field code_size{"image-gif.image.code_size", "LZW minimum code size", FieldType::uint8};
constexpr Field end{"image-gif.end", "Trailer (End of the GIF stream)", FieldType::none};
constexpr Field data_block{"image-gif.data_block", "Data block", FieldType::bytes};

constexpr Note unknown_block{
    {"gif.data_block_type.unknown", "Unknown GIF data block type", FieldType::none}, Severity::warning, "Protocol"};

constexpr const Field* fields[] = {&version,
                                   &screen_width,
                                   &screen_height,
                                   &global_present,
                                   &global_bits,
                                   &global_ordered,
                                   &global_pixel,
                                   &background,
                                   &aspect,
                                   &global_map,
                                   &left,
                                   &top,
                                   &width,
                                   &height,
                                   &local_present,
                                   &local_bits,
                                   &local_ordered,
                                   &local_pixel,
                                   &local_map,
                                   &extension,
                                   &extension_label,
                                   &image,
                                   &code_size,
                                   &end,
                                   &data_block,
                                   &unknown_block.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::media_type, 0, "image/gif"}};

}  // namespace

extern const ProtocolInfo image_gif_protocol{
    {"image-gif", "Compuserve GIF", FieldType::protocol}, "GIF image", dissect, bindings, fields};

namespace {

constexpr std::uint32_t shortest = 20;  // octets that Wireshark wants before it takes something for a picture

std::uint16_t little16(Packet& p, const Octets& in, std::uint32_t offset) {
  const std::uint16_t value = p.u16(in, offset);
  return static_cast<std::uint16_t>(value << 8 | value >> 8);
}
void add_little16(Packet& p, ItemId item, const Field& field, const Octets& in, std::uint32_t offset) {
  p.add(item, field, in, offset, 2, little16(p, in, offset));
}

// Blocks of data, each behind its length, up to the one of length 0 (GIF89a §15, §16).
std::uint32_t dissect_blocks(Packet& p, ItemId item, const Octets& in, std::uint32_t offset) {
  while (!p.stopped()) {
    const std::uint32_t length = p.u8(in, offset);
    if (p.wants_items() && p.need(in, offset, length + 1)) {
      const Bytes data = in.bytes().subspan(offset + 1, length);
      const ItemId block = p.add_string(item, data_block, in, offset, length + 1, characters(data), true);
      if (block != ItemId::none) {
        std::string line;
        append_label(line, p.out, p.out.at(block));
        p.set_text(block, length == 0 ? std::string_view{"Data block: <none> (length = 0)"}
                                      : p.text("{} (length = {})", line, length));
      }
    } else {
      p.need(in, offset, length + 1);
    }
    offset += length + 1;
    if (length == 0) break;
  }
  return offset;
}

std::string_view settings_text(Packet& p, std::string_view which, std::uint8_t flags, std::string_view present) {
  const unsigned colour = std::max(1u, flags >> 4 & 7u);
  const unsigned pixel = 1 + (flags & 7);
  const bool has_map = (flags & 0x80) != 0;
  return p.text("{} settings:{}{} ({} bit{} per color) ({} bit{} per pixel)", which, has_map ? " " : "",
                has_map ? present : "", colour, plural(colour), pixel, plural(pixel));
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const std::string_view text = characters(in.bytes());
  if (in.captured < shortest || (!text.starts_with("GIF87a") && !text.starts_with("GIF89a"))) return 0;
  const InFull in_full{p};
  const std::string_view name = text.substr(0, 6);
  const bool is_89a = name == "GIF89a";
  p.append_info_format(" ({})", name);
  const ItemId layer = p.add_layer(image_gif_protocol, in, 0, in.captured, p.text("Compuserve GIF, Version: {}", name));
  add_ascii(p, layer, version, in, 0, 6);
  add_little16(p, layer, screen_width, in, 6);
  add_little16(p, layer, screen_height, in, 8);
  const std::uint8_t flags = p.u8(in, 10);
  const ItemId global = p.add_text(layer, in, 10, 1, settings_text(p, "Global", flags, "(Global color table present)"));
  p.add(global, {&global_present, &global_bits}, in.from(10));
  if (is_89a) p.add(global, global_ordered, in.from(10));
  p.add(global, global_pixel, in.from(10));
  p.add(layer, background, in, 11, 1);
  if (const std::uint8_t ratio = p.u8(in, 12); is_89a && ratio != 0) {
    p.set_text(p.add(layer, aspect, in, 12, 1), p.text("{}, yields an aspect ratio of (15 + {}) / 64 = {:.2f}", ratio,
                                                       ratio, static_cast<double>(ratio + 15) / 64.0));
  }
  std::uint32_t offset = 13;
  if ((flags & 0x80) != 0) {
    const std::uint32_t size = 3u << (1 + (flags & 7));
    p.add(layer, global_map, in, offset, size);
    offset += size;
  }
  while (offset < in.reported && !p.stopped()) {
    const std::uint8_t kind = p.u8(in, offset);
    if (kind == 0x21) {
      const ItemId item = p.add(layer, extension, in, offset, 1);
      const std::uint8_t label = p.u8(in, offset + 1);
      const std::string_view label_name = find_name(extensions, label);
      p.set_text(item, label_name.empty() ? p.text("Extension: <Warning: Unknown extension 0x{:02x}>", label)
                                          : p.text("Extension: {}", label_name));
      p.add(item, extension_label, in, offset + 1, 1);
      const std::uint32_t next = dissect_blocks(p, item, in, offset + 2);
      p.set_length(item, next - offset);
      offset = next;
    } else if (kind == 0x2c) {
      const ItemId item = p.add(layer, image, in, offset, 1);
      add_little16(p, item, left, in, offset + 1);
      add_little16(p, item, top, in, offset + 3);
      add_little16(p, item, width, in, offset + 5);
      add_little16(p, item, height, in, offset + 7);
      const std::uint8_t local = p.u8(in, offset + 9);
      const ItemId settings =
          p.add_text(item, in, offset + 9, 1, settings_text(p, "Local", local, "(Local color table present)"));
      p.add(settings, {&local_present, &local_bits}, in.from(offset + 9));
      if (is_89a) p.add(settings, local_ordered, in.from(offset + 9));
      p.add(settings, local_pixel, in.from(offset + 9));
      std::uint32_t next = offset + 10;
      if ((local & 0x80) != 0) {
        const std::uint32_t size = 3u << (1 + (local & 7));
        p.add(item, local_map, in, next, size);
        next += size;
      }
      p.add(item, code_size, in, next, 1);
      next = dissect_blocks(p, item, in, next + 1);
      p.set_length(item, next - offset);
      offset = next;
    } else if (kind == 0x3b) {
      p.add(layer, end, in, offset, 1);
      break;
    } else {
      const ItemId item =
          p.out.items.size() < most_items ? p.add(layer, unknown_block.field, in, offset, 1) : ItemId::none;
      if (item != ItemId::none) p.note(item, unknown_block);
      ++offset;
    }
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
