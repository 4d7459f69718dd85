# encap_add_statistics(statistics)
#
# Adds every file of lib/src/<part>/kinds to the part and writes the table of what they define: `expert.cpp` defines
# `expert_statistics`. Adding a statistic is adding one file. The files of advice/ are what `advice` is made of.
function(encap_add_statistics part)
  set(folder "${CMAKE_CURRENT_SOURCE_DIR}/src/${part}")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/kinds/*.cpp")
  set(ENCAP_STATISTIC_DECLARATIONS "")
  set(ENCAP_STATISTIC_NAMES "")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    string(APPEND ENCAP_STATISTIC_DECLARATIONS "extern const std::span<const StatisticKind> ${name}_statistics;\n")
    string(APPEND ENCAP_STATISTIC_NAMES "${name}_statistics, ")
  endforeach()
  set(registry "${CMAKE_CURRENT_BINARY_DIR}/statistics_registry.cpp")
  configure_file("${folder}/registry.cpp.in" "${registry}" @ONLY)
  file(GLOB advice CONFIGURE_DEPENDS "${folder}/advice/*.cpp")
  target_sources(encap_${part} PRIVATE ${sources} ${advice} "${registry}")
endfunction()
