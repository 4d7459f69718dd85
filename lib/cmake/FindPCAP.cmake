# Finds libpcap, or Npcap's SDK on Windows (set PCAP_ROOT). Defines PCAP::PCAP.
find_path(PCAP_INCLUDE_DIR NAMES pcap/pcap.h PATH_SUFFIXES Include)
find_library(PCAP_LIBRARY NAMES pcap wpcap PATH_SUFFIXES x64)
mark_as_advanced(PCAP_INCLUDE_DIR PCAP_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PCAP REQUIRED_VARS PCAP_LIBRARY PCAP_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libpcap-dev, or Npcap's SDK on Windows")
if(PCAP_FOUND AND NOT TARGET PCAP::PCAP)
  add_library(PCAP::PCAP UNKNOWN IMPORTED)
  set_target_properties(PCAP::PCAP PROPERTIES
    IMPORTED_LOCATION "${PCAP_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${PCAP_INCLUDE_DIR}")
endif()
