// Group: dimensions and variables come into being.
#include "driftwell/core/error.hpp"
#include "record/attributes.hpp"
#include "record/chunking.hpp"
#include "record/group_impl.hpp"
#include "record/text.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <hdf5_hl.h>

namespace driftwell::record {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool is_time(std::string_view name) { return name == "time" || name.ends_with("_time"); }

/// The caller's attributes, then the ones the layout demands where the caller did not say.
void write_attributes(const Handle& dataset, std::string_view path, Attributes attributes, const Attributes& defaults) {
  for (const auto& [name, value] : defaults) {
    const auto same = [&wanted = name](const auto& given) { return given.first == wanted; };
    if (std::none_of(attributes.begin(), attributes.end(), same)) {
      attributes.emplace_back(name, value);
    }
  }
  for (const auto& [name, value] : attributes) {
    write_attribute(dataset.get(), path, name, value);
  }
}

Handle simple_space(const std::vector<std::size_t>& shape, bool growing, std::string_view path) {
  if (shape.empty()) {
    return checked(H5Screate(H5S_SCALAR), path, "make a scalar");
  }
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  std::vector<hsize_t> most = extent;
  if (growing) {
    most[0] = H5S_UNLIMITED;
  }
  return checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), most.data()), path, "make a shape");
}

} // namespace

Handle dataset_properties() {
  Handle creation = checked(H5Pcreate(H5P_DATASET_CREATE), "HDF5", "create dataset properties");
  H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return creation;
}

Handle double_properties(const std::vector<std::size_t>& frame, bool growing) {
  Handle creation = dataset_properties();
  H5Pset_fill_value(creation.get(), H5T_NATIVE_DOUBLE, &not_a_number);
  const bool empty = std::find(frame.begin(), frame.end(), 0U) != frame.end();
  if (growing || (!frame.empty() && !empty)) { // HDF5 has no chunks for scalars and empty arrays
    const auto shape = chunk_shape(frame, growing);
    const std::vector<hsize_t> chunk(shape.begin(), shape.end());
    H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
    // A chunk of several frames is rewritten as they come. Compressed it would move each time its size changes, under
    // the eyes of whoever reads the live file; as it is it stays where it is.
    if (!growing || chunk[0] == 1) {
      H5Pset_shuffle(creation.get());
      H5Pset_deflate(creation.get(), 1);
    }
  }
  return creation;
}

Handle Group::Impl::create_dataset(const std::string& name, hid_t type, hid_t space, hid_t creation) const {
  return checked(H5Dcreate2(group.get(), name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT), path,
                 fmt::format("create \"{}\"", name));
}

void Group::Impl::make_scale(const std::string& name, Handle dataset, std::size_t length, bool growing,
                             const std::string& title) {
  check(H5DSset_scale(dataset.get(), title.c_str()), path, fmt::format("make \"{}\" a dimension", name));
  dimensions[name] = Dimension{std::move(dataset), length, growing, {}};
  session->declarations_changed();
}

void Group::Impl::add_coordinate(const std::string& name, std::span<const double> values,
                                 const Attributes& attributes) {
  demand_new(name);
  const Handle space = simple_space({values.size()}, false, path), creation = dataset_properties();
  Handle dataset = create_dataset(name, H5T_IEEE_F64LE, space.get(), creation.get());
  if (!values.empty()) {
    check(H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path,
          fmt::format("write \"{}\"", name));
  }
  write_attributes(dataset, path, attributes, {{"units", "1"}});
  make_scale(name, std::move(dataset), values.size(), false, name);
}

Handle Group::Impl::write_texts(const std::string& name, const std::vector<std::string>& values) const {
  std::vector<std::string> texts(values.size());
  std::transform(values.begin(), values.end(), texts.begin(), [](const auto& text) { return readable_text(text); });
  std::vector<const char*> pointers(values.size());
  std::transform(texts.begin(), texts.end(), pointers.begin(), [](const auto& text) { return text.c_str(); });
  const Handle type = checked(H5Tcopy(H5T_C_S1), path, "make a string type");
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const Handle space = simple_space({values.size()}, false, path), creation = dataset_properties();
  Handle dataset = create_dataset(name, type.get(), space.get(), creation.get());
  if (!values.empty()) {
    check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), path,
          fmt::format("write \"{}\"", name));
  }
  return dataset;
}

void Group::Impl::add_labels(const std::string& name, const std::vector<std::string>& labels,
                             const Attributes& attributes) {
  demand_new(name);
  Handle dataset = write_texts(name, labels);
  write_attributes(dataset, path, attributes, {});
  make_scale(name, std::move(dataset), labels.size(), false, name);
}

void Group::Impl::add_bare_dimension(const std::string& name, std::size_t length) {
  demand_new(name);
  // A dataset that is never written takes no space; netCDF knows it by the words of its scale.
  const Handle space = simple_space({length}, false, path), creation = dataset_properties();
  Handle dataset = create_dataset(name, H5T_IEEE_F32BE, space.get(), creation.get());
  make_scale(name, std::move(dataset), length, false,
             fmt::format("This is a netCDF dimension but not a netCDF variable.{:10d}", length));
}

void Group::Impl::add_growing(const std::string& name, const Attributes& attributes) {
  demand_new(name);
  const Handle space = simple_space({0}, true, path), creation = double_properties({}, true);
  Handle dataset = create_dataset(name, H5T_IEEE_F64LE, space.get(), creation.get());
  write_attributes(dataset, path, attributes,
                   is_time(name) ? Attributes{{"units", "1"}, {"axis", "T"}} : Attributes{{"units", "1"}});
  make_scale(name, std::move(dataset), 0, true, name);
}

void Group::Impl::attach_scales(const Handle& dataset, const std::vector<std::string>& names) {
  for (std::size_t axis = 0; axis < names.size(); ++axis) {
    check(H5DSattach_scale(dataset.get(), dimension(names[axis]).scale.get(), static_cast<unsigned>(axis)), path,
          fmt::format("attach the dimension \"{}\"", names[axis]));
  }
}

void Group::Impl::add_variable(const std::string& name, const std::vector<std::string>& names,
                               const Attributes& attributes) {
  demand_new(name);
  Variable made;
  std::vector<std::size_t> shape;
  for (const auto& along : names) {
    const Dimension& known = dimension(along);
    if (known.growing && !shape.empty()) {
      throw IoError(fmt::format("{}: \"{}\" has the growing dimension \"{}\" not in front", path, name, along));
    }
    if (std::count(names.begin(), names.end(), along) > 1) {
      throw IoError(fmt::format("{}: \"{}\" has the dimension \"{}\" twice", path, name, along));
    }
    shape.push_back(known.length);
    if (known.growing) {
      made.growing = along;
    } else {
      made.frame.push_back(known.length);
    }
  }
  const bool growing = !made.growing.empty();
  const Handle space = simple_space(shape, growing, path), creation = double_properties(made.frame, growing);
  made.dataset = create_dataset(name, H5T_IEEE_F64LE, space.get(), creation.get());
  write_attributes(made.dataset, path, attributes, {{"units", "1"}, {"_FillValue", not_a_number}});
  attach_scales(made.dataset, names);
  if (growing) {
    dimension(made.growing).members.push_back(name);
  }
  variables.emplace(name, std::move(made));
  session->declarations_changed();
}

void Group::Impl::add_text(const std::string& name, const std::string& along, const std::vector<std::string>& values,
                           const Attributes& attributes) {
  demand_new(name);
  const Dimension& known = dimension(along);
  if (known.growing || known.length != values.size()) {
    throw IoError(fmt::format("{}: {} texts for \"{}\", whose dimension \"{}\" has {}", path, values.size(), name,
                              along, known.growing ? "no fixed length" : std::to_string(known.length)));
  }
  const Handle dataset = write_texts(name, values);
  write_attributes(dataset, path, attributes, {});
  attach_scales(dataset, {along});
  session->declarations_changed();
}

} // namespace driftwell::record
