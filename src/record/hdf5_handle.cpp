#include "record/hdf5_handle.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

namespace driftwell::record {

Handle::~Handle() {
  if (id_ >= 0 && H5Iis_valid(id_) > 0) {
    H5Idec_ref(id_);
  } // a STRONG file close may have taken it along
}

void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

namespace {

struct Cause {
  std::string innermost;
  std::string system; ///< the text between the quotes of "error message = '...'"
};

herr_t look_at_entry(unsigned, const H5E_error2_t* entry, void* data) {
  auto& cause = *static_cast<Cause*>(data);
  const std::string_view text = entry->desc != nullptr ? entry->desc : "";
  if (cause.innermost.empty()) {
    cause.innermost = text;
  }
  constexpr std::string_view mark = "error message = '";
  if (const auto start = text.find(mark); cause.system.empty() && start != text.npos) {
    const auto rest = text.substr(start + mark.size());
    cause.system = rest.substr(0, rest.find('\''));
  }
  return 0;
}

} // namespace

std::string hdf5_cause() {
  Cause cause;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, &look_at_entry, &cause); // upward: the innermost entry comes first
  H5Eclear2(H5E_DEFAULT);
  if (!cause.system.empty()) {
    return cause.system;
  }
  return cause.innermost.empty() ? "the HDF5 library gives no reason" : cause.innermost;
}

void throw_hdf5_error(std::string_view path, std::string_view what) {
  throw IoError(fmt::format("{}: cannot {}: {}", path, what, hdf5_cause()));
}

Handle checked(hid_t id, std::string_view path, std::string_view what) {
  if (id < 0) {
    throw_hdf5_error(path, what);
  }
  return Handle(id);
}

void check(herr_t status, std::string_view path, std::string_view what) {
  if (status < 0) {
    throw_hdf5_error(path, what);
  }
}

} // namespace driftwell::record
