# Finds the decoding half of brotli, which has no CMake config of its own. Defines Brotli::decoder.
find_path(BROTLI_INCLUDE_DIR NAMES brotli/decode.h)
find_library(BROTLI_DECODER_LIBRARY NAMES brotlidec brotlidec-static)
find_library(BROTLI_COMMON_LIBRARY NAMES brotlicommon brotlicommon-static)
mark_as_advanced(BROTLI_INCLUDE_DIR BROTLI_DECODER_LIBRARY BROTLI_COMMON_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Brotli REQUIRED_VARS BROTLI_DECODER_LIBRARY BROTLI_COMMON_LIBRARY BROTLI_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libbrotli-dev")
if(Brotli_FOUND AND NOT TARGET Brotli::decoder)
  add_library(Brotli::decoder UNKNOWN IMPORTED)
  set_target_properties(Brotli::decoder PROPERTIES
    IMPORTED_LOCATION "${BROTLI_DECODER_LIBRARY}"
    INTERFACE_LINK_LIBRARIES "${BROTLI_COMMON_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${BROTLI_INCLUDE_DIR}")
endif()
