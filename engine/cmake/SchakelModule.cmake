# SPDX-License-Identifier: EUPL-1.2

# sk_module(core SOURCES a.c b.c DEPENDS model calendar LIBRARIES PkgConfig::LUA)
# One folder of engine/ as the static library sk_<name>. DEPENDS are modules below it, LIBRARIES
# foreign ones that only this module may include.
function(sk_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(sk_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(sk_${name} PUBLIC sk_options)
  foreach(dep ${ARG_DEPENDS})
    target_link_libraries(sk_${name} PUBLIC sk_${dep})
  endforeach()
  target_link_libraries(sk_${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# For every test: suppressions for what happens inside NNG and RocksDB, which matter only to builds
# with sanitizers.
set(SK_TEST_ENVIRONMENT
  "TZ=UTC"
  "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp"
  "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
  "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")

# sk_unit_test(core arena LIBRARIES sk_core): tests/unit/core/test_arena.c as ctest unit.core.arena.
# LABELS adds labels to "unit".
function(sk_unit_test module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  set(target test_${module}_${name})
  add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/unit/${module}/test_${name}.c ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE sk_options ${ARG_LIBRARIES} cmocka)
  add_test(NAME unit.${module}.${name} COMMAND ${target})
  set_tests_properties(unit.${module}.${name} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 300
    ENVIRONMENT "${SK_TEST_ENVIRONMENT}")
endfunction()

# sk_fuzz_target(json LIBRARIES sk_codec): tests/fuzz/fuzz_json.c with corpus/json. With SK_FUZZ a
# libFuzzer program; always a replay of the corpus under ctest as fuzz.json.
function(sk_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
  target_link_libraries(fuzz_${name} PRIVATE sk_options ${ARG_LIBRARIES})
  if(SK_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} -runs=0 ${corpus})
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.c)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${corpus})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
