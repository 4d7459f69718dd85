# The warnings of our own targets, as a target to link PRIVATE: consumers never see them.
add_library(encap_warnings INTERFACE)
target_compile_options(encap_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough>
  # g++ 12 sees uninitialised members in optionals that hold nothing, and overlaps where short strings are joined.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>
  $<$<CXX_COMPILER_ID:MSVC>:/W4 /permissive->
  $<$<BOOL:${ENCAP_WARNINGS_AS_ERRORS}>:$<IF:$<CXX_COMPILER_ID:MSVC>,/WX,-Werror>>)
