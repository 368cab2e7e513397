// Group: values go in.
#include "driftwell/core/error.hpp"
#include "record/chunking.hpp"
#include "record/group_impl.hpp"
#include "record/keep_bits.hpp"
#include "record/parallel_chunks.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

namespace driftwell::record {

namespace {

std::size_t product(const std::vector<std::size_t>& extents) {
  return std::accumulate(extents.begin(), extents.end(), std::size_t{1}, std::multiplies<>());
}

} // namespace

void Group::Impl::write_all(const std::string& name, std::span<const double> values) {
  const Variable& to = variable(name);
  if (!to.growing.empty()) {
    throw IoError(fmt::format("{}: \"{}\" grows along \"{}\" and is written frame by frame", path, name, to.growing));
  }
  if (values.size() != product(to.frame)) {
    throw IoError(fmt::format("{}: {} values for \"{}\", which has {}", path, values.size(), name, product(to.frame)));
  }
  write_block(to, values, 0);
}

void Group::Impl::write_frame(const std::string& name, std::size_t index, std::span<const double> frame) {
  const auto coordinate = dimensions.find(name);
  if (coordinate != dimensions.end() && coordinate->second.growing) {
    if (frame.size() != 1) {
      throw IoError(fmt::format("{}: {} values for one \"{}\"", path, frame.size(), name));
    }
    grow(coordinate->second, name, index + 1);
    const hsize_t start = index, count = 1;
    const Handle space(H5Dget_space(coordinate->second.scale.get())), memory(H5Screate_simple(1, &count, nullptr));
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr);
    check(H5Dwrite(coordinate->second.scale.get(), H5T_NATIVE_DOUBLE, memory.get(), space.get(), H5P_DEFAULT,
                   frame.data()),
          path, fmt::format("write \"{}\"", name)); // never rounded: it is a coordinate
    return;
  }
  const Variable& to = variable(name);
  if (to.growing.empty()) {
    throw IoError(fmt::format("{}: \"{}\" has no growing dimension and is written as a whole", path, name));
  }
  if (frame.size() != product(to.frame)) {
    throw IoError(
        fmt::format("{}: {} values for a frame of \"{}\", which has {}", path, frame.size(), name, product(to.frame)));
  }
  grow(dimension(to.growing), to.growing, index + 1);
  write_block(to, frame, index);
}

void Group::Impl::grow(Dimension& along, const std::string& name, std::size_t length) {
  if (length <= along.length) {
    return;
  }
  // All of them together, so that whoever looks in finds one length; what is not there yet reads as NaN.
  const auto extend = [&](hid_t dataset, const std::vector<std::size_t>& frame, const std::string& what) {
    std::vector<hsize_t> extent{length};
    extent.insert(extent.end(), frame.begin(), frame.end());
    check(H5Dset_extent(dataset, extent.data()), path, fmt::format("extend \"{}\"", what));
  };
  extend(along.scale.get(), {}, name);
  for (const auto& member : along.members) {
    extend(variable(member).dataset.get(), variable(member).frame, member);
  }
  along.length = length;
}

void Group::Impl::write_block(const Variable& to, std::span<const double> values, std::size_t frame_index) {
  if (values.empty()) {
    return;
  }
  std::vector<hsize_t> start(to.frame.size(), 0), count(to.frame.begin(), to.frame.end());
  const std::size_t first = to.growing.empty() ? 0 : 1;
  if (first == 1) {
    start.insert(start.begin(), frame_index);
    count.insert(count.begin(), 1);
  }
  if (!session->options().keep_bits) {
    return write_slab(to, start, count, values.data());
  }
  // Rounding takes a copy: of one layer of chunks at a time, since a frame may be larger than a GiB.
  const std::size_t rows = to.frame.empty() ? 1 : to.frame[0], row = values.size() / rows;
  const std::size_t layer = to.frame.empty() ? 1 : 16 * chunk_shape(to.frame, false)[0];
  std::vector<double> rounded;
  for (std::size_t from = 0; from < rows; from += layer) {
    const std::size_t n = std::min(layer, rows - from);
    const auto part = values.subspan(from * row, n * row);
    rounded.resize(part.size());
    std::transform(part.begin(), part.end(), rounded.begin(),
                   [bits = *session->options().keep_bits](double x) { return round_to_bits(x, bits); });
    if (!to.frame.empty()) {
      start[first] = from;
      count[first] = n;
    }
    write_slab(to, start, count, rounded.data());
  }
}

void Group::Impl::write_slab(const Variable& to, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count,
                             const double* values) const {
  if (write_chunks(to.dataset.get(), start, count, values, path)) {
    return;
  }
  const Handle space = checked(H5Dget_space(to.dataset.get()), path, "look at a shape");
  Handle memory;
  if (!count.empty()) {
    memory = checked(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), path, "make a shape");
    check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), path,
          "select a frame");
  }
  check(H5Dwrite(to.dataset.get(), H5T_NATIVE_DOUBLE, memory ? memory.get() : H5S_ALL, memory ? space.get() : H5S_ALL,
                 H5P_DEFAULT, values),
        path, "write a frame");
}

} // namespace driftwell::record
