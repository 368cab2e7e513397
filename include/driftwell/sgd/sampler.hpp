#pragma once
// Which samples make the batch of a step: a pure function of (seed, replica, step), so the same for any number of threads and on resume.
#include "driftwell/core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace driftwell::sgd {

enum class Sampling {
  with_replacement,    ///< b independent draws
  without_replacement, ///< b different samples, every step anew
  epochs,              ///< a new order of all samples each epoch, cut into batches; the last one may be smaller
};

/// "with_replacement", ... Throws std::invalid_argument.
[[nodiscard]] Sampling sampling_of(const std::string& name);
[[nodiscard]] std::vector<std::string> sampling_names();

/// One step of the process, alike for all replicas.
struct Step {
  std::uint64_t number = 0;   ///< k
  double time = 0;            ///< sum of the learning rates before it
  double learning_rate = 0;
  std::size_t batch = 0;      ///< b
  std::uint64_t epoch = 0;    ///< of the epochs: which,
  std::size_t position = 0;   ///< and how many of its samples went before
};

/// Draws for one thread. Indices are floor(N u) of 64 random bits u: off uniform by at most N 2^-64.
class Sampler {
public:
  Sampler(Sampling sampling, std::size_t samples, std::uint64_t seed);

  /// indices[r][0 .. b-1] for replicas first + r, r < n: rows of `stride` numbers. `half` tells apart the two batches of a step of SVAG.
  void draw(std::uint64_t first, std::size_t n, const Step& step, std::uint32_t half, std::uint32_t* indices, std::size_t stride);
  /// 64 random bits for every place of the batches: words[r * b + k].
  void words(std::uint64_t first, std::size_t n, const Step& step, std::uint32_t purpose, std::vector<std::uint64_t>& words);
  /// The order of the samples in an epoch.
  void shuffle(std::uint64_t replica, std::uint64_t epoch, std::uint32_t half, std::vector<std::uint32_t>& order);

private:
  /// Random bits into columns_, those of a place of the batch next to each other.
  void columns(std::uint64_t first, std::size_t n, const Step& step, std::uint32_t purpose);

  Sampling sampling_;
  std::size_t samples_;
  NoiseStream stream_;
  std::vector<std::uint64_t> words_, columns_;
  std::vector<std::uint64_t*> rows_;
  std::vector<std::uint32_t> mark_; ///< of every sample: the draw that took it last
  std::uint32_t draw_ = 0;
  struct Order {
    std::uint64_t replica = ~std::uint64_t{0}, epoch = 0;
    std::vector<std::uint32_t> order;
  };
  std::vector<Order> orders_; ///< of the last replicas asked for
};

} // namespace driftwell::sgd
