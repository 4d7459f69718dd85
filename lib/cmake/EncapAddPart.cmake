# encap_add_part(capture DEPENDS base [LINK_PRIVATE PCAP::PCAP])
#
# One part is one target: encap_wire, alias encap::wire, with the headers of lib/include/encap/wire as a file set that
# is verified to compile header by header, and the sources of lib/src/wire.
function(encap_add_part name)
  cmake_parse_arguments(PART "" "" "DEPENDS;LINK_PRIVATE;LINK_PUBLIC" ${ARGN})
  set(target encap_${name})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/*.cpp")
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/encap/${name}/*.h")
  add_library(${target} ${sources})
  add_library(encap::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${CMAKE_CURRENT_SOURCE_DIR}/include" FILES ${headers})
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_compile_features(${target} PUBLIC cxx_std_20)
  list(TRANSFORM PART_DEPENDS PREPEND encap_)
  target_link_libraries(${target} PUBLIC ${PART_DEPENDS} ${PART_LINK_PUBLIC}
                        PRIVATE $<BUILD_INTERFACE:encap_warnings> ${PART_LINK_PRIVATE})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL}
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    POSITION_INDEPENDENT_CODE ON
    DEFINE_SYMBOL "")  # so static and shared libraries are compiled alike, and a compiler cache serves both
  if(ENCAP_PRECOMPILE_HEADERS AND name STREQUAL "base")
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <bit> <charconv> <cstring> <deque> <functional> <map>
                              <memory> <optional> <span> <string> <string_view> <unordered_map> <variant> <vector>
                              <tl/expected.hpp>)
  elseif(ENCAP_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} REUSE_FROM encap_base)
  endif()
  if(ENCAP_INSTALL)
    install(TARGETS ${target} EXPORT encapTargets FILE_SET HEADERS)
  endif()
  set_property(GLOBAL APPEND PROPERTY ENCAP_PARTS ${name})
endfunction()
