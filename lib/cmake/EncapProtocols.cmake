# encap_add_protocols(dissect)
#
# Adds every file of lib/src/<part>/protocols to the part and writes the table of what they define: `tcp.cpp` defines
# `tcp_protocol`. Adding a protocol is adding one file.
function(encap_add_protocols part)
  set(folder "${CMAKE_CURRENT_SOURCE_DIR}/src/${part}")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/protocols/*.cpp")
  set(ENCAP_PROTOCOL_DECLARATIONS "")
  set(ENCAP_PROTOCOL_POINTERS "")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    string(APPEND ENCAP_PROTOCOL_DECLARATIONS "extern const ProtocolInfo ${name}_protocol;\n")
    string(APPEND ENCAP_PROTOCOL_POINTERS "&${name}_protocol, ")
  endforeach()
  set(registry "${CMAKE_CURRENT_BINARY_DIR}/registry.cpp")
  configure_file("${folder}/registry.cpp.in" "${registry}" @ONLY)
  target_sources(encap_${part} PRIVATE ${sources} "${registry}")
endfunction()
