#pragma once
// The open result file, shared by ResultFile and its groups. Internal to the record room.
#include "driftwell/record/result_file.hpp"
#include "record/disk.hpp"
#include "record/hdf5_handle.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

namespace driftwell::record {

class Session {
public:
  /// Creates the HDF5 file `part` and makes the empty file its first consistent state.
  Session(const std::filesystem::path& part, const Options& options);
  ~Session();

  [[nodiscard]] hid_t file() const { return file_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] bool is_open() const { return static_cast<bool>(file_); }

  /// Runs `work`, a series of HDF5 calls: no printing, an open file before, a disk that took everything after.
  template <class Work> auto guarded(Work&& work) {
    silence_hdf5();
    demand_open();
    if constexpr (std::is_void_v<decltype(work())>) {
      run([&] { work(); });
    } else {
      decltype(work()) result{};
      run([&] { result = work(); });
      return result;
    }
  }

  void flush();
  [[nodiscard]] bool flush_is_due() const;
  /// Set when something was declared: the next frame flushes first, so that an early kill leaves the declarations.
  void declarations_changed() { declared_ = true; }
  void flush_declarations();
  /// Closes the HDF5 file and waits until all of it is on the medium. Throws when it is not complete.
  void close();
  /// Closes whatever happens; the file keeps the state of its last flush.
  void abandon() noexcept;

private:
  template <class Work> void run(Work&& work) {
    try {
      work();
    } catch (...) {
      if (!disk_.failed()) {
        throw;
      } // the call was wrong, the file is not
    }
    if (disk_.failed()) {
      give_up();
    }
  }
  void demand_open() const;
  [[noreturn]] void give_up();

  std::string path_;
  Options options_;
  Disk disk_;
  Handle file_;
  std::string failure_; ///< why the file was given up
  bool declared_ = false;
  std::chrono::steady_clock::time_point last_flush_ = std::chrono::steady_clock::now();
};

} // namespace driftwell::record
