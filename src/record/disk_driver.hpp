#pragma once
// HDF5's virtual file driver on top of Disk. Internal to the record room.
#include "record/disk.hpp"
#include "record/hdf5_handle.hpp"

namespace driftwell::record {

/// A file access property list under which H5Fcreate writes into `disk`, which has to outlive the HDF5 file.
/// File locking is off (readers may look in) and closing the file closes every object in it.
Handle access_through(Disk& disk);

} // namespace driftwell::record
