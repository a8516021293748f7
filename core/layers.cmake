# The layers of the house plan, enforced at configure time.
#
#   postern_core_library(NAME base LAYER 1 SOURCES a.cpp b.cpp LINKS api EXTERNAL tl::expected)
#
# makes the static library postern_base (alias Postern::base). LINKS names other core libraries by their short
# name: each must have a lower layer number. EXTERNAL names imported targets; a Qt target is refused.

set(POSTERN_HIGHEST_FUZZ_LAYER 13)
set(POSTERN_CORE_ROOT "${CMAKE_CURRENT_LIST_DIR}")

add_library(postern_flags INTERFACE)
target_compile_options(postern_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=." -fno-strict-aliasing)
if(POSTERN_WERROR)
  target_compile_options(postern_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely at -O2 inside the standard library.
  target_compile_options(postern_flags INTERFACE -Wno-error=restrict -Wno-error=maybe-uninitialized
    -Wno-error=stringop-overflow -Wno-error=array-bounds -Wno-error=stringop-overread -Wno-error=dangling-pointer)
endif()

function(postern_core_library)
  cmake_parse_arguments(ARG "" "NAME;LAYER" "SOURCES;LINKS;EXTERNAL;PRIVATE_EXTERNAL" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "postern_core_library(${ARG_NAME}): not understood: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(target "postern_${ARG_NAME}")
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(Postern::${ARG_NAME} ALIAS ${target})
  set_property(GLOBAL PROPERTY POSTERN_LAYER_${ARG_NAME} "${ARG_LAYER}")
  foreach(link IN LISTS ARG_LINKS)
    get_property(layer GLOBAL PROPERTY POSTERN_LAYER_${link})
    if("${layer}" STREQUAL "")
      message(FATAL_ERROR "layers: ${ARG_NAME} links ${link}, which is not a core library of a lower layer")
    endif()
    if(NOT layer LESS ARG_LAYER)
      message(FATAL_ERROR "layers: ${ARG_NAME} (layer ${ARG_LAYER}) links ${link} (layer ${layer}): only lower layers may be linked")
    endif()
  endforeach()
  foreach(external IN LISTS ARG_EXTERNAL ARG_PRIVATE_EXTERNAL)
    if(external MATCHES "^Qt[0-9]*(::|_|$)")
      message(FATAL_ERROR "layers: ${ARG_NAME} links ${external}: nothing in core links Qt")
    endif()
  endforeach()
  list(TRANSFORM ARG_LINKS PREPEND postern_)
  target_link_libraries(${target} PUBLIC ${ARG_LINKS} ${ARG_EXTERNAL} PRIVATE postern_flags ${ARG_PRIVATE_EXTERNAL})
  if(ARG_LAYER GREATER 0)
    target_include_directories(${target} PUBLIC "${POSTERN_CORE_ROOT}")
  endif()
endfunction()
