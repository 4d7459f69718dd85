#pragma once

#include <memory>
#include <pcap/pcap.h>
#include <string>

#include "encap/base/result.h"

// What we call of libpcap, by the names behind "pcap_".
// clang-format off
#define ENCAP_PCAP_FUNCTIONS(each) \
  each(activate) each(close) each(compile) each(create) each(datalink) each(fileno) each(findalldevs) \
  each(fopen_offline) each(freealldevs) each(freecode) each(get_required_select_timeout) \
  each(get_selectable_fd) each(get_tstamp_precision) each(geterr) each(inject) each(next_ex) \
  each(offline_filter) each(set_buffer_size) each(set_immediate_mode) each(set_promisc) \
  each(set_snaplen) each(set_timeout) each(set_tstamp_precision) each(setfilter) each(setnonblock) \
  each(stats) each(statustostr)
// clang-format on

namespace encap {

/// libpcap's functions: `pcap.activate` is pcap_activate. On Linux it is loaded when it is needed first: to read and
/// write files needs none of it, and it brings seven libraries, which take a fifth of the time that a short run takes.
struct PcapLibrary {
#define ENCAP_DECLARE(name) decltype(&::pcap_##name) name = nullptr;
  ENCAP_PCAP_FUNCTIONS(ENCAP_DECLARE)
#undef ENCAP_DECLARE

  /// Those of the library of that file name. Error: why there is none.
  [[nodiscard]] static Result<PcapLibrary, std::string> load(const char* file);
};

/// Loads libpcap, or says why it cannot be. Lifetime: as long as the program. Threads: any.
[[nodiscard]] const Result<PcapLibrary, std::string>& pcap_library();

/// Closes a handle. Precondition: libpcap was loaded, as it was for whoever has a handle.
struct ClosePcap {
  void operator()(pcap_t* handle) const noexcept { pcap_library()->close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, ClosePcap>;

}  // namespace encap
