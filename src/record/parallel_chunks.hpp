#pragma once
// Compressed chunks made by several threads: HDF5's own pipeline compresses one after the other, which took a quarter of
// the time of a large three-dimensional run. Internal to the room.
#include "record/hdf5_handle.hpp"

#include <string>
#include <vector>

namespace driftwell::record {

/// Writes the block `start` .. `start + count` of a dataset of doubles as whole chunks, shuffled and deflated as its
/// filters ask. False, and nothing done, where that cannot be: other filters or types, or a block that is not made of
/// layers of chunks across all but one axis. Throws IoError.
[[nodiscard]] bool write_chunks(hid_t dataset, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count,
                                const double* values, const std::string& path);

} // namespace driftwell::record
