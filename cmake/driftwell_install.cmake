# cmake --install, and find_package(driftwell) for C++ users.
include(CMakePackageConfigHelpers)
install(TARGETS driftwell EXPORT driftwell_targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/driftwell DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS driftwell_app driftwell_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/driftwell/models FILES_MATCHING PATTERN "*.toml")
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/driftwell/data)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(EXPORT driftwell_targets NAMESPACE driftwell:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/driftwell)
configure_package_config_file(cmake/driftwellConfig.cmake.in ${PROJECT_BINARY_DIR}/driftwellConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/driftwell)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/driftwellConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/driftwellConfig.cmake ${PROJECT_BINARY_DIR}/driftwellConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/driftwell)
