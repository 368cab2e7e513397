# Compiler switches shared by every target, as one interface target that is not installed.
add_library(driftwell_options INTERFACE)
target_compile_features(driftwell_options INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# No -ffast-math: it removes the NaN checks. No contraction: every instruction set gives the same bits.
target_compile_options(driftwell_options INTERFACE
  -Wall -Wextra -Wpedantic
  # False alarms of GCC 12 in libstdc++ strings (bugs 105329 and 105651) and Eigen.
  -Wno-restrict -Wno-use-after-free -Wno-stringop-overflow -Wno-array-bounds
  -fno-math-errno -fno-trapping-math -ffp-contract=off)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(driftwell_options INTERFACE -O3)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A file needs 0.4 GB at most: with room for it before the compiler first cleans up, a build takes a tenth less time.
  target_compile_options(driftwell_options INTERFACE "SHELL:--param ggc-min-heapsize=500000")
endif()
if(DRIFTWELL_WERROR)
  target_compile_options(driftwell_options INTERFACE -Werror)
endif()
if(DRIFTWELL_ASAN)
  target_compile_options(driftwell_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(driftwell_options INTERFACE -fsanitize=address,undefined)
  # Function multiversioning resolves before the sanitizer's runtime starts.
  target_compile_definitions(driftwell_options INTERFACE DRIFTWELL_NO_MULTIVERSION)
endif()
