# encap_add_explain_page(trace)
#
# Puts the style sheet and the script of lib/src/<part>/page into the part as texts: the page that is written brings
# everything with it.
function(encap_add_explain_page part)
  set(folder "${CMAKE_CURRENT_SOURCE_DIR}/src/${part}/page")
  foreach(file IN ITEMS page.css page.js)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${folder}/${file}")
  endforeach()
  file(READ "${folder}/page.css" ENCAP_PAGE_STYLE)
  file(READ "${folder}/page.js" ENCAP_PAGE_SCRIPT)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/explain_page.cpp")
  configure_file("${folder}/page.cpp.in" "${source}" @ONLY)
  target_sources(encap_${part} PRIVATE "${source}")
endfunction()
