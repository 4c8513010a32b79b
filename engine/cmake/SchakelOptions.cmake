# SPDX-License-Identifier: EUPL-1.2
# One place for flags: every target links sk_options.
add_library(sk_options INTERFACE)
target_compile_features(sk_options INTERFACE c_std_17)
target_compile_definitions(sk_options INTERFACE _GNU_SOURCE)
target_compile_options(sk_options INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
  -Wno-missing-field-initializers -fvisibility=hidden -fno-strict-aliasing
  # docs/matching.md 6: the same input gives the same answer on every machine.
  -ffp-contract=off -fno-fast-math)
target_include_directories(sk_options INTERFACE
  ${CMAKE_SOURCE_DIR}/engine ${CMAKE_SOURCE_DIR}/engine/include)

set(SK_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
if(SK_SANITIZE)
  target_compile_options(sk_options INTERFACE -fsanitize=${SK_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(sk_options INTERFACE -fsanitize=${SK_SANITIZE})
endif()
option(SK_DEBUG_CHECKS "Costly assertions" OFF)
if(SK_DEBUG_CHECKS)
  target_compile_definitions(sk_options INTERFACE SK_DEBUG)
endif()
option(SK_WERROR "Warnings are errors" OFF)
if(SK_WERROR)
  target_compile_options(sk_options INTERFACE -Werror)
endif()
option(SK_FUZZ "Build the fuzz targets for libFuzzer (clang)" OFF)
if(SK_FUZZ)
  target_compile_options(sk_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
set_property(GLOBAL PROPERTY USE_FOLDERS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
