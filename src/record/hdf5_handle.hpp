#pragma once
// HDF5 identifiers with owners, and HDF5's error stacks turned into sentences. Internal to the record room.
#ifndef H5_USE_110_API
#define H5_USE_110_API // the names of 1.10 also where a newer library is installed
#endif
#include <hdf5.h>

#include <string>
#include <string_view>
#include <utility>

namespace driftwell::record {

/// Owns one HDF5 identifier of any kind. The library counts references, so one decrement fits them all.
class Handle {
public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle();

  [[nodiscard]] hid_t get() const { return id_; }
  [[nodiscard]] hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }
  explicit operator bool() const { return id_ >= 0; }

private:
  hid_t id_ = H5I_INVALID_HID;
};

/// From here on HDF5 does not print its error stacks in this thread, nor a complaint when the process ends after it
/// met a damaged file. Called at the door of every public function, as the setting is per thread.
void silence_hdf5();

/// What the library's error stack says was the cause: the words of the operating system when there are some, else
/// the innermost entry. Clears the stack.
std::string hdf5_cause();

/// "PATH: cannot WHAT: CAUSE" as an IoError.
[[noreturn]] void throw_hdf5_error(std::string_view path, std::string_view what);

/// Passes a good identifier into an owner; throws IoError on a negative one.
Handle checked(hid_t id, std::string_view path, std::string_view what);
/// Throws IoError when an HDF5 call returned a negative status.
void check(herr_t status, std::string_view path, std::string_view what);

} // namespace driftwell::record
