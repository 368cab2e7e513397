#include "record/chunking.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace driftwell::record {

std::vector<unsigned long long> chunk_shape(const std::vector<std::size_t>& fixed, bool growing) {
  constexpr std::size_t least = 1024;                       // doubles: 8 KiB
  constexpr std::size_t most = std::size_t{512} << (10 - 3); // doubles: 512 KiB, so that a frame has chunks to share out
  std::vector<unsigned long long> chunk(fixed.begin(), fixed.end());
  for (auto& extent : chunk) {
    extent = std::max(extent, 1ULL);
  }
  const auto size = [&] { return std::accumulate(chunk.begin(), chunk.end(), 1ULL, std::multiplies<>()); };
  for (auto& extent : chunk) {
    while (size() > most && extent > 1) {
      extent = (extent + 1) / 2;
    }
  }
  if (growing) {
    chunk.insert(chunk.begin(), std::max(1ULL, least / std::min<unsigned long long>(size(), least)));
  }
  return chunk;
}

} // namespace driftwell::record
