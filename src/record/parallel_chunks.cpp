#include "record/parallel_chunks.hpp"

#include "driftwell/core/error.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <zlib.h>

namespace driftwell::record {

namespace {

using Bytes = std::vector<unsigned char>;

/// Chunks handed out at once: bounds the memory of what is compressed but not yet written.
constexpr hsize_t batch = 16;

/// Bytes that all come about equally often: zlib would search them for repetitions in vain, at a tenth of the speed of a copy.
bool looks_random(const unsigned char* bytes, std::size_t n) {
  if (n < 1024) {
    return false;
  }
  std::array<std::uint32_t, 256> count{};
  for (std::size_t k = 0; k < n; ++k) {
    ++count[bytes[k]];
  }
  double squares = 0; // n^2 / 256 + n on average where every byte is equally likely
  for (const std::uint32_t c : count) {
    squares += static_cast<double>(c) * c;
  }
  const double length = static_cast<double>(n);
  return squares < 1.1 * length * length / 256 + length;
}

/// Byte b of all values together (HDF5's shuffle filter), then one zlib stream: level 1, planes that look random stored as they
/// are. Empty where zlib fails.
Bytes filtered(const double* values, std::size_t n) {
  Bytes plane(n), packed(compressBound(n * sizeof(double)) + 1024);
  const auto* bytes = reinterpret_cast<const unsigned char*>(values);
  z_stream stream{};
  int level = 1;
  if (deflateInit(&stream, level) != Z_OK) {
    return {};
  }
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  bool good = true;
  for (std::size_t b = 0; b < sizeof(double) && good; ++b) {
    for (std::size_t k = 0; k < n; ++k) {
      plane[k] = bytes[k * sizeof(double) + b];
    }
    const int wanted = looks_random(plane.data(), n) ? 0 : 1;
    if (wanted != level) {
      good = deflateParams(&stream, wanted, Z_DEFAULT_STRATEGY) == Z_OK;
      level = wanted;
    }
    stream.next_in = plane.data();
    stream.avail_in = static_cast<uInt>(n);
    const bool last = b + 1 == sizeof(double);
    good = good && deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH) == (last ? Z_STREAM_END : Z_OK) && stream.avail_in == 0;
  }
  packed.resize(good ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

/// How a block divides into chunks along one axis; all other axes are spanned by every chunk.
struct Layers {
  std::size_t axis = 0;
  hsize_t extent = 0;         ///< of a chunk along the axis
  std::size_t slice = 1;      ///< values per unit of the axis
};

bool has_our_filters(hid_t creation) {
  if (H5Pget_nfilters(creation) != 2) {
    return false;
  }
  unsigned flags = 0, config = 0;
  std::size_t none = 0;
  return H5Pget_filter2(creation, 0, &flags, &none, nullptr, 0, nullptr, &config) == H5Z_FILTER_SHUFFLE &&
         H5Pget_filter2(creation, 1, &flags, &(none = 0), nullptr, 0, nullptr, &config) == H5Z_FILTER_DEFLATE;
}

/// The axis along which chunks follow each other, where the block is made of whole chunks (but for its end).
bool find_layers(const std::vector<hsize_t>& chunk, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count, Layers& layers) {
  std::size_t axis = 0;
  while (axis + 1 < count.size() && count[axis] == 1 && chunk[axis] == 1) {
    ++axis; // one frame of a growing dataset
  }
  layers = {axis, chunk[axis], 1};
  for (std::size_t a = axis + 1; a < count.size(); ++a) {
    if (start[a] != 0 || chunk[a] != count[a]) {
      return false;
    }
    layers.slice *= count[a];
  }
  return start[axis] % chunk[axis] == 0;
}

} // namespace

bool write_chunks(hid_t dataset, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count, const double* values,
                  const std::string& path) {
  const Handle creation(H5Dget_create_plist(dataset)), type(H5Dget_type(dataset));
  std::vector<hsize_t> chunk(count.size());
  if (count.empty() || H5Pget_layout(creation.get()) != H5D_CHUNKED || !has_our_filters(creation.get()) ||
      H5Tequal(type.get(), H5T_NATIVE_DOUBLE) <= 0 ||
      H5Pget_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()) != static_cast<int>(chunk.size())) {
    return false;
  }
  Layers layers;
  if (!find_layers(chunk, start, count, layers)) {
    return false;
  }
  const hsize_t rows = count[layers.axis], chunks = (rows + layers.extent - 1) / layers.extent;
  const std::size_t full = layers.extent * layers.slice;
  for (hsize_t first = 0; first < chunks; first += batch) {
    const hsize_t last = std::min(chunks, first + batch);
    std::vector<Bytes> packed(last - first);
#pragma omp parallel for schedule(dynamic) if (last - first > 1)
    for (hsize_t c = first; c < last; ++c) {
      const std::size_t inside = std::min(layers.extent, rows - c * layers.extent) * layers.slice;
      const double* from = values + c * full;
      std::vector<double> padded;
      if (inside < full) { // a chunk that sticks out is stored whole
        padded.assign(full, std::numeric_limits<double>::quiet_NaN());
        std::copy_n(from, inside, padded.data());
        from = padded.data();
      }
      packed[c - first] = filtered(from, full);
    }
    std::vector<hsize_t> offset = start;
    for (hsize_t c = first; c < last; ++c) {
      const Bytes& bytes = packed[c - first];
      offset[layers.axis] = start[layers.axis] + c * layers.extent;
      if (bytes.empty()) {
        throw IoError(fmt::format("{}: cannot compress a chunk: out of memory", path));
      }
      check(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset.data(), bytes.size(), bytes.data()), path, "write a chunk");
    }
  }
  return true;
}

} // namespace driftwell::record
