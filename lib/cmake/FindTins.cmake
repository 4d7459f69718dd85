# Finds libtins. Debian's package has no CMake config, and its .pc file names the folder <prefix>/include/tins, from
# which <tins/tins.h> cannot be found; so the header decides here. Defines Tins::Tins.
find_path(TINS_INCLUDE_DIR NAMES tins/tins.h)
find_library(TINS_LIBRARY NAMES tins)
mark_as_advanced(TINS_INCLUDE_DIR TINS_LIBRARY)
if(TINS_INCLUDE_DIR AND EXISTS "${TINS_INCLUDE_DIR}/tins/macros.h")
  file(STRINGS "${TINS_INCLUDE_DIR}/tins/config.h" _tins_major REGEX "define TINS_VERSION_MAJOR")
  file(STRINGS "${TINS_INCLUDE_DIR}/tins/config.h" _tins_minor REGEX "define TINS_VERSION_MINOR")
  string(REGEX MATCH "[0-9]+" _tins_major "${_tins_major}")
  string(REGEX MATCH "[0-9]+" _tins_minor "${_tins_minor}")
  if(NOT _tins_major STREQUAL "")
    set(Tins_VERSION "${_tins_major}.${_tins_minor}")
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Tins REQUIRED_VARS TINS_LIBRARY TINS_INCLUDE_DIR VERSION_VAR Tins_VERSION
  REASON_FAILURE_MESSAGE "install libtins-dev, or build with -DENCAP_WITH_TINS=OFF")
if(Tins_FOUND AND NOT TARGET Tins::Tins)
  find_package(PCAP REQUIRED)  # libtins' public headers include pcap.h
  add_library(Tins::Tins UNKNOWN IMPORTED)
  set_target_properties(Tins::Tins PROPERTIES
    IMPORTED_LOCATION "${TINS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${TINS_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES PCAP::PCAP)
endif()
