// Writes a capture of three chat messages: write_capture chat.pcap
#include <cstdio>

#include <encap/capture/pcap_file_writer.h>
#include <encap/flow/crafter.h>

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: write_capture FILE\n", stderr), 2;
  const auto fail = [](const auto& error) { return std::fprintf(stderr, "%s\n", to_string(error).c_str()), 1; };

  auto file = encap::PcapFileWriter::open(argv[1], {.link_type = encap::LinkType::null});
  if (!file) return fail(file.error());
  encap::Crafter crafter{encap::CraftOptions{}, *file};

  encap::Message message;
  message.protocol = "CHAT";
  message.source.name = "alice";
  message.destination.name = "server";
  for (const char* text : {"Hello!", "Is anybody there?", "Bye."}) {
    message.payload = encap::as_bytes(text);
    if (const auto pushed = crafter.push(message); !pushed) return fail(pushed.error());
  }
  if (const auto finished = crafter.finish(); !finished) return fail(finished.error());
  if (const auto kept = file->commit(); !kept) return fail(kept.error());
  std::printf("%llu packets\n", static_cast<unsigned long long>(file->packets()));
}
