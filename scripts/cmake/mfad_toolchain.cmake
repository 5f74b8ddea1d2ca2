set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(MFAD_SANITIZE "" CACHE STRING "argument of -fsanitize=, empty for none")
option(MFAD_FUZZ "build the libFuzzer targets" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3") # asserts stay on: a broken invariant ends the process, not the truth

find_program(MFAD_CCACHE ccache)
if(MFAD_CCACHE)
  # PCH and ccache go together only with these settings (ccache manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${MFAD_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wnon-virtual-dtor
                    -Woverloaded-virtual -fstack-protector-strong -fPIE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)
  # g++ 12 takes Asio's own deallocation of a coroutine frame over 1 KiB for a foreign one, and sees an overrun in
  # std::string's own copy (gcc bugs 103993, 105329).
  add_compile_options(-Wno-mismatched-new-delete -Wno-array-bounds -Wno-restrict
                      -Wno-stringop-overread -Wno-stringop-overflow)
endif()
add_compile_definitions(
  _GLIBCXX_ASSERTIONS
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_SEPARATE_COMPILATION   # compiled once, in src/runtime/asio.cpp
  BOOST_ASIO_DISABLE_BOOST_COROUTINE
  # Coroutine frames by operator new, which glibc keeps at hand for each thread; aligned_alloc it does not. Some of them
  # are kept by Asio, for all that one request needs.
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC
  BOOST_ASIO_DISABLE_BOOST_ALIGN
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8
  BOOST_BEAST_SEPARATE_COMPILATION  # compiled once, in src/http/beast.cpp
  BOOST_BEAST_USE_STD_STRING_VIEW)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  add_compile_options(-fno-plt) # all is bound at the start (-z now), so calls need no stub
endif()
add_link_options(-pie -Wl,-z,relro,-z,now)

if(MFAD_SANITIZE)
  add_compile_options(-fsanitize=${MFAD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # The instrumentation hides from g++ what is initialized (its manual says so); the other presets are warned.
  add_compile_options(-Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${MFAD_SANITIZE})
  if(MFAD_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan) # Asio's fences, which order nothing that its locks do not order as well
  endif()
endif()
