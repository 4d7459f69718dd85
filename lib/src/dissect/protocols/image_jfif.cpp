#include "dissect/text.h"

namespace encap {
namespace {

// ITU-T T.81 Table B.1.
constexpr ValueName markers[] = {
    {0xff01, 0xff01, "Reserved - For temporary private use in arithmetic coding"},
    {0xffc0, 0xffc0, "Start of Frame (non-differential, Huffman coding) - Baseline DCT"},
    {0xffc1, 0xffc1, "Start of Frame (non-differential, Huffman coding) - Extended sequential DCT"},
    {0xffc2, 0xffc2, "Start of Frame (non-differential, Huffman coding) - Progressive DCT"},
    {0xffc3, 0xffc3, "Start of Frame (non-differential, Huffman coding) - Lossless (sequential)"},
    {0xffc4, 0xffc4, "Define Huffman table(s)"},
    {0xffc5, 0xffc5, "Start of Frame (differential, Huffman coding) - Differential sequential DCT"},
    {0xffc6, 0xffc6, "Start of Frame (differential, Huffman coding) - Differential progressive DCT"},
    {0xffc7, 0xffc7, "Start of Frame (differential, Huffman coding) - Differential lossless (sequential)"},
    {0xffc8, 0xffc8, "Start of Frame (non-differential, arithmetic coding) - Reserved for JPEG extensions"},
    {0xffc9, 0xffc9, "Start of Frame (non-differential, arithmetic coding) - Extended sequential DCT"},
    {0xffca, 0xffca, "Start of Frame (non-differential, arithmetic coding) - Progressive DCT"},
    {0xffcb, 0xffcb, "Start of Frame (non-differential, arithmetic coding) - Lossless (sequential)"},
    {0xffcc, 0xffcc, "Define arithmetic coding conditioning(s)"},
    {0xffcd, 0xffcd, "Start of Frame (differential, arithmetic coding) - Differential sequential DCT"},
    {0xffce, 0xffce, "Start of Frame (differential, arithmetic coding) - Differential progressive DCT"},
    {0xffcf, 0xffcf, "Start of Frame (differential, arithmetic coding) - Differential lossless (sequential)"},
    {0xffd0, 0xffd0, "Restart interval termination - Restart with modulo 8 count 0"},
    {0xffd1, 0xffd1, "Restart interval termination - Restart with modulo 8 count 1"},
    {0xffd2, 0xffd2, "Restart interval termination - Restart with modulo 8 count 2"},
    {0xffd3, 0xffd3, "Restart interval termination - Restart with modulo 8 count 3"},
    {0xffd4, 0xffd4, "Restart interval termination - Restart with modulo 8 count 4"},
    {0xffd5, 0xffd5, "Restart interval termination - Restart with modulo 8 count 5"},
    {0xffd6, 0xffd6, "Restart interval termination - Restart with modulo 8 count 6"},
    {0xffd7, 0xffd7, "Restart interval termination - Restart with modulo 8 count 7"},
    {0xffd8, 0xffd8, "Start of Image"},
    {0xffd9, 0xffd9, "End of Image"},
    {0xffda, 0xffda, "Start of Scan"},
    {0xffdb, 0xffdb, "Define quantization table(s)"},
    {0xffdc, 0xffdc, "Define number of lines"},
    {0xffdd, 0xffdd, "Define restart interval"},
    {0xffde, 0xffde, "Define hierarchical progression"},
    {0xffdf, 0xffdf, "Expand reference component(s)"},
    {0xffe0, 0xffe0, "Reserved for application segments - 0"},
    {0xffe1, 0xffe1, "Reserved for application segments - 1"},
    {0xffe2, 0xffe2, "Reserved for application segments - 2"},
    {0xffe3, 0xffe3, "Reserved for application segments - 3"},
    {0xffe4, 0xffe4, "Reserved for application segments - 4"},
    {0xffe5, 0xffe5, "Reserved for application segments - 5"},
    {0xffe6, 0xffe6, "Reserved for application segments - 6"},
    {0xffe7, 0xffe7, "Reserved for application segments - 7"},
    {0xffe8, 0xffe8, "Reserved for application segments - 8"},
    {0xffe9, 0xffe9, "Reserved for application segments - 9"},
    {0xffea, 0xffea, "Reserved for application segments - 10"},
    {0xffeb, 0xffeb, "Reserved for application segments - 11"},
    {0xffec, 0xffec, "Reserved for application segments - 12"},
    {0xffed, 0xffed, "Reserved for application segments - 13"},
    {0xffee, 0xffee, "Reserved for application segments - 14"},
    {0xffef, 0xffef, "Reserved for application segments - 15"},
    {0xfff0, 0xfff0, "Reserved for JPEG extensions - 0"},
    {0xfff1, 0xfff1, "Reserved for JPEG extensions - 1"},
    {0xfff2, 0xfff2, "Reserved for JPEG extensions - 2"},
    {0xfff3, 0xfff3, "Reserved for JPEG extensions - 3"},
    {0xfff4, 0xfff4, "Reserved for JPEG extensions - 4"},
    {0xfff5, 0xfff5, "Reserved for JPEG extensions - 5"},
    {0xfff6, 0xfff6, "Reserved for JPEG extensions - 6"},
    {0xfff7, 0xfff7, "Reserved for JPEG extensions - 7"},
    {0xfff8, 0xfff8, "Reserved for JPEG extensions - 8"},
    {0xfff9, 0xfff9, "Reserved for JPEG extensions - 9"},
    {0xfffa, 0xfffa, "Reserved for JPEG extensions - 10"},
    {0xfffb, 0xfffb, "Reserved for JPEG extensions - 11"},
    {0xfffc, 0xfffc, "Reserved for JPEG extensions - 12"},
    {0xfffd, 0xfffd, "Reserved for JPEG extensions - 13"},
    {0xfffe, 0xfffe, "Comment"},
};
constexpr ValueName densities[] = {{0, 0, "No units; Xdensity and Ydensity specify the pixel aspect ratio"},
                                   {1, 1, "Dots per inch"},
                                   {2, 2, "Dots per centimeter"}};
constexpr ValueName extension_codes[] = {{0x10, 0x10, "Thumbnail encoded using JPEG"},
                                         {0x11, 0x11, "Thumbnail encoded using 1 byte (8 bits) per pixel"},
                                         {0x13, 0x13, "Thumbnail encoded using 3 bytes (24 bits) per pixel"}};

// Fields that stand at a fixed place are counted from the first octet of their marker.
constexpr Field marker{
    {"image-jfif.marker", "Marker", 0, 16}, FieldType::uint16, {.show = Show::hex, .names = markers}};
constexpr Field marker_segment{"image-jfif.marker_segment", "Marker segment", FieldType::none};
constexpr Field length{{"image-jfif.length", "Length", 16, 16}, FieldType::uint16};
constexpr Field identifier{"image-jfif.identifier", "Identifier", FieldType::string};
constexpr Field version{{"image-jfif.version", "Version", 72, 16}, FieldType::none};
constexpr Field version_major{{"image-jfif.version.major", "Major Version", 72, 8}, FieldType::uint8};
constexpr Field version_minor{{"image-jfif.version.minor", "Minor Version", 80, 8}, FieldType::uint8};
constexpr Field units{{"image-jfif.units", "Units", 88, 8}, FieldType::uint8, {.names = densities}};
constexpr Field x_density{{"image-jfif.Xdensity", "Xdensity", 96, 16}, FieldType::uint16};
constexpr Field y_density{{"image-jfif.Ydensity", "Ydensity", 112, 16}, FieldType::uint16};
constexpr Field x_thumbnail{{"image-jfif.Xthumbnail", "Xthumbnail", 128, 8}, FieldType::uint16};
constexpr Field y_thumbnail{{"image-jfif.Ythumbnail", "Ythumbnail", 136, 8}, FieldType::uint16};
constexpr Field rgb{"image-jfif.RGB", "RGB values of thumbnail pixels", FieldType::bytes};
constexpr Field extension_code{{"image-jfif.extension.code", "Extension code", 72, 8},
                               FieldType::uint8,
                               {.show = Show::hex, .names = extension_codes}};
constexpr Field sof{"image-jfif.sof", "Start of Frame header", FieldType::none};
constexpr Field precision{{"image-jfif.sof.precision", "Sample Precision (bits)", 32, 8}, FieldType::uint8};
constexpr Field lines{{"image-jfif.sof.lines", "Lines", 40, 16}, FieldType::uint16};
constexpr Field samples{{"image-jfif.sof.samples_per_line", "Samples per line", 56, 16}, FieldType::uint16};
constexpr Field frame_components{{"image-jfif.sof.nf", "Number of image components in frame", 72, 8}, FieldType::uint8};
constexpr Field component{{"image-jfif.sof.c_i", "Component identifier", 0, 8}, FieldType::uint8};
constexpr Field horizontal{{"image-jfif.sof.h_i", "Horizontal sampling factor", 8, 4}, FieldType::uint8};
constexpr Field vertical{{"image-jfif.sof.v_i", "Vertical sampling factor", 12, 4}, FieldType::uint8};
constexpr Field quantization{{"image-jfif.sof.tq_i", "Quantization table destination selector", 16, 8},
                             FieldType::uint8};
constexpr Field sos{"image-jfif.header.sos", "Start of Segment header", FieldType::none};
constexpr Field scan_components{{"image-jfif.sos.ns", "Number of image components in scan", 32, 8}, FieldType::uint8};
constexpr Field scan_component{{"image-jfif.sos.component_selector", "Scan component selector", 0, 8},
                               FieldType::uint8};
constexpr Field dc_selector{
    {"image-jfif.sos.dc_entropy_selector", "DC entropy coding table destination selector", 8, 4}, FieldType::uint8};
constexpr Field ac_selector{
    {"image-jfif.sos.ac_entropy_selector", "AC entropy coding table destination selector", 12, 4}, FieldType::uint8};
constexpr Field spectral_start{{"image-jfif.sos.ss", "Start of spectral or predictor selection", 0, 8},
                               FieldType::uint8};
constexpr Field spectral_end{{"image-jfif.sos.se", "End of spectral selection", 8, 8}, FieldType::uint8};
constexpr Field approximation_high{{"image-jfif.sos.ah", "Successive approximation bit position high", 16, 4},
                                   FieldType::uint8};
constexpr Field approximation_low{
    {"image-jfif.sos.al", "Successive approximation bit position low or point transform", 20, 4}, FieldType::uint8};
constexpr Field comment_header{"image-jfif.header.comment", "Comment header", FieldType::none};
constexpr Field comment{"image-jfif.comment", "Comment", FieldType::string};
constexpr Field remaining{"image-jfif.remain_seg_data", "Remaining segment data", FieldType::bytes};
constexpr Field endianness{"image-jfif.endianness", "Endianness", FieldType::uint16, {.show = Show::hex}};
constexpr Field directory_start{"image-jfif.start_ifd_offset",
                                "Start offset of IFD starting from the TIFF header start",
                                FieldType::uint32,
                                {.unit = " bytes"}};
constexpr Field flashpix{"image-jfif.exif_flashpix_marker", "Exif FlashPix APP2 application marker", FieldType::none};
constexpr Field entropy{"image-jfif.entropy_coded_segment", "Entropy-coded segment (dissection is not yet implemented)",
                        FieldType::bytes};
constexpr Field fill{"image-jfif.fill_bytes", "Fill bytes", FieldType::bytes};

constexpr Note not_jfif{
    {"image-jfif.app0-identifier-not-jfif", "Initial App0 segment with \"JFIF\" Identifier not found", FieldType::none},
    Severity::warning,
    "Protocol"};

constexpr Note bad_directory_start{
    {"image-jfif.start_ifd_offset.invalid", "Invalid value", FieldType::none}, Severity::warning, "Protocol"};

constexpr const Field* fields[] = {&endianness,
                                   &directory_start,
                                   &bad_directory_start.field,
                                   &marker,
                                   &marker_segment,
                                   &length,
                                   &identifier,
                                   &version,
                                   &version_major,
                                   &version_minor,
                                   &units,
                                   &x_density,
                                   &y_density,
                                   &x_thumbnail,
                                   &y_thumbnail,
                                   &rgb,
                                   &extension_code,
                                   &sof,
                                   &precision,
                                   &lines,
                                   &samples,
                                   &frame_components,
                                   &component,
                                   &horizontal,
                                   &vertical,
                                   &quantization,
                                   &sos,
                                   &scan_components,
                                   &scan_component,
                                   &dc_selector,
                                   &ac_selector,
                                   &spectral_start,
                                   &spectral_end,
                                   &approximation_high,
                                   &approximation_low,
                                   &comment_header,
                                   &comment,
                                   &remaining,
                                   &flashpix,
                                   &entropy,
                                   &fill,
                                   &not_jfif.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {
    {Table::media_type, 0, "image/jfif"}, {Table::media_type, 0, "image/jpeg"}, {Table::media_type, 0, "image/jpg"}};

}  // namespace

extern const ProtocolInfo image_jfif_protocol{{"image-jfif", "JPEG File Interchange Format", FieldType::protocol},
                                              "JFIF (JPEG) image",
                                              dissect,
                                              bindings,
                                              fields};

namespace {

constexpr std::uint32_t shortest_tiff_header = 8;
constexpr std::uint32_t shortest = 20;  // octets that Wireshark wants before it takes something for a picture

// Parameters of a segment, which starts with its marker and its length. `jfif_missing`: no JFIF segment came first.
using ReadSegment = void (*)(Packet& p, ItemId layer, ItemId item, const Octets& in, bool jfif_missing);

void show_rest(Packet& p, ItemId item, const Octets& in, std::uint32_t offset) {
  if (!p.need(in, offset, 1) || !p.wants_items()) return;
  p.set_text(p.add(item, remaining, in, offset, in.captured - offset),
             p.text("Remaining segment data: {} bytes", in.reported - offset));
}
void read_others(Packet& p, ItemId, ItemId item, const Octets& in, bool) { show_rest(p, item, in, 4); }

void read_comment(Packet& p, ItemId, ItemId item, const Octets& in, bool) {
  const std::uint32_t size = in.reported > 4 ? in.reported - 4 : 0;
  if (p.need(in, 4, size)) add_ascii(p, item, comment, in, 4, size);
}

// T.81 §B.2.2.
void read_frame_header(Packet& p, ItemId, ItemId item, const Octets& in, bool) {
  p.add(item, {&precision, &lines, &samples, &frame_components}, in);
  const std::uint32_t count = p.u8(in, 9);
  for (std::uint32_t i = 0; i < count && !p.stopped(); ++i) {
    p.add(item, {&component, &horizontal, &vertical, &quantization}, in.from(10 + 3 * i));
  }
}

// T.81 §B.2.3.
void read_scan_header(Packet& p, ItemId, ItemId item, const Octets& in, bool) {
  p.add(item, {&scan_components}, in);
  const std::uint32_t count = p.u8(in, 4);
  for (std::uint32_t i = 0; i < count && !p.stopped(); ++i) {
    p.add(item, {&scan_component, &dc_selector, &ac_selector}, in.from(5 + 2 * i));
  }
  p.add(item, {&spectral_start, &spectral_end, &approximation_high, &approximation_low}, in.from(5 + 2 * count));
}

// The zero-terminated name that says what an application segment is; `end` becomes where it ends, `named` its item.
std::string_view read_identifier(Packet& p, ItemId item, const Octets& in, std::uint32_t& end, ItemId& named) {
  const std::string_view name = until_nul(characters(in.bytes().subspan(std::min(4u, in.captured))));
  const auto size = static_cast<std::uint32_t>(name.size() + 1);
  if (!p.need(in, 4, size)) return {};
  named = p.add_string(item, identifier, in, 4, size, ascii_value(p, name), true);
  end = 4 + size;
  return name;
}

// JFIF 1.02, "JFIF APP0 marker segment" and "JFIF extension APP0 marker segment".
void read_app0(Packet& p, ItemId, ItemId item, const Octets& in, bool) {
  std::uint32_t end = 0;
  ItemId named = ItemId::none;
  const std::string_view name = read_identifier(p, item, in, end, named);
  if (p.stopped()) return;
  if (name == "JFXX") {
    p.add(item, {&extension_code}, in);
  } else if (name != "JFIF") {
    p.append_text(named, " (unknown identifier)");
    show_rest(p, item, in, end);
  } else {
    const unsigned major = p.u8(in, 9);
    const unsigned minor = p.u8(in, 10);
    if (p.wants_items()) {
      const ItemId both = p.add(item, version, in);
      p.set_text(both, p.text("Version: {}.{}", major, minor));
      p.add(both, {&version_major, &version_minor}, in);
    }
    p.add(item, {&units, &x_density, &y_density, &x_thumbnail, &y_thumbnail}, in);
    const std::uint32_t pixels = std::uint32_t{p.u8(in, 16)} * p.u8(in, 17);
    if (pixels != 0 && p.need(in, 18, 3 * pixels)) p.add(item, rgb, in, 18, 3 * pixels);
  }
}

constexpr std::uint32_t tiff_header = 10;  // where the header is in an Exif segment, behind a filling octet

// TIFF 6.0 §2, "Image File Header". Of the directory it leads to only the size is read.
void read_tiff_header(Packet& p, ItemId item, const Octets& in) {
  const std::uint16_t order = p.u16(in, 0);
  const bool little = order == 0x4949;
  const bool known = little || order == 0x4d4d;
  if (const ItemId shown = p.add(item, endianness, in, 0, 2); shown != ItemId::none) {
    p.set_text(shown, known ? p.text("Endianness: {} endian", little ? "little" : "big")
                            : p.text("Endianness: Incorrect encoding 0x{:x}- skipping the remainder of this "
                                     "application marker",
                                     order));
  }
  if (!known) return;
  if (!p.need(in, 4, 4)) return;
  const std::uint32_t directory = little ? load_le32(in.bytes(), 4) : load_be32(in.bytes(), 4);
  const ItemId start = p.add(item, directory_start, in, 4, 4, directory);
  if (directory < shortest_tiff_header) {
    if (start != ItemId::none) p.note(start, bad_directory_start, " (bogus, should be >= 8)");
    return;
  }
  const std::uint16_t swapped = p.u16(in, directory);
  const std::uint32_t count = little ? (swapped >> 8 | (swapped & 0xffu) << 8) : swapped;
  p.need(in, directory, 2 + 12 * count);
}

void read_app1(Packet& p, ItemId, ItemId item, const Octets& in, bool jfif_missing) {
  std::uint32_t end = 0;
  ItemId named = ItemId::none;
  const std::string_view name = read_identifier(p, item, in, end, named);
  if (p.stopped()) return;
  if (jfif_missing && name != "JFIF" && named != ItemId::none) p.note(named, not_jfif);
  if (name == "Exif") {
    read_tiff_header(p, item, in.from(tiff_header));
    return;
  }
  show_rest(p, item, in, end);
  p.append_text(named, " (Unknown identifier)");
}

void read_app2(Packet& p, ItemId layer, ItemId item, const Octets& in, bool) {
  std::uint32_t end = 0;
  ItemId named = ItemId::none;
  if (read_identifier(p, item, in, end, named) == "FPXR") {
    p.add(layer, flashpix, in, 0, in.captured);
    return;
  }
  show_rest(p, item, in, end);
  p.append_text(named, " (Unknown identifier)");
}

// Which markers a segment follows, what it is called, how it is read: the first line that fits (T.81 Table B.1).
struct Segment {
  std::uint16_t first;
  std::uint16_t last;
  const Field* header;
  ReadSegment read;  // null: the marker stands alone
};
constexpr Segment segments[] = {{0xff01, 0xff01, &marker, nullptr},
                                {0xffc4, 0xffc4, &marker_segment, read_others},
                                {0xffcc, 0xffcc, &marker_segment, read_others},
                                {0xffc0, 0xffcf, &sof, read_frame_header},
                                {0xffd0, 0xffd9, &marker, nullptr},
                                {0xffda, 0xffda, &sos, read_scan_header},
                                {0xffe0, 0xffe0, &marker_segment, read_app0},
                                {0xffe1, 0xffe1, &marker_segment, read_app1},
                                {0xffe2, 0xffe2, &marker_segment, read_app2},
                                {0xfffe, 0xfffe, &comment_header, read_comment},
                                {0xffdb, 0xfffd, &marker_segment, read_others}};

// Where the next marker is, or the end: an FF that no 00 follows (T.81 §B.1.1.5).
std::uint32_t find_marker(std::string_view text, std::size_t at) noexcept {
  for (at = text.find('\xff', at); at + 1 < text.size() && text[at + 1] == '\0';) at = text.find('\xff', at + 2);
  return static_cast<std::uint32_t>(std::min(at, text.size()));
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  using namespace std::string_view_literals;
  const std::string_view text = characters(in.bytes());
  if (in.captured < shortest || !text.starts_with("\xff\xd8"sv)) return 0;
  bool jfif_missing = text.substr(6).starts_with("Exif\0"sv);
  if (!jfif_missing && !text.substr(6).starts_with("JFIF\0"sv)) return 0;
  const InFull in_full{p};
  p.append_info(" ", "(JPEG JFIF image)");
  const ItemId layer = p.add_layer(image_jfif_protocol, in, 0, in.captured);
  for (std::uint32_t at = 0; !p.stopped();) {
    const std::uint32_t marked = find_marker(text, at);
    if (marked > at) p.add(layer, entropy, in, at, marked - at);
    if (marked >= in.reported) break;
    at = marked;
    while (p.u8(in, at + 1) == 0xff) ++at;
    if (at > marked) p.add(layer, fill, in, marked, at - marked);
    const std::uint16_t code = p.u16(in, at);
    if (p.stopped()) break;
    const std::string_view name = find_name(markers, code);
    if (name.empty()) {
      p.append_text(p.add(layer, marker, in.from(at)), " (Reserved)");
      break;
    }
    const auto* const segment = std::find_if(std::begin(segments), std::end(segments), [code](const Segment& each) {
      return each.first <= code && code <= each.last;
    });
    if (segment->read == nullptr) {
      p.add(layer, marker, in.from(at));
      at += 2;
      continue;
    }
    const std::uint32_t size = 2u + p.u16(in, at + 2);
    if (p.stopped()) break;
    const Octets there = in.part(at, size);
    ItemId item = ItemId::none;
    if (p.wants_items()) {
      item = p.add(layer, *segment->header, there, 0, there.captured);
      p.set_text(item, p.text("{}: {} (0x{:04X})", segment->header->label, name, code));
    }
    p.add(item, {&marker, &length}, there);
    // Wireshark reads the others only to show them.
    if (p.wants_items() || code == 0xffe1) segment->read(p, layer, item, there, jfif_missing);
    if (code == 0xffe1) jfif_missing = false;
    at += size;
    if (at > in.reported) p.stop(Stop::reported);
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
