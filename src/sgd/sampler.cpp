#include "driftwell/sgd/sampler.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

/// Draws of one step that belong to one purpose: more than any batch has places.
constexpr std::uint32_t draws = std::uint32_t{1} << 25;
/// Orders kept: two halves for every replica of a block (process.cpp).
constexpr std::size_t kept_orders = 64;

/// floor(n u), u = bits / 2^64, from two products of 32 bits: n < 2^32.
DRIFTWELL_INLINE std::uint32_t below(std::uint64_t bits, std::uint64_t n) {
  return static_cast<std::uint32_t>(((bits >> 32) * n + ((bits & 0xffffffffU) * n >> 32)) >> 32);
}

/// In place.
DRIFTWELL_MULTIVERSION void all_below(std::uint64_t* bits, std::size_t count, std::uint64_t n) {
  for (std::size_t k = 0; k < count; ++k) bits[k] = below(bits[k], n);
}

const std::vector<std::string> names{"with_replacement", "without_replacement", "epochs"};

} // namespace

std::vector<std::string> sampling_names() { return names; }

Sampling sampling_of(const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::invalid_argument("no sampling \"" + name + "\"");
  return static_cast<Sampling>(found - names.begin());
}

Sampler::Sampler(Sampling sampling, std::size_t samples, std::uint64_t seed) : sampling_(sampling), samples_(samples), stream_(seed, Purpose::batches) {
  if (samples == 0 || samples > 0xffffffffU) throw std::invalid_argument("a sampler needs 1 to 2^32 - 1 samples");
  if (sampling_ == Sampling::without_replacement) mark_.assign(samples_, 0);
}

void Sampler::columns(std::uint64_t first, std::size_t n, const Step& step, std::uint32_t purpose) {
  const std::size_t b = step.batch;
  columns_.resize(n * b);
  rows_.resize(b);
  for (std::size_t k = 0; k < b; ++k) rows_[k] = columns_.data() + k * n;
  stream_.words(first, n, step.number, rows_, purpose * draws);
}

void Sampler::words(std::uint64_t first, std::size_t n, const Step& step, std::uint32_t purpose, std::vector<std::uint64_t>& words) {
  const std::size_t b = step.batch;
  columns(first, n, step, purpose);
  words.resize(n * b);
  for (std::size_t k = 0; k < b; ++k)
    for (std::size_t r = 0; r < n; ++r) words[r * b + k] = columns_[k * n + r];
}

void Sampler::draw(std::uint64_t first, std::size_t n, const Step& step, std::uint32_t half, std::uint32_t* indices, std::size_t stride) {
  const std::size_t b = step.batch;
  if (sampling_ == Sampling::epochs) {
    orders_.resize(kept_orders);
    for (std::size_t r = 0; r < n; ++r) {
      Order& kept = orders_[(2 * r + half) % kept_orders];
      if (kept.replica != first + r || kept.epoch != step.epoch || kept.order.empty()) {
        shuffle(first + r, step.epoch, half, kept.order);
        kept.replica = first + r;
        kept.epoch = step.epoch;
      }
      std::copy_n(kept.order.begin() + static_cast<std::ptrdiff_t>(step.position), b, indices + r * stride);
    }
    return;
  }
  if (sampling_ == Sampling::with_replacement || b == 1) {
    columns(first, n, step, half);
    all_below(columns_.data(), n * b, samples_);
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t k = 0; k < b; ++k) indices[r * stride + k] = static_cast<std::uint32_t>(columns_[k * n + r]);
    return;
  }
  words(first, n, step, half, words_);
  for (std::size_t r = 0; r < n; ++r) {
    std::uint32_t* row = indices + r * stride;
    const std::uint64_t* bits = words_.data() + r * b;
    // Robert Floyd's way (Bentley, CACM 30, 1987): every subset is equally likely, at the price of b draws.
    if (++draw_ == 0) {
      std::fill(mark_.begin(), mark_.end(), 0U);
      draw_ = 1;
    }
    for (std::size_t k = 0, j = samples_ - b; k < b; ++k, ++j) {
      const std::uint32_t candidate = below(bits[k], j + 1);
      row[k] = mark_[candidate] == draw_ ? static_cast<std::uint32_t>(j) : candidate;
      mark_[row[k]] = draw_;
    }
  }
}

void Sampler::shuffle(std::uint64_t replica, std::uint64_t epoch, std::uint32_t half, std::vector<std::uint32_t>& order) {
  order.resize(samples_);
  std::iota(order.begin(), order.end(), 0U);
  Step step;
  step.number = epoch;
  step.batch = samples_;
  words(replica, 1, step, 4 + half, words_);
  for (std::size_t i = samples_; i > 1; --i) std::swap(order[i - 1], order[below(words_[i - 1], i)]);
}

} // namespace driftwell::sgd
