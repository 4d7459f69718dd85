#include "capture/pcap_library.h"

#include <type_traits>

#ifdef __linux__
#include <dlfcn.h>
#endif

namespace encap {

#ifdef __linux__

Result<PcapLibrary, std::string> PcapLibrary::load(const char* file) {
  void* const loaded = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);  // and never closed
  if (loaded == nullptr) return unexpected(std::string{::dlerror()});
  PcapLibrary library;
  const char* missing = nullptr;
  const auto find = [&](const char* name, auto& function) {
    void* const found = ::dlsym(loaded, name);
    if (found == nullptr) missing = name;
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(found);
  };
#define ENCAP_FIND(name) find("pcap_" #name, library.name);
  ENCAP_PCAP_FUNCTIONS(ENCAP_FIND)
#undef ENCAP_FIND
  if (missing != nullptr) return unexpected(std::string{file} + ": it has no " + missing);
  return library;
}

const Result<PcapLibrary, std::string>& pcap_library() {
  // As Debian calls it, and as others do.
  static const auto library = []() -> Result<PcapLibrary, std::string> {
    const auto debian = PcapLibrary::load("libpcap.so.0.8");
    if (debian) return debian;
    const auto other = PcapLibrary::load("libpcap.so.1");
    if (other) return other;
    return unexpected("libpcap is needed for that (Debian: libpcap0.8): " + debian.error() + "; " + other.error());
  }();
  return library;
}

#else

Result<PcapLibrary, std::string> PcapLibrary::load(const char*) {
  PcapLibrary library;
#define ENCAP_FIND(name) library.name = &::pcap_##name;
  ENCAP_PCAP_FUNCTIONS(ENCAP_FIND)
#undef ENCAP_FIND
  return library;
}

const Result<PcapLibrary, std::string>& pcap_library() {
  static const Result<PcapLibrary, std::string> library = PcapLibrary::load("");
  return library;
}

#endif

}  // namespace encap
