# chat_load, for the tests of the chat and for figures; where the chat is built, once.
if(TARGET chat_process AND NOT TARGET chat_load)
  find_package(CLI11 REQUIRED)
  find_package(fmt REQUIRED)
  find_package(SQLite3 REQUIRED)
  add_executable(chat_load "${CMAKE_CURRENT_LIST_DIR}/chat_load.cpp")
  target_link_libraries(chat_load PRIVATE chat_process SQLite::SQLite3 CLI11::CLI11 fmt::fmt
                        $<BUILD_INTERFACE:encap_warnings>)
  add_dependencies(chat_load chat_server)
endif()
