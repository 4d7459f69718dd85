# Finds the header of fast-cpp-csv-parser: <libfccp/csv.h> where a distribution installs it, <csv.h> where upstream
# does. libcsv installs a csv.h too, so the header must hold the class we use.
#
# Defines fast-cpp-csv-parser::fast-cpp-csv-parser, with ENCAP_FCCP_HEADER as the header's name.
find_path(FCCP_DEBIAN_INCLUDE_DIR NAMES libfccp/csv.h)
find_path(FCCP_UPSTREAM_INCLUDE_DIR NAMES csv.h PATH_SUFFIXES fast-cpp-csv-parser)
mark_as_advanced(FCCP_DEBIAN_INCLUDE_DIR FCCP_UPSTREAM_INCLUDE_DIR)

set(_fccp_header "")
foreach(_candidate "${FCCP_DEBIAN_INCLUDE_DIR}|libfccp/csv.h" "${FCCP_UPSTREAM_INCLUDE_DIR}|csv.h")
  string(REPLACE "|" ";" _candidate "${_candidate}")
  list(GET _candidate 0 _dir)
  list(GET _candidate 1 _name)
  if(NOT _fccp_header AND _dir AND EXISTS "${_dir}/${_name}")
    file(STRINGS "${_dir}/${_name}" _found REGEX "class LineReader")
    if(_found)
      set(_fccp_header "${_name}")
      set(FCCP_INCLUDE_DIR "${_dir}")
    else()
      set(_fccp_wrong "${_dir}/${_name} belongs to another library (libcsv?)")
    endif()
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(fast-cpp-csv-parser REQUIRED_VARS FCCP_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "${_fccp_wrong} install libfccp-dev, or name the folder of csv.h in FCCP_UPSTREAM_INCLUDE_DIR")
if(fast-cpp-csv-parser_FOUND AND NOT TARGET fast-cpp-csv-parser::fast-cpp-csv-parser)
  find_package(Threads REQUIRED)  # csv.h reads ahead in a thread of its own
  add_library(fast-cpp-csv-parser::fast-cpp-csv-parser INTERFACE IMPORTED)
  set_target_properties(fast-cpp-csv-parser::fast-cpp-csv-parser PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${FCCP_INCLUDE_DIR}"
    INTERFACE_INCLUDE_DIRECTORIES "${FCCP_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS "ENCAP_FCCP_HEADER=<${_fccp_header}>"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
