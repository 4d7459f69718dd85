// libtins_craft TABLE PCAP: what one would write by hand for `encapsulate TABLE --mode segments --payload verbatim
// --link raw -w PCAP`, with fast-cpp-csv-parser and libtins: the same packets, octet for octet.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <libfccp/csv.h>
#include <pcap/dlt.h>
#include <tins/tins.h>

namespace {

Tins::Timestamp time_of(const char* text) {
  char* rest = nullptr;
  timeval time{};
  time.tv_sec = std::strtoll(text, &rest, 10);
  if (*rest == '.') time.tv_usec = std::strtol(rest + 1, nullptr, 10);  // six digits, as message_table writes
  return Tins::Timestamp{time};
}

void craft(const char* table, const char* capture) {
  io::CSVReader<5, io::trim_chars<>, io::double_quote_escape<',', '"'>> rows{table};
  rows.read_header(io::ignore_extra_column, "app_protocol", "src_port", "dst_port", "message", "timestamp");
  Tins::PacketWriter writer{capture, static_cast<Tins::PacketWriter::LinkType>(DLT_RAW)};
  const Tins::IPv4Address loopback{"127.0.0.1"};
  char* protocol = nullptr;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  char* message = nullptr;
  char* timestamp = nullptr;
  while (rows.read_row(protocol, source_port, destination_port, message, timestamp)) {
    Tins::IP packet = Tins::IP{loopback, loopback} / Tins::TCP{destination_port, source_port} / Tins::RawPDU{message};
    packet.ttl(64);
    packet.id(1);
    auto& tcp = packet.rfind_pdu<Tins::TCP>();
    tcp.flags(Tins::TCP::PSH | Tins::TCP::ACK);
    tcp.window(8192);
    Tins::Packet timed{&packet, time_of(timestamp), Tins::Packet::own_pdu{}};
    writer.write(timed);
    timed.release_pdu();
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: libtins_craft TABLE PCAP\n", stderr);
    return 2;
  }
  try {
    craft(arguments[1], arguments[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "libtins_craft: %s\n", error.what());
    return 1;
  }
}
