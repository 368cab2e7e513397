#include "driftwell/sgd/process.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/simd.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::sgd {

namespace {

constexpr std::uint64_t longest_stride = 512; ///< steps between two looks at the signal and at the weights

/// Gradients a look may cost, so that it comes every second or so: large batches make short strides.
std::uint64_t stride_of(std::size_t d, std::size_t batch, std::size_t replicas) {
  const double work = static_cast<double>(d) * static_cast<double>(batch) * static_cast<double>(replicas);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(1e9 / work), 1, longest_stride);
}

/// Replicas that a thread takes at a time and draws the batches of: some blocks for every thread, and whole vectors of random bits. As many
/// as a sampler keeps the orders of.
std::size_t block_of(std::size_t replicas, Sampling sampling) {
  const std::size_t share = replicas / (4 * static_cast<std::size_t>(omp_get_max_threads()));
  return std::clamp<std::size_t>(share / 16 * 16, 4, sampling == Sampling::epochs ? 16 : 64);
}

/// Steps whose batches are drawn ahead: then a few replicas make them with their weights in the first level of the cache.
std::size_t tile_of(std::size_t indices) { return std::clamp<std::size_t>(8192 / indices, 1, 16); }
std::size_t together_of(std::size_t d) { return std::clamp<std::size_t>(1024 / d, 1, 8); }

DRIFTWELL_MULTIVERSION void look_ahead(std::size_t n, double mu, const double* w, const double* v, double* ahead) {
  for (std::size_t j = 0; j < n; ++j) ahead[j] = w[j] + mu * v[j];
}
DRIFTWELL_MULTIVERSION void add(std::size_t n, const double* v, double* w) {
  for (std::size_t j = 0; j < n; ++j) w[j] += v[j];
}

constexpr double two_pi = 6.283185307179586476925286766559;
double uniform(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

} // namespace

std::pair<double, double> svag_weights(std::size_t l) {
  const double root = std::sqrt(2.0 * static_cast<double>(l) - 1.0);
  return {(1 + root) / 2, (1 - root) / 2};
}

/// What a thread needs besides the weights.
struct Process::Thread {
  Thread(const Loss& loss, const ProcessOptions& options)
      : sampler(options.sampling, loss.samples(), options.seed), ahead(together_of(loss.dimension()) * loss.dimension()) {}
  Sampler sampler;
  Workspace workspace;
  std::array<std::vector<std::uint32_t>, 2> indices; ///< of the halves of a step, for every step of a tile
  std::array<std::vector<double>, 2> targets;
  std::vector<std::size_t> places; ///< where the batches of a step begin
  std::vector<std::uint64_t> words, more;
  std::vector<double> ahead;
};

Process::Process(const Loss& loss, const ProcessOptions& options) : loss_(loss), options_(options), d_(loss.dimension()) {
  if (!(options_.momentum >= 0 && options_.momentum < 1)) throw std::invalid_argument(fmt::format("momentum {} is not in [0, 1)", options_.momentum));
  if (options_.svag == 0) throw std::invalid_argument("svag = 0; allowed: at least 1");
  if (options_.replicas == 0) throw std::invalid_argument("no replicas");
  if (options_.label_noise < 0 || (loss_.targets() == Loss::Targets::classes && options_.label_noise > 1))
    throw std::invalid_argument(fmt::format("label_noise {} makes no sense; allowed: >= 0, and at most 1 for classes", options_.label_noise));
  if (options_.label_noise > 0 && loss_.targets() == Loss::Targets::none) throw std::invalid_argument("label noise needs a loss with targets");
  w_.assign(options_.replicas * d_, 0.0);
  if (options_.momentum > 0) v_.assign(options_.replicas * d_, 0.0);
  plan();
}

void Process::start(const std::vector<double>& w) { start(w, std::vector<double>(d_, 0.0)); }

void Process::start(const std::vector<double>& w, const std::vector<double>& std) {
  if (w.size() != d_ || std.size() != d_) throw std::invalid_argument(fmt::format("a start of {} weights for a loss of {}", w.size(), d_));
  const NoiseStream stream(options_.seed, Purpose::initial);
  const std::size_t R = options_.replicas;
  // A stretch of weights for all replicas at a time, so that the memory stays small.
  constexpr std::size_t stretch = 64;
  std::vector<double> normals(stretch * R);
  std::vector<double*> rows(stretch);
  for (std::size_t k = 0; k < stretch; ++k) rows[k] = normals.data() + k * R;
  for (std::size_t j = 0; j < d_; j += stretch) {
    stream.normals(0, R, 0, rows, static_cast<std::uint32_t>(j));
    for (std::size_t k = 0; k < std::min(stretch, d_ - j); ++k)
      for (std::size_t r = 0; r < R; ++r) w_[r * d_ + j + k] = w[j + k] + std[j + k] * rows[k][r];
  }
  std::fill(v_.begin(), v_.end(), 0.0);
  next_ = {};
  plan();
}

std::uint64_t Process::stride() const { return stride_of(d_, next_.batch, options_.replicas); }

double Process::time() const { return next_.time; }

/// Learning rate and batch size of next_, from its number, time and place in the epoch.
void Process::plan() {
  if (options_.learning_rate.constant()) next_.time = static_cast<double>(next_.number) * (options_.learning_rate.value(0) / static_cast<double>(options_.svag));
  next_.learning_rate = options_.learning_rate.value(next_.time) / static_cast<double>(options_.svag);
  const double size = std::round(options_.batch_size.value(next_.time));
  if (!(size >= 1 && size <= 1 << 24)) throw std::invalid_argument(fmt::format("batch size {} at t = {}; allowed: 1 to 2^24", options_.batch_size.value(next_.time), next_.time));
  next_.batch = static_cast<std::size_t>(size);
  if (options_.sampling != Sampling::with_replacement && next_.batch > loss_.samples())
    throw std::invalid_argument(fmt::format("batch size {} at t = {} is more than the {} samples; allowed with replacement only", next_.batch, next_.time, loss_.samples()));
  if (options_.sampling == Sampling::epochs) next_.batch = std::min(next_.batch, loss_.samples() - next_.position);
}

void Process::advance(std::uint64_t steps) {
  const std::uint64_t last = next_.number + steps;
  while (next_.number < last) {
    poll_interrupt();
    const std::uint64_t from = next_.number, until = std::min(last, from + stride());
    std::vector<Step> stretch;
    while (next_.number < until) {
      stretch.push_back(next_);
      next_.time += next_.learning_rate;
      next_.position += next_.batch;
      if (next_.position >= loss_.samples()) {
        next_.position = 0;
        ++next_.epoch;
      }
      ++next_.number;
      plan();
    }
    const std::size_t block = block_of(options_.replicas, options_.sampling), blocks = (options_.replicas + block - 1) / block;
#pragma omp parallel if (blocks > 1 && options_.replicas * stretch.size() * stretch[0].batch * d_ > 500'000)
    {
      Thread thread(loss_, options_);
#pragma omp for schedule(dynamic, 1)
      for (std::size_t k = 0; k < blocks; ++k) move_block(k * block, std::min(block, options_.replicas - k * block), stretch, thread);
    }
    check(from);
  }
}

void Process::move_block(std::size_t first, std::size_t count, std::span<const Step> steps, Thread& thread) {
  const std::size_t together = together_of(d_);
  const bool two = options_.svag > 1, spoilt = options_.label_noise > 0;
  while (!steps.empty()) {
    const auto tile = steps.first(std::min(steps.size(), tile_of(count * steps[0].batch)));
    draw(first, count, tile, thread);
    for (std::size_t r = 0; r < count; r += together)
      for (std::size_t k = 0; k < tile.size(); ++k) {
        std::array<Batches, 2> batches{};
        const std::size_t b = tile[k].batch, place = thread.places[k] + r * b, some = std::min(together, count - r);
        for (std::size_t half = 0; half < (two ? 2U : 1U); ++half)
          batches[half] = {thread.indices[half].data() + place, spoilt ? thread.targets[half].data() + place : nullptr, b, some};
        move(first + r, some, tile[k], std::span(batches).first(two ? 2 : 1), thread);
      }
    steps = steps.subspan(tile.size());
  }
}

/// The batches of a tile of steps.
void Process::draw(std::size_t first, std::size_t count, std::span<const Step> steps, Thread& thread) {
  std::size_t total = 0;
  thread.places.clear();
  for (const Step& step : steps) {
    thread.places.push_back(total);
    total += count * step.batch;
  }
  for (std::uint32_t half = 0; half < (options_.svag > 1 ? 2U : 1U); ++half) {
    thread.indices[half].resize(total);
    if (options_.label_noise > 0) thread.targets[half].resize(total);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      thread.sampler.draw(first, count, steps[k], half, thread.indices[half].data() + thread.places[k], steps[k].batch);
      if (options_.label_noise > 0) spoil_targets(first, count, steps[k], half, thread.places[k], thread);
    }
  }
}

/// One step of replicas first ... first + count - 1, with one batch each or, for SVAG, two.
void Process::move(std::size_t first, std::size_t count, const Step& step, std::span<const Batches> batches, Thread& thread) {
  const double mu = options_.momentum;
  const std::size_t n = count * d_;
  double* w = w_.data() + first * d_;
  double* v = mu > 0 ? v_.data() + first * d_ : nullptr;
  const double* at = w;
  if (v && options_.nesterov) look_ahead(n, mu, w, v, thread.ahead.data()), at = thread.ahead.data();
  else if (!v && batches.size() > 1) std::copy_n(w, n, thread.ahead.data()), at = thread.ahead.data(); // w moves before the second batch
  const auto [here, there] = svag_weights(options_.svag);
  double* y = v ? v : w;
  loss_.add_gradients(at, batches[0], v ? mu : 1, -step.learning_rate * here, y, thread.workspace);
  if (batches.size() > 1) loss_.add_gradients(at, batches[1], 1, -step.learning_rate * there, y, thread.workspace);
  if (v) add(n, v, w);
}

void Process::spoil_targets(std::size_t first, std::size_t count, const Step& step, std::uint32_t half, std::size_t place, Thread& thread) {
  const Dataset& data = *loss_.data();
  const bool classes = loss_.targets() == Loss::Targets::classes;
  const std::uint32_t* indices = thread.indices[half].data() + place;
  double* targets = thread.targets[half].data() + place;
  thread.sampler.words(first, count, step, 2 + half, thread.words);
  if (!classes) thread.sampler.words(first, count, step, 6 + half, thread.more);
  for (std::size_t k = 0; k < count * step.batch; ++k) {
    const double y = data.targets[indices[k]], u = uniform(thread.words[k]);
    if (!classes) {
      targets[k] = y + options_.label_noise * std::sqrt(-2 * std::log(u)) * std::cos(two_pi * uniform(thread.more[k]));
      continue;
    }
    targets[k] = y;
    if (u >= options_.label_noise) continue;
    const auto others = static_cast<double>(data.classes - 1);
    const double other = std::min(std::floor(u / options_.label_noise * others), others - 1);
    targets[k] = other < y ? other : other + 1;
  }
}

void Process::check(std::uint64_t from) const {
  for (std::size_t k = 0; k < w_.size(); ++k)
    if (!std::isfinite(w_[k]))
      throw NumericalFailure(fmt::format("SGD diverged: weight {} of replica {} is {} after step {} (it was finite at step {}, t = {:g}); a smaller learning rate may help",
                                         k % d_ + 1, k / d_, w_[k], next_.number, from, next_.time));
}

void Process::restore(const State& state) {
  if (state.weights.size() != w_.size() || state.velocities.size() != v_.size()) throw std::invalid_argument("a state of another process");
  w_ = state.weights;
  v_ = state.velocities;
  next_ = state.next;
}

} // namespace driftwell::sgd
