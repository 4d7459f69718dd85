# Finds libcap-ng, which Linux programs drop privileges with. Defines CapNG::CapNG.
find_path(CapNG_INCLUDE_DIR NAMES cap-ng.h)
find_library(CapNG_LIBRARY NAMES cap-ng)
mark_as_advanced(CapNG_INCLUDE_DIR CapNG_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CapNG REQUIRED_VARS CapNG_LIBRARY CapNG_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libcap-ng-dev")
if(CapNG_FOUND AND NOT TARGET CapNG::CapNG)
  add_library(CapNG::CapNG UNKNOWN IMPORTED)
  set_target_properties(CapNG::CapNG PROPERTIES
    IMPORTED_LOCATION "${CapNG_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CapNG_INCLUDE_DIR}")
endif()
