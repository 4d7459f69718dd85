# The umbrella target encap::encap, and what an installed encap needs to be found: by CMake (encapConfig.cmake and the
# find modules it calls) and by pkg-config (encap.pc). Both find their files from where they lie themselves, so the
# installed tree can be moved.

get_property(parts GLOBAL PROPERTY ENCAP_PARTS)
add_library(encap INTERFACE)
add_library(encap::encap ALIAS encap)
list(TRANSFORM parts PREPEND encap_ OUTPUT_VARIABLE part_targets)
target_link_libraries(encap INTERFACE ${part_targets})

if(NOT ENCAP_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)

# Shared libraries and the commands find one another wherever the tree stands. A packager's own choice wins.
if(BUILD_SHARED_LIBS AND NOT DEFINED CMAKE_INSTALL_RPATH AND NOT APPLE)
  set_target_properties(${part_targets} PROPERTIES INSTALL_RPATH "$ORIGIN")
  file(RELATIVE_PATH from_bin_to_lib "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
  set(CMAKE_INSTALL_RPATH "$ORIGIN/${from_bin_to_lib}" PARENT_SCOPE)  # the commands are made in folders after this one
endif()

# CMake ------------------------------------------------------------------------------------------------------------
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/encap")
install(TARGETS encap EXPORT encapTargets)
install(EXPORT encapTargets NAMESPACE encap:: DESTINATION "${config_dir}")

set(find_modules "${CMAKE_CURRENT_LIST_DIR}/FindBrotli.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindPCAP.cmake"
                 "${CMAKE_CURRENT_LIST_DIR}/FindPCRE2.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindZstd.cmake")
set(ENCAP_NEEDS_CAPNG OFF)
set(ENCAP_NEEDS_PCAP ON)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(ENCAP_NEEDS_CAPNG ON)
  set(ENCAP_NEEDS_PCAP OFF)  # loaded where it is needed
  list(APPEND find_modules "${CMAKE_CURRENT_LIST_DIR}/FindCapNG.cmake")
endif()
set(ENCAP_NEEDS_TINS OFF)
if("interop" IN_LIST parts)
  set(ENCAP_NEEDS_TINS ON)
  list(APPEND find_modules "${CMAKE_CURRENT_LIST_DIR}/FindTins.cmake")
endif()
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/encapConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/encapConfig.cmake" INSTALL_DESTINATION "${config_dir}")
# Before 1.0 a minor version may break what the one before offered.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/encapConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/encapConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/encapConfigVersion.cmake"
              ${find_modules} DESTINATION "${config_dir}")

# pkg-config -------------------------------------------------------------------------------------------------------
# The linker looks for what a static library needs only behind it, so users come before what they use: parts are added
# in the order of their dependencies, and listed here the other way round.
set(part_libraries ${part_targets})
list(REVERSE part_libraries)
list(TRANSFORM part_libraries PREPEND "-l")
list(JOIN part_libraries " " part_libraries)

set(ENCAP_PC_LIBS "-L\${libdir} ${part_libraries}")
set(ENCAP_PC_CFLAGS "-I\${includedir}")
set(needed_packages "fmt, zlib, libzstd, libbrotlidec, libpcre2-8")
if(ENCAP_NEEDS_PCAP)
  string(APPEND needed_packages ", libpcap")
endif()
if(ENCAP_NEEDS_CAPNG)
  string(APPEND needed_packages ", libcap-ng")
endif()
set(needed_libraries ${CMAKE_DL_LIBS})
list(TRANSFORM needed_libraries PREPEND "-l")
if(ENCAP_NEEDS_TINS)
  list(APPEND needed_libraries "-ltins")  # Debian's libtins comes without a .pc file
endif()
list(JOIN needed_libraries " " needed_libraries)
get_target_property(expected_includes tl::expected INTERFACE_INCLUDE_DIRECTORIES)
foreach(directory IN LISTS expected_includes)
  if(NOT directory STREQUAL "/usr/include" AND IS_ABSOLUTE "${directory}")
    string(APPEND ENCAP_PC_CFLAGS " -I${directory}")  # our headers include <tl/expected.hpp>
  endif()
endforeach()
# A static library does not remember what it needs, so its users link that too, with or without --static.
if(BUILD_SHARED_LIBS)
  set(ENCAP_PC_REQUIRES "")
  set(ENCAP_PC_REQUIRES_PRIVATE "${needed_packages}")
  set(ENCAP_PC_LIBS_PRIVATE "${needed_libraries} ${CMAKE_THREAD_LIBS_INIT}")
else()
  set(ENCAP_PC_REQUIRES "${needed_packages}")
  set(ENCAP_PC_REQUIRES_PRIVATE "")
  string(APPEND ENCAP_PC_LIBS " ${needed_libraries} ${CMAKE_THREAD_LIBS_INIT}")
  set(ENCAP_PC_LIBS_PRIVATE "")
endif()
foreach(value ENCAP_PC_LIBS ENCAP_PC_LIBS_PRIVATE)
  string(STRIP "${${value}}" ${value})
endforeach()

set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(ENCAP_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
  set(ENCAP_PC_LIBDIR "${CMAKE_INSTALL_FULL_LIBDIR}")
  set(ENCAP_PC_INCLUDEDIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
else()
  file(RELATIVE_PATH up "/prefix/${pc_dir}" "/prefix")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(ENCAP_PC_PREFIX "\${pcfiledir}/${up}")
  set(ENCAP_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(ENCAP_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/encap.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/encap.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/encap.pc" DESTINATION "${pc_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
