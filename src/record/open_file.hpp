#pragma once
// Opening a file that may be anything, and reading texts out of it. Internal to the record room.
#include "record/hdf5_handle.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace driftwell::record {

/// Opens without locks, so that a file being written opens too. Throws IoError: missing, a directory, no permission,
/// not HDF5, truncated, damaged.
Handle open_for_reading(const std::filesystem::path& path);

/// `count` strings of fixed or variable length.
std::vector<std::string> read_texts(hid_t dataset, hid_t type, std::size_t count, std::string_view path);

} // namespace driftwell::record
