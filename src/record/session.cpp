#include "record/session.hpp"

#include "driftwell/core/error.hpp"
#include "record/disk_driver.hpp"

#include <fmt/format.h>

namespace driftwell::record {

namespace {

Handle create_file(const std::string& path, Disk& disk) {
  const Handle access = access_through(disk);
  const Handle creation = checked(H5Pcreate(H5P_FILE_CREATE), path, "create file properties");
  constexpr unsigned tracked = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; // netCDF appends only to such files
  H5Pset_link_creation_order(creation.get(), tracked);
  H5Pset_attr_creation_order(creation.get(), tracked);
  return checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), path, "create the HDF5 file");
}

} // namespace

Session::Session(const std::filesystem::path& part, const Options& options)
    : path_(part.string()), options_(options), disk_(part) {
  silence_hdf5();
  file_ = create_file(path_, disk_);
  flush();
}

Session::~Session() { abandon(); }

void Session::demand_open() const {
  if (!failure_.empty()) {
    throw IoError(failure_);
  }
  if (!is_open()) {
    throw IoError(fmt::format("{}: the result file is closed already", path_));
  }
}

void Session::give_up() {
  const char* rest = disk_.has_state() ? ". The file keeps what was written until the last flush and can be read"
                     : disk_.is_torn() ? ". The file was left in the middle of a flush and may be damaged"
                                       : "";
  failure_ = fmt::format("{}: cannot write: {}{}", path_, disk_.failure(), rest);
  abandon();
  throw IoError(failure_);
}

void Session::flush() {
  guarded([&] {
    check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), path_, "flush");
    disk_.commit();
  });
  declared_ = false;
  last_flush_ = std::chrono::steady_clock::now();
}

bool Session::flush_is_due() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - last_flush_;
  return passed.count() >= options_.flush_seconds;
}

void Session::flush_declarations() {
  if (declared_) {
    flush();
  }
}

void Session::close() {
  flush(); // a failure here still leaves the state of the flush before
  run([&] {
    check(H5Fclose(file_.release()), path_, "close");
    disk_.commit();
    disk_.synchronise();
    disk_.close();
  });
}

void Session::abandon() noexcept {
  silence_hdf5();
  if (file_) {
    H5Fclose(file_.release());
  } // not committed: the last flush is the state that counts
  disk_.close();
}

} // namespace driftwell::record
