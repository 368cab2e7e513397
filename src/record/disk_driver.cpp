#include "record/disk_driver.hpp"

#if __has_include(<H5FDdevelop.h>) // since 1.14 the interface of drivers is not in hdf5.h any more
#include <H5FDdevelop.h>
#endif

#include <algorithm>
#include <iterator>
#include <limits>

namespace driftwell::record {

namespace {

struct Settings {
  Disk* disk;
};

/// HDF5 knows an open file by this; the common part comes first, as the library demands.
struct DriverFile {
  H5FD_t common;
  Disk* disk;
};

Disk& disk_of(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file)->disk; }

H5FD_t* open_file(const char*, unsigned, hid_t access, haddr_t) {
  const auto* settings = static_cast<const Settings*>(H5Pget_driver_info(access));
  if (settings == nullptr || settings->disk == nullptr) {
    return nullptr;
  }
  return &(new DriverFile{{}, settings->disk})->common;
}

herr_t close_file(H5FD_t* file) { // the Disk itself stays open: its owner still has to fsync
  delete reinterpret_cast<DriverFile*>(file);
  return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t allocated(const H5FD_t* file, H5FD_mem_t) { return disk_of(file).allocated(); }

herr_t set_allocated(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  disk_of(file).set_allocated(end);
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return disk_of(file).end(); }

// Exceptions must not pass through C. The only one possible is bad_alloc, and HDF5 reports the failure.
herr_t read_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* buffer) try {
  disk_of(file).read(address, buffer, size);
  return 0;
} catch (...) {
  return -1;
}

herr_t write_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, const void* buffer) try {
  disk_of(file).write(address, buffer, size);
  return 0;
} catch (...) {
  return -1;
}

/// The length is set at the next commit; cutting now could cut committed bytes.
herr_t truncate_file(H5FD_t*, hid_t, hbool_t) { return 0; }

H5FD_class_t driver_class() {
  H5FD_class_t c{};
#ifdef H5FD_CLASS_VERSION
  c.version = H5FD_CLASS_VERSION;
  c.value = static_cast<H5FD_class_value_t>(H5_VFD_RESERVED + 100);
#endif
  c.name = "driftwell";
  c.maxaddr = static_cast<haddr_t>(std::numeric_limits<std::int64_t>::max());
  c.fc_degree = H5F_CLOSE_WEAK;
  c.fapl_size = sizeof(Settings);
  c.open = &open_file;
  c.close = &close_file;
  c.query = &query;
  c.get_eoa = &allocated;
  c.set_eoa = &set_allocated;
  c.get_eof = &end_of_file;
  c.read = &read_bytes;
  c.write = &write_bytes;
  c.truncate = &truncate_file;
  const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY; // data and metadata apart, as in HDF5's own driver
  std::copy(std::begin(map), std::end(map), std::begin(c.fl_map));
  return c;
}

} // namespace

Handle access_through(Disk& disk) {
  static const H5FD_class_t driver = driver_class();
  static const hid_t driver_id = H5FDregister(&driver);
  Handle access = checked(H5Pcreate(H5P_FILE_ACCESS), "HDF5", "create file access properties");
  const Settings settings{&disk};
  check(H5Pset_driver(access.get(), driver_id, &settings), "HDF5", "set the file driver");
  check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "HDF5", "set the close degree");
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access.get(), false, true);
#endif
  return access;
}

} // namespace driftwell::record
