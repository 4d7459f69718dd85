# What tests of speed can tell without a clock: whether the programs that measure run, and how many instructions small
# jobs take. Label "bench".
set(bench "${CMAKE_CURRENT_LIST_DIR}")
if(NOT TARGET encapsulate OR NOT TARGET dissect OR WIN32 OR ENCAP_BUILD_FUZZERS)
  return()
endif()
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME bench.compare_runs COMMAND "${Python3_EXECUTABLE}" "${bench}/compare" "${PROJECT_BINARY_DIR}" --quick)
  set_tests_properties(bench.compare_runs PROPERTIES LABELS bench TIMEOUT 300)
endif()

# The counts that are recorded are those of one compiler with the options of one preset.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT BUILD_SHARED_LIBS AND
   CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_executable(checksum_job "${bench}/checksum_job.cpp")
  target_link_libraries(checksum_job PRIVATE encap::wire $<BUILD_INTERFACE:encap_warnings>)
  set_target_properties(checksum_job PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bench")
  add_test(NAME bench.instructions COMMAND "${bench}/instructions" "${PROJECT_BINARY_DIR}")
  set_tests_properties(bench.instructions PROPERTIES LABELS bench SKIP_RETURN_CODE 77 TIMEOUT 600 PROCESSORS 2)
endif()
