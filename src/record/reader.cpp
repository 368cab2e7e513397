#include "driftwell/record/reader.hpp"

#include "driftwell/core/error.hpp"
#include "record/attributes.hpp"
#include "record/open_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <hdf5_hl.h>

namespace driftwell::record {

struct Reader::Impl {
  std::string path;
  Handle file;

  [[nodiscard]] Handle open_group(const std::string& name) const;
  [[nodiscard]] Handle open_dataset(const std::string& name) const;
};

namespace {

constexpr std::string_view bare_dimension = "This is a netCDF dimension but not a netCDF variable";

struct Link {
  std::string name;
  H5O_type_t type;
};

/// The objects in a group, in order of creation where that was tracked, else by name. Links that lead nowhere are
/// passed over.
std::vector<Link> links_of(hid_t group, std::string_view path) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
    try {
      static_cast<std::vector<std::string>*>(data)->emplace_back(name);
      return 0;
    } catch (...) {
      return -1;
    }
  };
  if (H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, collect, &names) < 0) {
    names.clear();
    check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), path, "list what is in it");
  }
  std::vector<Link> out;
  for (auto& name : names) {
    const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT));
    if (!object) {
      continue;
    }
    const H5I_type_t type = H5Iget_type(object.get());
    out.push_back({std::move(name), type == H5I_GROUP     ? H5O_TYPE_GROUP
                                    : type == H5I_DATASET ? H5O_TYPE_DATASET
                                                          : H5O_TYPE_UNKNOWN});
  }
  return out;
}

std::vector<std::size_t> shape_of(hid_t dataset, std::string_view path) {
  const Handle space = checked(H5Dget_space(dataset), path, "read the shape");
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || rank > H5S_MAX_RANK) {
    throw_hdf5_error(path, "read the shape");
  }
  std::array<hsize_t, H5S_MAX_RANK> extent{};
  check(H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr), path, "read the shape");
  return {extent.begin(), extent.begin() + rank};
}

/// Last component of the path of an object: the name of its dimension.
std::string own_name(hid_t object) {
  std::array<char, 1024> name{};
  const ssize_t length = H5Iget_name(object, name.data(), name.size());
  const std::string_view path(name.data(), length > 0 ? std::min<std::size_t>(length, name.size() - 1) : 0);
  return std::string(path.substr(path.rfind('/') + 1));
}

herr_t take_scale_name(hid_t, unsigned, hid_t scale, void* data) {
  try {
    *static_cast<std::string*>(data) = own_name(scale);
    return 1; // one scale an axis is enough
  } catch (...) {
    return -1;
  }
}

std::vector<std::string> dimensions_of(hid_t dataset, std::size_t rank) {
  std::vector<std::string> names(rank);
  if (rank == 1 && H5DSis_scale(dataset) > 0) {
    return {own_name(dataset)};
  }
  for (std::size_t axis = 0; axis < rank; ++axis) {
    H5DSiterate_scales(dataset, static_cast<unsigned>(axis), nullptr, &take_scale_name, &names[axis]);
  }
  return names;
}

/// Refuses what a damaged header claims before memory is asked for.
std::size_t elements(const std::vector<std::size_t>& shape, std::string_view path) {
  const auto memory = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / sizeof(double);
  std::size_t total = 1;
  for (const std::size_t extent : shape) {
    if (extent != 0 && total > memory / extent) {
      throw IoError(fmt::format("{}: has {} values, more than fit into memory", path, fmt::join(shape, " x ")));
    }
    total *= extent;
  }
  return total;
}

void require_numbers(hid_t dataset, std::string_view path) {
  const Handle type = checked(H5Dget_type(dataset), path, "read the type");
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) {
    throw IoError(fmt::format("{}: does not hold numbers", path));
  }
}

} // namespace

Handle Reader::Impl::open_group(const std::string& name) const {
  Handle object(H5Oopen(file.get(), name.empty() ? "/" : name.c_str(), H5P_DEFAULT));
  if (!object) {
    throw IoError(fmt::format("{}: there is no group \"{}\" in it", path, name));
  }
  if (H5Iget_type(object.get()) != H5I_GROUP) {
    throw IoError(fmt::format("{}: \"{}\" is not a group", path, name));
  }
  return object;
}

Handle Reader::Impl::open_dataset(const std::string& name) const {
  Handle object(H5Oopen(file.get(), name.c_str(), H5P_DEFAULT));
  if (!object) {
    throw IoError(fmt::format("{}: there is no \"{}\" in it", path, name));
  }
  if (H5Iget_type(object.get()) != H5I_DATASET) {
    throw IoError(fmt::format("{}: \"{}\" is not a variable but a group", path, name));
  }
  return object;
}

Reader::Reader(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  silence_hdf5();
  impl_->path = path.string();
  impl_->file = open_for_reading(path);
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;

std::vector<std::string> Reader::groups() const {
  silence_hdf5();
  const Handle root = impl_->open_group("/");
  std::vector<std::string> out;
  for (auto& link : links_of(root.get(), impl_->path)) {
    if (link.type == H5O_TYPE_GROUP) {
      out.push_back(std::move(link.name));
    }
  }
  return out;
}

Attributes Reader::attributes(const std::string& group) const {
  silence_hdf5();
  const Handle object(H5Oopen(impl_->file.get(), group.empty() ? "/" : group.c_str(), H5P_DEFAULT));
  if (!object) {
    throw IoError(fmt::format("{}: there is no \"{}\" in it", impl_->path, group));
  }
  return read_attributes(object.get(), impl_->path + ":" + group);
}

std::vector<VariableInfo> Reader::variables(const std::string& group) const {
  silence_hdf5();
  const Handle parent = impl_->open_group(group);
  std::vector<VariableInfo> out;
  for (auto& link : links_of(parent.get(), impl_->path)) {
    if (link.type != H5O_TYPE_DATASET) {
      continue;
    }
    const std::string path = fmt::format("{}:{}/{}", impl_->path, group, link.name);
    const Handle dataset = checked(H5Dopen2(parent.get(), link.name.c_str(), H5P_DEFAULT), path, "open it");
    const auto title = read_text_attribute(dataset.get(), "NAME");
    if (title && title->starts_with(bare_dimension)) {
      continue;
    }
    VariableInfo info;
    info.shape = shape_of(dataset.get(), path);
    info.dimensions = dimensions_of(dataset.get(), info.shape.size());
    info.attributes = read_attributes(dataset.get(), path);
    info.text = H5Tget_class(Handle(H5Dget_type(dataset.get())).get()) == H5T_STRING;
    info.name = std::move(link.name);
    out.push_back(std::move(info));
  }
  return out;
}

std::pair<std::vector<double>, std::vector<std::size_t>> Reader::read(const std::string& name) const {
  silence_hdf5();
  const std::string path = impl_->path + ":" + name;
  const Handle dataset = impl_->open_dataset(name);
  require_numbers(dataset.get(), path);
  auto shape = shape_of(dataset.get(), path);
  std::vector<double> values(elements(shape, path));
  if (!values.empty()) {
    check(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path, "read it");
  }
  return {std::move(values), std::move(shape)};
}

std::vector<std::size_t> Reader::shape(const std::string& name) const {
  silence_hdf5();
  const std::string path = impl_->path + ":" + name;
  const Handle dataset = impl_->open_dataset(name);
  require_numbers(dataset.get(), path);
  return shape_of(dataset.get(), path);
}

void Reader::read_rows(const std::string& name, std::size_t first, std::size_t count, double* out) const {
  silence_hdf5();
  const std::string path = impl_->path + ":" + name;
  const Handle dataset = impl_->open_dataset(name);
  require_numbers(dataset.get(), path);
  const auto shape = shape_of(dataset.get(), path);
  if (shape.empty() || first > shape[0] || count > shape[0] - first)
    throw IoError(fmt::format("{}: has no rows {} to {}", path, first, first + count));
  std::vector<hsize_t> start(shape.size(), 0), extent(shape.begin(), shape.end());
  start[0] = first;
  extent[0] = count;
  if (std::find(extent.begin(), extent.end(), hsize_t{0}) != extent.end()) return;
  const Handle space = checked(H5Dget_space(dataset.get()), path, "read the shape");
  check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr), path, "select rows of it");
  const Handle memory = checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), path, "select rows of it");
  check(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, memory.get(), space.get(), H5P_DEFAULT, out), path, "read it");
}

std::vector<std::string> Reader::read_text(const std::string& name) const {
  silence_hdf5();
  const std::string path = impl_->path + ":" + name;
  const Handle dataset = impl_->open_dataset(name);
  const Handle type = checked(H5Dget_type(dataset.get()), path, "read the type");
  if (H5Tget_class(type.get()) != H5T_STRING) {
    throw IoError(fmt::format("{}: does not hold text", path));
  }
  const std::size_t count = elements(shape_of(dataset.get(), path), path);
  return count == 0 ? std::vector<std::string>{} : read_texts(dataset.get(), type.get(), count, path);
}

} // namespace driftwell::record
