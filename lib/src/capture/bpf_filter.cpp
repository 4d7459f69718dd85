#include "encap/capture/bpf_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdio>

#include "capture/pcap_layout.h"
#include "capture/pcap_library.h"
#include "encap/base/byte_order.h"

namespace encap {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

using FileHeader = pcap::FileHeader;

struct Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_library()->freecode(&code); }

  bpf_program code{};
};

template <std::endian Order>
std::array<std::byte, FileHeader::length> file_header(LinkType link_type) noexcept {
  constexpr auto store32 = Order == std::endian::little ? store_le32 : store_be32;
  constexpr auto store16 = Order == std::endian::little ? store_le16 : store_be16;
  std::array<std::byte, FileHeader::length> header{};
  store32(header, FileHeader::magic, FileHeader::microsecond_magic);
  store16(header, FileHeader::major_version, 2);
  store16(header, FileHeader::minor_version, 4);
  store32(header, FileHeader::snap_length, 262'144);  // 0 would let no packet pass
  store32(header, FileHeader::link_type, static_cast<std::uint32_t>(link_type));
  return header;
}

// Compiles for a capture file of this header and no packets. libpcap gives each link type of files its number of
// filters so, and filters BSD loopback by the byte order of the file and the address families of every system.
Result<void, std::string> compile_for(std::array<std::byte, FileHeader::length> header, const std::string& text,
                                      Program& program) {
  const PcapLibrary& pcap = *pcap_library();
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  std::unique_ptr<std::FILE, CloseFile> file{::fmemopen(header.data(), header.size(), "r")};
  if (file == nullptr) return unexpected(std::string{"out of memory"});
  const PcapHandle capture{pcap.fopen_offline(file.get(), error.data())};
  if (capture == nullptr) return unexpected(std::string{error.data()});
  static_cast<void>(file.release());  // goes with the capture
  constexpr int optimised = 1;
  if (pcap.compile(capture.get(), &program.code, text.c_str(), optimised, PCAP_NETMASK_UNKNOWN) != 0) {
    return unexpected(std::string{pcap.geterr(capture.get())});
  }
  return {};
}

}  // namespace

struct BpfFilter::Programs {
  decltype(PcapLibrary::offline_filter) matches = pcap_library()->offline_filter;
  Program of_file;     // of a little-endian file, which is all there is to know for most link types
  Program big_endian;  // BSD loopback: for packets whose address family is
};

Result<BpfFilter, std::string> BpfFilter::compile(const std::string& text, LinkType link_type) {
  const auto refused = [&text](const std::string& reason) { return unexpected("\"" + text + "\": " + reason); };
  if (text.find('\0') != std::string::npos) return refused("a filter holds no zero");
  if (const auto& pcap = pcap_library(); !pcap) return refused(pcap.error());
  auto programs = std::make_unique<Programs>();
  if (auto compiled = compile_for(file_header<std::endian::little>(link_type), text, programs->of_file); !compiled) {
    return refused(compiled.error());
  }
  if (link_type == LinkType::null) {
    if (auto compiled = compile_for(file_header<std::endian::big>(link_type), text, programs->big_endian); !compiled) {
      return refused(compiled.error());
    }
  }
  return BpfFilter{link_type, std::move(programs)};
}

BpfFilter::BpfFilter(LinkType link_type, std::unique_ptr<const Programs> programs) noexcept
    : link_type_{link_type}, programs_{std::move(programs)} {}
BpfFilter::BpfFilter(BpfFilter&&) noexcept = default;
BpfFilter& BpfFilter::operator=(BpfFilter&&) noexcept = default;
BpfFilter::~BpfFilter() = default;

bool BpfFilter::matches(const PacketRecord& record) const noexcept {
  assert(record.link_type == link_type_);
  // An address family is a small number: the high half is zero in the byte order that is right.
  const bool swapped = link_type_ == LinkType::null && record.bytes.size() >= 4 && load_le32(record.bytes, 0) > 0xffff;
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(record.bytes.size());
  header.len = std::max(record.original_length, header.caplen);
  return programs_->matches(swapped ? &programs_->big_endian.code : &programs_->of_file.code, &header,
                            reinterpret_cast<const u_char*>(record.bytes.data())) != 0;
}

Result<bool, std::string> CaptureFilter::matches(const PacketRecord& record) {
  const auto found = std::find_if(filters_.begin(), filters_.end(), [&record](const BpfFilter& filter) {
    return filter.link_type() == record.link_type;
  });
  if (found == filters_.end()) {
    auto compiled = BpfFilter::compile(text_, record.link_type);
    if (!compiled) return unexpected(std::move(compiled.error()));
    filters_.insert(filters_.begin(), std::move(*compiled));
  } else if (found != filters_.begin()) {
    std::iter_swap(filters_.begin(), found);
  }
  return filters_.front().matches(record);
}

}  // namespace encap
