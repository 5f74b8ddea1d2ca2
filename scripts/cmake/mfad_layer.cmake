# mfad_layer(<name> SOURCES a.cpp … [USES layer …] [LIBS target …] [PCH asio|std])
#
# A layer is one static library, mfad_<name>, made of src/<name>/ and of the promises in include/mfad/<name>/.
# It links the layers it may use and nothing else; scripts/check_layers holds the #includes against the same table.
#
# USES is public (a layer's headers speak of the layers below); LIBS is private: third parties stay in .cpp files,
# but for Asio's coroutine types, which runtime/ hands on.
function(mfad_layer name)
  cmake_parse_arguments(L "" "PCH" "SOURCES;USES;LIBS;PUBLIC_LIBS" ${ARGN})
  set(target mfad_${name})
  add_library(${target} STATIC ${L_SOURCES})
  target_include_directories(${target}
    PUBLIC "${CMAKE_SOURCE_DIR}/include"
    PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  list(TRANSFORM L_USES PREPEND mfad_)
  target_link_libraries(${target} PUBLIC ${L_USES} ${L_PUBLIC_LIBS} PRIVATE ${L_LIBS})
  mfad_precompile(${target} "${L_PCH}")
endfunction()

# mfad_precompile(<target> asio|std): shares one of the two precompiled headers of the tree.
function(mfad_precompile target kind)
  if(kind)
    target_precompile_headers(${target} REUSE_FROM mfad_pch_${kind})
    target_link_libraries(${target} PRIVATE mfad_pch_libs)
  endif()
endfunction()
