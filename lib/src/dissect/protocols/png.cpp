#include <bit>

#include "dissect/text.h"

namespace encap {
namespace {

constexpr ValueName critical_or_not[] = {{0, 0, "This is a CRITICAL chunk"}, {1, 1, "This is an ANCILLARY chunk"}};
constexpr ValueName public_or_not[] = {{0, 0, "This is a PUBLIC chunk"}, {1, 1, "This is a PRIVATE chunk"}};
constexpr ValueName copied_or_not[] = {{0, 0, "This chunk is NOT safe to copy"}, {1, 1, "This chunk is SAFE TO COPY"}};
constexpr ValueName colour_types[] = {{0, 0, "Greyscale"},
                                      {2, 2, "Truecolour"},
                                      {3, 3, "Indexed-colour"},
                                      {4, 4, "Greyscale with alpha"},
                                      {6, 6, "Truecolour with alpha"}};
constexpr ValueName compressions[] = {{0, 0, "Deflate"}};
constexpr ValueName filters[] = {{0, 0, "Adaptive"}};
constexpr ValueName interlaces[] = {{0, 0, "No interlace"}, {1, 1, "Adam7"}};
constexpr ValueName intents[] = {
    {0, 0, "Perceptual"}, {1, 1, "Relative colorimetric"}, {2, 2, "Saturation"}, {3, 3, "Absolute colorimetric"}};
constexpr ValueName units[] = {{0, 0, "Unit is unknown"}, {1, 1, "Unit is METRE"}};

constexpr Field signature{{"png.signature", "PNG Signature", 0, 64}, FieldType::bytes};
constexpr Field chunk_data{"png.chunk.data", "Data", FieldType::none};
constexpr Field chunk_type{"png.chunk.type", "Chunk", FieldType::string};
constexpr Field chunk_length{"png.chunk.len", "Len", FieldType::uint32};
constexpr Field chunk_crc{"png.chunk.crc", "CRC", FieldType::uint32, {.show = Show::hex}};
constexpr Field ancillary{{"png.chunk.flag.ancillary", "Ancillary", 2, 1},
                          FieldType::boolean,
                          {.names = critical_or_not, .drawn_bits = 32, .drawn_before = 2}};
constexpr Field is_private{{"png.chunk.flag.private", "Private", 10, 1},
                           FieldType::boolean,
                           {.names = public_or_not, .drawn_bits = 32, .drawn_before = 10}};
constexpr Field safe_to_copy{{"png.chunk.flag.stc", "Safe To Copy", 26, 1},
                             FieldType::boolean,
                             {.names = copied_or_not, .drawn_bits = 32, .drawn_before = 26}};
constexpr Field width{{"png.ihdr.width", "Width", 0, 32}, FieldType::uint32};
constexpr Field height{{"png.ihdr.height", "Height", 32, 32}, FieldType::uint32};
constexpr Field bit_depth{{"png.ihdr.bitdepth", "Bit Depth", 64, 8}, FieldType::uint8};
constexpr Field colour_type{{"png.ihdr.colour_type", "Colour Type", 72, 8}, FieldType::uint8, {.names = colour_types}};
constexpr Field compression{
    {"png.ihdr.compression_method", "Compression Method", 80, 8}, FieldType::uint8, {.names = compressions}};
constexpr Field filter{{"png.ihdr.filter_method", "Filter Method", 88, 8}, FieldType::uint8, {.names = filters}};
constexpr Field interlace{
    {"png.ihdr.interlace_method", "Interlace Method", 96, 8}, FieldType::uint8, {.names = interlaces}};
constexpr Field intent{{"png.srgb.intent", "Intent", 0, 8}, FieldType::uint8, {.names = intents}};
constexpr Field keyword{"png.text.keyword", "Keyword", FieldType::string};
constexpr Field string{"png.text.string", "String", FieldType::string};
constexpr Field year{{"png.time.year", "Year", 0, 16}, FieldType::uint16};
constexpr Field month{{"png.time.month", "Month", 16, 8}, FieldType::uint8};
constexpr Field day{{"png.time.day", "Day", 24, 8}, FieldType::uint8};
constexpr Field hour{{"png.time.hour", "Hour", 32, 8}, FieldType::uint8};
constexpr Field minute{{"png.time.minute", "Minute", 40, 8}, FieldType::uint8};
constexpr Field second{{"png.time.second", "Second", 48, 8}, FieldType::uint8};
constexpr Field horizontal{{"png.phys.horiz", "Horizontal pixels per unit", 0, 32}, FieldType::uint32};
constexpr Field vertical{{"png.phys.vert", "Vertical pixels per unit", 32, 32}, FieldType::uint32};
constexpr Field unit{{"png.phys.unit", "Unit", 64, 8}, FieldType::uint8, {.names = units}};
constexpr Field palette_index{{"png.bkgd.palette_index", "Palette Index", 0, 8}, FieldType::uint8};
constexpr Field greyscale{{"png.bkgd.greyscale", "Greyscale", 0, 16}, FieldType::uint16, {.show = Show::hex}};
constexpr Field red{{"png.bkgd.red", "Red", 0, 16}, FieldType::uint16, {.show = Show::hex}};
constexpr Field green{{"png.bkgd.green", "Green", 16, 16}, FieldType::uint16, {.show = Show::hex}};
constexpr Field blue{{"png.bkgd.blue", "Blue", 32, 16}, FieldType::uint16, {.show = Show::hex}};
constexpr Field white_x{{"png.chrm.white.x", "White X", 0, 32}, FieldType::real};
constexpr Field white_y{{"png.chrm.white.y", "White Y", 32, 32}, FieldType::real};
constexpr Field red_x{{"png.chrm.red.x", "Red X", 64, 32}, FieldType::real};
constexpr Field red_y{{"png.chrm.red.y", "Red Y", 96, 32}, FieldType::real};
constexpr Field green_x{{"png.chrm.green.x", "Green X", 128, 32}, FieldType::real};
constexpr Field green_y{{"png.chrm.green.y", "Green Y", 160, 32}, FieldType::real};
constexpr Field blue_x{{"png.chrm.blue.x", "Blue X", 192, 32}, FieldType::real};
constexpr Field blue_y{{"png.chrm.blue.y", "Blue Y", 224, 32}, FieldType::real};
constexpr Field gamma{{"png.gama.gamma", "Gamma", 0, 32}, FieldType::real};

constexpr Note too_large{
    {"png.chunk_too_large", "chunk size too large, dissection of this chunk is not supported", FieldType::none},
    Severity::warning,
    "Protocol"};

constexpr const Field* fields[] = {
    &signature,    &chunk_data, &chunk_type, &chunk_length, &chunk_crc,   &ancillary,   &is_private,
    &safe_to_copy, &width,      &height,     &bit_depth,    &colour_type, &compression, &filter,
    &interlace,    &intent,     &keyword,    &string,       &year,        &month,       &day,
    &hour,         &minute,     &second,     &horizontal,   &vertical,    &unit,        &palette_index,
    &greyscale,    &red,        &green,      &blue,         &white_x,     &white_y,     &red_x,
    &red_y,        &green_x,    &green_y,    &blue_x,       &blue_y,      &gamma,       &too_large.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::media_type, 0, "image/png"}};

}  // namespace

extern const ProtocolInfo png_protocol{
    {"png", "Portable Network Graphics", FieldType::protocol}, "PNG", dissect, bindings, fields};

namespace {

constexpr std::uint32_t shortest = 20;  // octets that Wireshark wants before it takes something for a picture

// Thousandths of a hundredth: what PNG's fixed-point numbers count (PNG §11.3.2).
void add_fixed(Packet& p, ItemId item, const Field& field, const Octets& chunk) {
  const auto offset = static_cast<std::uint32_t>(field.first_octet());
  const auto value = static_cast<double>(static_cast<float>(p.u32(chunk, offset)) / 100000.0F);
  p.add(item, field, chunk, offset, 4, std::bit_cast<std::uint64_t>(value));
}

void dissect_header(Packet& p, ItemId item, const Octets& chunk) {
  p.add(item, {&width, &height, &bit_depth, &colour_type, &compression, &filter, &interlace}, chunk);
}
void dissect_gamma(Packet& p, ItemId item, const Octets& chunk) { add_fixed(p, item, gamma, chunk); }
void dissect_intent(Packet& p, ItemId item, const Octets& chunk) { p.add(item, intent, chunk); }
void dissect_colours(Packet& p, ItemId item, const Octets& chunk) {
  for (const Field* field : {&white_x, &white_y, &red_x, &red_y, &green_x, &green_y, &blue_x, &blue_y}) {
    add_fixed(p, item, *field, chunk);
  }
}
void dissect_size(Packet& p, ItemId item, const Octets& chunk) { p.add(item, {&horizontal, &vertical, &unit}, chunk); }
void dissect_time(Packet& p, ItemId item, const Octets& chunk) {
  p.add(item, {&year, &month, &day, &hour, &minute, &second}, chunk);
}
void dissect_text(Packet& p, ItemId item, const Octets& chunk) {
  const std::size_t nul = characters(chunk.bytes()).find('\0');
  if (nul == std::string_view::npos) return;
  const auto name_length = static_cast<std::uint32_t>(nul);
  add_ascii(p, item, keyword, chunk, 0, name_length);
  add_ascii(p, item, string, chunk, name_length + 1, chunk.captured - name_length - 1);
}
void dissect_background(Packet& p, ItemId item, const Octets& chunk) {
  if (chunk.reported == 1) p.add(item, palette_index, chunk);
  if (chunk.reported == 2) p.add(item, greyscale, chunk);
  if (chunk.reported == 6) p.add(item, {&red, &green, &blue}, chunk);
}

struct Chunk {
  std::string_view type;
  std::string_view name;
  void (*dissect)(Packet& p, ItemId item, const Octets& chunk);
  std::uint32_t least = 0;  // octets that it reads
};
constexpr Chunk chunks[] = {{"IHDR", "Image Header", dissect_header, 13},
                            {"bKGD", "Background colour", dissect_background},
                            {"gAMA", "Image gamma", dissect_gamma, 4},
                            {"cHRM", "Primary chromaticities and white point", dissect_colours, 32},
                            {"PLTE", "Palette", nullptr},
                            {"IDAT", "Image data chunk", nullptr},
                            {"IEND", "Image Trailer", nullptr},
                            {"iTXt", "International textual data", nullptr},
                            {"tEXt", "Textual data", dissect_text},
                            {"tIME", "Image last-modification time", dissect_time, 7},
                            {"tRNS", "Transparency", nullptr},
                            {"pHYs", "Physical pixel dimensions", dissect_size, 9},
                            {"sRGB", "Standard RGB colour space", dissect_intent, 1}};

std::uint32_t dissect(Packet& p, const Octets& in) {
  constexpr std::string_view magic{"\x89PNG\r\n\x1a\n"};
  if (in.captured < shortest || !characters(in.bytes()).starts_with(magic)) return 0;
  const InFull in_full{p};
  p.append_info(" ", "(PNG)");
  const ItemId layer = p.add_layer(png_protocol, in, 0, in.captured);
  p.add(layer, signature, in);
  std::uint32_t offset = 8;
  while (offset < in.reported && !p.stopped()) {
    const std::uint32_t length = p.u32(in, offset);
    const Bytes type_octets = p.octets(in, offset + 4, 4);
    if (p.stopped()) break;
    const bool fits = length <= 0x7fffffff;
    if (fits || p.wants_items()) p.need(in, offset, 12 + (fits ? length : 0));
    const std::string_view type = characters(type_octets);
    const auto* const known =
        std::find_if(std::begin(chunks), std::end(chunks), [type](const Chunk& chunk) { return chunk.type == type; });
    const bool is_known = known != std::end(chunks);
    if (p.wants_items()) {
      const ItemId item = p.add_text(layer, in, offset, 12 + (fits ? length : 0),
                                     p.text("{} ({})", is_known ? known->name : "unknown", ascii_value(p, type)));
      p.add(item, chunk_length, in, offset, 4);
      add_ascii(p, item, chunk_type, in, offset + 4, 4);
      p.add(item, {&ancillary, &is_private, &safe_to_copy}, in.from(offset + 4));
      if (!fits) {
        p.note(item, too_large);
        break;
      }
      const Octets chunk = in.part(offset + 8, length);
      if (is_known && known->dissect != nullptr) {
        known->dissect(p, item, chunk);
      } else if (length > 0) {
        p.add(item, chunk_data, in, offset + 8, length);
      }
      p.add(item, chunk_crc, in, offset + 8 + length, 4);
    }
    if (!fits) break;
    if (is_known) p.need(in.part(offset + 8, length), 0, known->least);
    offset += 12 + length;
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
