# cmake -DSTEP=<step> -D... -P package_test.cmake: one step of the package tests.
#
#   install        installs a build tree and moves what came out of it
#   shared         builds shared libraries, installs those and moves them
#   find_package   builds and runs samples/write_capture.cpp against the moved tree, through CMake
#   pkg_config     the same with the compiler and pkg-config alone
#   subdirectory   the same with encap's sources as a folder of the project
#   versions       compares the version of project() with the command's and the .pc file's
#
# Every capture made must be the same, octet for octet.
cmake_minimum_required(VERSION 3.25)

# encap is compiled as the build tree was, so that a compiler cache knows it already.
string(TOUPPER "${BUILD_TYPE}" build_type)

set(staged "${WORK}/${KIND}/staged/deep/down")  # deeper than where it goes, so that no relative path survives by luck
set(prefix "${WORK}/${KIND}/moved")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " line)
    message(FATAL_ERROR "${line}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(configure_and_build source build)
  file(REMOVE_RECURSE "${build}")
  run("${CMAKE_COMMAND}" -S "${source}" -B "${build}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
      "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
      "-DCMAKE_CXX_FLAGS_${build_type}=${BUILD_TYPE_FLAGS}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
      "-DPROGRAM=${SOURCE}/samples/write_capture.cpp" ${ARGN})
  run("${CMAKE_COMMAND}" --build "${build}" --parallel 2)
endfunction()

function(move_tree)
  file(REMOVE_RECURSE "${prefix}")
  file(RENAME "${staged}" "${prefix}")
endfunction()

function(find_pc_file)
  file(GLOB_RECURSE files "${prefix}/*/encap.pc")
  list(LENGTH files count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "expected one encap.pc below ${prefix}, found: ${files}")
  endif()
  cmake_path(GET files PARENT_PATH folder)
  set(ENV{PKG_CONFIG_PATH} "${folder}")
endfunction()

function(pkg_config variable)
  execute_process(COMMAND "${PKG_CONFIG}" ${ARGN} encap RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE errors OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "pkg-config ${ARGN} encap: ${errors}")
  endif()
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()

# Runs a program that writes a capture and compares that with the one the build tree's sample writes.
function(run_and_compare program)
  set(capture "${WORK}/${KIND}.${STEP}.pcap")
  file(REMOVE "${capture}")
  run("${program}" "${capture}")
  run("${REFERENCE}" "${WORK}/reference.${KIND}.${STEP}.pcap")
  file(SHA256 "${capture}" made)
  file(SHA256 "${WORK}/reference.${KIND}.${STEP}.pcap" expected)
  file(SIZE "${capture}" size)
  if(NOT made STREQUAL expected OR size LESS 500)
    message(FATAL_ERROR "${program} wrote another capture (${size} octets) than ${REFERENCE}")
  endif()
endfunction()

if(STEP STREQUAL "install")
  file(REMOVE_RECURSE "${staged}")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${staged}")
  move_tree()
elseif(STEP STREQUAL "shared")
  file(REMOVE_RECURSE "${staged}")
  configure_and_build("${SOURCE}" "${WORK}/shared/build" -DBUILD_SHARED_LIBS=ON
                      "-DENCAP_WARNINGS_AS_ERRORS=${WARNINGS_AS_ERRORS}" -DENCAP_BUILD_TESTS=OFF
                      -DENCAP_BUILD_SAMPLES=OFF)
  run("${CMAKE_COMMAND}" --install "${WORK}/shared/build" --prefix "${staged}")
  move_tree()
  file(REMOVE_RECURSE "${WORK}/shared/build")
  file(GLOB_RECURSE archives "${prefix}/*.a")
  if(archives)
    message(FATAL_ERROR "static libraries among the shared ones: ${archives}")
  endif()
  run("${prefix}/bin/encapsulate" --version)  # finds its libraries where they were moved to
elseif(STEP STREQUAL "find_package")
  set(build "${WORK}/${KIND}/find_package")
  configure_and_build("${SOURCE}/tests/package/consumer" "${build}" "-DCMAKE_PREFIX_PATH=${prefix}"
                      "-DEXPECTED_VERSION=${VERSION}")
  run_and_compare("${build}/write_capture")
  run_and_compare("${build}/write_capture_with_all")
elseif(STEP STREQUAL "pkg_config")
  find_pc_file()
  pkg_config(options --cflags --libs)
  separate_arguments(options UNIX_COMMAND "${options}")
  separate_arguments(flags UNIX_COMMAND "${FLAGS}")
  get_filename_component(folder "$ENV{PKG_CONFIG_PATH}" DIRECTORY)
  set(program "${WORK}/${KIND}/write_capture")
  run("${COMPILER}" -std=c++20 ${flags} "${SOURCE}/samples/write_capture.cpp" -o "${program}" ${options}
      "-Wl,-rpath,${folder}")
  run_and_compare("${program}")
elseif(STEP STREQUAL "subdirectory")
  set(build "${WORK}/subdirectory")
  configure_and_build("${SOURCE}/tests/package/subdirectory" "${build}" "-DENCAP_SOURCE=${SOURCE}"
                      "-DENCAP_WARNINGS_AS_ERRORS=${WARNINGS_AS_ERRORS}")
  run_and_compare("${build}/write_capture")
elseif(STEP STREQUAL "versions")
  find_pc_file()
  pkg_config(modversion --modversion)
  if(NOT modversion STREQUAL VERSION)
    message(FATAL_ERROR "encap.pc says ${modversion}, project() ${VERSION}")
  endif()
  run("${prefix}/bin/encapsulate" --version)
  if(NOT output STREQUAL "encapsulate ${VERSION}\n")
    message(FATAL_ERROR "encapsulate --version says \"${output}\", project() ${VERSION}")
  endif()
  file(GLOB page "${prefix}/share/man/man1/encapsulate.1*")
  if(NOT page)
    message(FATAL_ERROR "the manual page was not installed")
  endif()
else()
  message(FATAL_ERROR "no step ${STEP}")
endif()
