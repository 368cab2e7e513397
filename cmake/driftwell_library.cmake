# One shared library of all rooms but app. Shared, because a static one would let the linker drop the shelf
# files, which nothing calls by name: they register themselves in a catalogue when the library is loaded.
file(GLOB_RECURSE DRIFTWELL_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.cpp)
list(FILTER DRIFTWELL_SOURCES EXCLUDE REGEX "/src/app/")
add_library(driftwell SHARED ${DRIFTWELL_SOURCES})
add_library(driftwell::driftwell ALIAS driftwell)
target_compile_features(driftwell PUBLIC cxx_std_20)
target_include_directories(driftwell
  PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(driftwell PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_include_directories(driftwell SYSTEM PRIVATE ${SPECTRA_INCLUDE_DIR} ${NANOFLANN_INCLUDE_DIR} ${HDF5_INCLUDE_DIRS})
target_compile_definitions(driftwell PRIVATE ${HDF5_DEFINITIONS} TOML_HEADER_ONLY=1)
target_link_libraries(driftwell
  PUBLIC Eigen3::Eigen Boost::headers
  PRIVATE $<BUILD_INTERFACE:driftwell_options> $<BUILD_INTERFACE:driftwell_sparse> fmt::fmt
          nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX ZLIB::ZLIB ${HDF5_C_LIBRARIES} ${HDF5_C_HL_LIBRARIES})
set_target_properties(driftwell PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

target_precompile_headers(driftwell PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp)

# The library calls its own functions directly: looking all of them up by name took a third of the time of a short run.
target_link_options(driftwell PRIVATE -Wl,-Bsymbolic-functions)

# The normal variates are long chains of operations, several of them side by side: GCC mixes them well only with its early scheduler.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/noise_avx512.cpp ${PROJECT_SOURCE_DIR}/src/core/noise_avx2.cpp
    PROPERTIES COMPILE_OPTIONS "-fschedule-insns;-fsched-pressure" SKIP_PRECOMPILE_HEADERS ON)
endif()

# Fused multiplication and addition where it is written: the file sees to it that every processor gives the same bits.
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/core/multiply_strip.cpp PROPERTIES COMPILE_OPTIONS "-ffp-contract=fast" SKIP_PRECOMPILE_HEADERS ON)

# What the build was, for the provenance attributes of a result file.
set(DRIFTWELL_PROVENANCE ${PROJECT_BINARY_DIR}/generated/provenance_build.hpp)
add_custom_target(driftwell_provenance BYPRODUCTS ${DRIFTWELL_PROVENANCE}
  COMMAND ${CMAKE_COMMAND} -DOUT=${DRIFTWELL_PROVENANCE} -DSOURCE=${PROJECT_SOURCE_DIR}
          -DVERSION=${PROJECT_VERSION} -DBUILD_TYPE=${CMAKE_BUILD_TYPE}
          "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
          -P ${PROJECT_SOURCE_DIR}/cmake/write_provenance.cmake)
add_dependencies(driftwell driftwell_provenance)
target_include_directories(driftwell PRIVATE ${PROJECT_BINARY_DIR}/generated)
