#pragma once
// How a variable is cut into chunks, the unit of compression and of reading. Internal to the record room.
#include <cstddef>
#include <vector>

namespace driftwell::record {

/// Chunk of a variable with these fixed extents; a growing axis is given as `growing` and comes first.
///  * one frame a chunk, so that a frame is written once and read without its neighbours;
///  * frames under 8 KiB: several a chunk (1024 for a scalar series), since each chunk costs an index entry;
///  * above 32 MiB: halved along the leading axes, because a chunk is compressed in memory as a whole and HDF5
///    allows 4 GiB at most.
std::vector<unsigned long long> chunk_shape(const std::vector<std::size_t>& fixed, bool growing);

} // namespace driftwell::record
