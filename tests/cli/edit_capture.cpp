// edit_capture IN OUT WHAT FRAME [FRAME]: copies a capture with one thing wrong in it, for tests of what finds it. WHAT
// is change (the last octet of the packet is another one), remove, swap (with the second frame) or twice.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "encap/capture/capture_file_reader.h"
#include "encap/capture/open_capture_writer.h"
#include "support/edited_capture.h"

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  auto in = encap::CaptureFileReader::open(argv[1]);
  auto out = encap::open_capture_writer(argv[2]);
  if (!in || !out) return 3;
  encap::test::EditedCapture capture;
  for (;;) {
    const auto record = in->next();
    if (!record) return 3;
    if (*record == nullptr) break;
    capture.add(**record);
  }
  const std::string_view what = argv[3];
  const std::size_t frame = std::strtoul(argv[4], nullptr, 10);
  const std::size_t other = argc > 5 ? std::strtoul(argv[5], nullptr, 10) : frame;
  if (!capture.has(frame) || !capture.has(other)) return 2;
  if (what == "change") {
    capture.change(frame);
  } else if (what == "remove") {
    capture.remove(frame);
  } else if (what == "swap") {
    capture.swap(frame, other);
  } else if (what == "twice") {
    capture.twice(frame);
  } else {
    return 2;
  }
  encap::test::EditedSource source{capture};
  for (auto record = source.next(); record && *record != nullptr; record = source.next()) {
    if (!(*out)->write(**record)) return 3;
  }
  return (*out)->commit() ? 0 : 3;
}
