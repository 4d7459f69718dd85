# The terminal client, the scenario and the load program. Included by CMakeLists.txt beside it.
add_executable(chat_client_tests chat_client_test.cpp)
target_link_libraries(chat_client_tests PRIVATE encap_test_support util $<BUILD_INTERFACE:encap_warnings>)
target_compile_definitions(chat_client_tests PRIVATE CHAT_PROGRAM="$<TARGET_FILE:chat>")
target_precompile_headers(chat_client_tests REUSE_FROM encap_test_headers)
add_dependencies(chat_client_tests chat)
gtest_discover_tests(chat_client_tests NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES LABELS chat TIMEOUT 120)

include("${PROJECT_SOURCE_DIR}/tests/bench/chat_load.cmake")

add_executable(chat_scenario_tests scenario_tie_test.cpp)
target_link_libraries(chat_scenario_tests PRIVATE chat_report encap::flow encap_test_support
                      $<BUILD_INTERFACE:encap_warnings>)
target_precompile_headers(chat_scenario_tests REUSE_FROM encap_test_headers)
gtest_discover_tests(chat_scenario_tests NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES LABELS chat)

if(TARGET encapsulate AND TARGET dissect)
  add_test(NAME chat.scenario COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/scenario.sh" "${PROJECT_SOURCE_DIR}"
           "${PROJECT_BINARY_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/work/scenario")
  set_tests_properties(chat.scenario PROPERTIES LABELS chat TIMEOUT 180 SKIP_RETURN_CODE 77)
endif()

set(in_own_network "${CMAKE_CURRENT_SOURCE_DIR}/in_own_network.sh")
add_test(NAME chat.load COMMAND "${in_own_network}" "$<TARGET_FILE:chat_load>" --server "$<TARGET_FILE:chat_server>"
         --clients 50 --seconds 2 --receipts)
add_test(NAME chat.load_kill COMMAND "${in_own_network}" "$<TARGET_FILE:chat_load>" --server "$<TARGET_FILE:chat_server>"
         --clients 50 --kill-after 2)
set_tests_properties(chat.load chat.load_kill PROPERTIES LABELS chat TIMEOUT 180 SKIP_RETURN_CODE 77)
