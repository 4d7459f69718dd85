# The warnings of our own targets, and how they are compiled, as a target to link PRIVATE: consumers never see them.
add_library(encap_warnings INTERFACE)
target_compile_options(encap_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough>
  # g++ 12 sees uninitialised members in optionals that hold nothing, and overlaps where short strings are joined.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>
  $<$<CXX_COMPILER_ID:MSVC>:/W4 /permissive->
  $<$<BOOL:${ENCAP_WARNINGS_AS_ERRORS}>:$<IF:$<CXX_COMPILER_ID:MSVC>,/WX,-Werror>>)

# For x86 g++ clears and copies what has some hundred octets by `rep stos` and `rep movs`, which take longer to begin
# than most of what a packet needs takes in all. In pieces of 16 octets it is sooner done.
include(CheckCXXCompilerFlag)
set(in_pieces -mmemset-strategy=vector_loop:256:noalign,libcall:-1:noalign
              -mmemcpy-strategy=vector_loop:256:noalign,libcall:-1:noalign)
list(JOIN in_pieces " " in_pieces_flags)
check_cxx_compiler_flag("${in_pieces_flags}" ENCAP_COPIES_IN_PIECES)
if(ENCAP_COPIES_IN_PIECES)
  target_compile_options(encap_warnings INTERFACE ${in_pieces})
endif()
