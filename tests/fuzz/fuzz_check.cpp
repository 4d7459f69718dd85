#include <algorithm>
#include <array>
#include <string>

#include "encap/base/byte_order.h"
#include "encap/flow/crafter.h"
#include "encap/trace/capture_check.h"
#include "support/edited_capture.h"
#include "support/fuzz.h"

// A small table from the first octets, the rest a capture in miniature: what was planned of it goes in too, changed as
// the octets say. Each row has its length, its way and its transport in one octet; a packet that is made is kept,
// left out, doubled or changed, or one of the input's own takes its place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  if (size < 3) return 0;
  Bytes in = test::input_bytes(data, size);
  const unsigned mode = load_u8(in, 0);
  const std::size_t rows = load_u8(in, 1) % 8 + 1;
  in = in.subspan(2);

  struct Sink final : PacketSink {
    CaptureCheck* check = nullptr;
    test::EditedCapture* capture = nullptr;
    Result<void, IoError> write(const PacketRecord& record) override {
      capture->add(record);
      return check->write(record);
    }
    Result<void, IoError> flush() override { return {}; }
  };
  CaptureCheck check{{.tolerance = Duration{1'000'000}, .most_octets = 1u << 20}};
  test::EditedCapture made;
  Sink sink;
  sink.check = &check;
  sink.capture = &made;
  CraftOptions options;
  options.origins = true;
  options.mode = (mode & 1) != 0 ? CraftOptions::Mode::segments : CraftOptions::Mode::session;
  options.payload = (mode & 2) != 0 ? CraftOptions::Payload::verbatim : CraftOptions::Payload::complete;
  Crafter crafter{options, sink};
  for (std::size_t i = 0; i < rows && !in.empty(); ++i) {
    const unsigned how = load_u8(in, 0);
    in = in.subspan(1);
    const std::size_t length = std::min<std::size_t>(how % 32, in.size());
    std::string text{as_text(in.first(length))};
    if ((how & 0x80) != 0) text.resize(text.size() * 200, 'x');
    const bool back = (how & 0x40) != 0;
    const Endpoint ends[] = {{Ipv4Address{0x0a000001}, Port{50000}}, {Ipv4Address{0x0a000002}, Port{80}}};
    Message message;
    message.row = i + 1;
    message.line = i + 2;
    message.protocol = (how & 0x20) != 0 ? "UDP" : "HTTP";
    message.source = {"", ends[back ? 1 : 0].address, ends[back ? 1 : 0].port};
    message.destination = {"", ends[back ? 0 : 1].address, ends[back ? 0 : 1].port};
    message.payload = as_bytes(text);
    check.see(message);
    static_cast<void>(crafter.push(message));
    in = in.subspan(length);
  }
  static_cast<void>(crafter.finish());

  test::EditedCapture seen;
  for (test::EditedCapture::Packet& packet : made.packets()) {
    const unsigned what = in.empty() ? 0 : load_u8(in, 0);
    if (!in.empty()) in = in.subspan(1);
    PacketRecord record;
    record.timestamp = packet.time;
    record.link_type = packet.link_type;
    if ((what & 1) != 0 && !packet.octets.empty()) packet.octets[what % packet.octets.size()] ^= std::byte{0x11};
    record.bytes = packet.octets;
    if ((what & 2) != 0) record.bytes = record.bytes.first(record.bytes.size() / 2);
    if ((what & 4) == 0) seen.add(record);
    if ((what & 8) != 0) seen.add(record);
    if ((what & 16) != 0) {
      const std::size_t length = std::min<std::size_t>(what, in.size());
      record.bytes = in.first(length);
      record.link_type = LinkType::raw;
      seen.add(record);
      in = in.subspan(length);
    }
    if ((what & 32) != 0 && seen.packets().size() > 1) seen.swap(seen.packets().size(), seen.packets().size() - 1);
  }
  test::EditedSource source{seen};
  const auto report = check.compare(source);
  if (!report) return 0;
  ENCAP_FUZZ_CHECK(report->found <= report->rows.size());
  ENCAP_FUZZ_CHECK(report->packets == seen.packets().size());
  if (report->passed()) ENCAP_FUZZ_CHECK(report->found == report->rows.size());
  std::string text;
  append_text(text, *report);
  append_json(text, *report);
  test::touch(as_bytes(text));
  return 0;
}
