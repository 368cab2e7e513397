// The idx format of MNIST: a magic number, sizes, bytes; numbers with the high byte first.
#include "driftwell/sgd/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::sgd {

namespace {

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// Checks magic number and length; returns the sizes.
std::vector<std::size_t> sizes(const std::string& bytes, const std::string& file, std::uint32_t magic, std::size_t axes) {
  const std::size_t header = 4 + 4 * axes;
  if (bytes.size() < header) throw DataError(file, 0, fmt::format("the file is cut short: {} bytes; the header alone has {}", bytes.size(), header));
  if (word(bytes, 0) != magic)
    throw DataError(file, 0, fmt::format("wrong magic number 0x{:08x} at byte 0; allowed: 0x{:08x} ({} of unsigned bytes)", word(bytes, 0), magic,
                                         axes == 3 ? "images" : "labels"));
  std::vector<std::size_t> result;
  std::size_t content = 1;
  for (std::size_t a = 0; a < axes; ++a) {
    result.push_back(word(bytes, 4 + 4 * a));
    if (result[a] == 0 || result[a] > (std::size_t{1} << 31) / content) throw DataError(file, 0, fmt::format("size {} along axis {} makes no sense", result[a], a));
    content *= result[a];
  }
  if (bytes.size() < header + content)
    throw DataError(file, 0, fmt::format("the file is cut short: {} bytes after the header; its sizes ask for {}", bytes.size() - header, content));
  if (bytes.size() > header + content)
    throw DataError(file, 0, fmt::format("{} bytes too many after the {} that its sizes ask for", bytes.size() - header - content, content));
  return result;
}

} // namespace

Dataset read_idx(const std::string& images, const std::string& labels, const IdxOptions& options) {
  const std::string pixels = read_packed(images), classes = read_packed(labels);
  const std::vector<std::size_t> size = sizes(pixels, images, 0x803, 3), count = sizes(classes, labels, 0x801, 1);
  if (count[0] != size[0]) throw DataError(labels, 0, fmt::format("{} labels for the {} images of {}", count[0], size[0], images));
  const std::size_t pool = options.pool;
  if (pool == 0 || size[1] % pool != 0 || size[2] % pool != 0)
    throw DataError(images, 0, fmt::format("pool = {} does not divide images of {} x {} pixels", pool, size[1], size[2]));
  Dataset data;
  data.name = images;
  data.samples = options.rows == 0 ? size[0] : std::min(options.rows, size[0]);
  const std::size_t high = size[1] / pool, wide = size[2] / pool;
  data.features = high * wide;
  data.inputs.assign(data.samples * data.features, 0);
  const double factor = 1.0 / (255.0 * static_cast<double>(pool * pool));
  for (std::size_t i = 0; i < data.samples; ++i) {
    const char* image = pixels.data() + 16 + i * size[1] * size[2];
    std::vector<std::uint32_t> sum(data.features, 0);
    for (std::size_t r = 0; r < size[1]; ++r)
      for (std::size_t c = 0; c < size[2]; ++c) sum[r / pool * wide + c / pool] += static_cast<unsigned char>(image[r * size[2] + c]);
    for (std::size_t j = 0; j < data.features; ++j) data.inputs[i * data.features + j] = factor * sum[j];
    data.targets.push_back(static_cast<unsigned char>(classes[8 + i]));
  }
  for (std::size_t r = 0; r < high; ++r)
    for (std::size_t c = 0; c < wide; ++c) data.feature_names.push_back(fmt::format("pixel_{}_{}", r, c));
  find_classes(data);
  if (data.classes == 0) throw DataError(labels, 0, data.why_no_classes);
  return data;
}

} // namespace driftwell::sgd
