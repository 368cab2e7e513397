#include "driftwell/sgd/process.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::sgd {

namespace {

constexpr std::size_t block = 16;            ///< replicas that go together: their weights and batches stay in the cache
constexpr std::uint64_t longest_stride = 512; ///< steps between two looks at the signal and at the weights

/// Gradients a look may cost, so that it comes every second or so: large batches make short strides.
std::uint64_t stride_of(std::size_t d, std::size_t batch, std::size_t replicas) {
  const double work = static_cast<double>(d) * static_cast<double>(batch) * static_cast<double>(replicas);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(1e9 / work), 1, longest_stride);
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
  Thread(const Loss& loss, const ProcessOptions& options) : sampler(options.sampling, loss.samples(), options.seed), gradient(loss.dimension() + 8), second(loss.dimension() + 8), ahead(loss.dimension() + 8) {}
  Sampler sampler;
  Workspace workspace;
  std::array<std::vector<std::uint32_t>, 2> indices;
  std::array<std::vector<double>, 2> targets;
  std::vector<std::uint64_t> words;
  std::vector<double> gradient, second, ahead;
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
    const std::size_t blocks = (options_.replicas + block - 1) / block;
#pragma omp parallel if (blocks > 1 && options_.replicas * stretch.size() * stretch[0].batch * d_ > 500'000)
    {
      Thread thread(loss_, options_);
#pragma omp for schedule(dynamic, 1)
      for (std::size_t k = 0; k < blocks; ++k) move_block(k * block, std::min(block, options_.replicas - k * block), stretch, thread);
    }
    check(from);
  }
}

void Process::batch_gradient(const double* w, std::size_t r, std::size_t, const Step& step, std::uint32_t half, double* gradient, Thread& thread) {
  const Batch batch{std::span(thread.indices[half]).subspan(r * step.batch, step.batch), options_.label_noise > 0 ? thread.targets[half].data() + r * step.batch : nullptr};
  loss_.gradient(w, batch, gradient, thread.workspace);
}

void Process::move_block(std::size_t first, std::size_t count, const std::vector<Step>& steps, Thread& thread) {
  const double mu = options_.momentum;
  const auto [here, there] = svag_weights(options_.svag);
  const bool two = options_.svag > 1;
  double* g = thread.gradient.data();
  for (const Step& step : steps) {
    for (std::uint32_t half = 0; half < (two ? 2U : 1U); ++half) {
      thread.indices[half].resize(count * step.batch);
      thread.sampler.draw(first, count, step, half, thread.indices[half].data(), step.batch);
      if (options_.label_noise > 0) spoil_targets(first, count, step, half, thread);
    }
    for (std::size_t r = 0; r < count; ++r) {
      if (r + 1 < count) loss_.prefetch(std::span(thread.indices[0]).subspan((r + 1) * step.batch, step.batch));
      double* w = w_.data() + (first + r) * d_;
      double* v = mu > 0 ? v_.data() + (first + r) * d_ : nullptr;
      const double* at = w;
      if (v && options_.nesterov) {
        for (std::size_t j = 0; j < d_; ++j) thread.ahead[j] = w[j] + mu * v[j];
        at = thread.ahead.data();
      }
      batch_gradient(at, r, first + r, step, 0, g, thread);
      if (two) {
        batch_gradient(at, r, first + r, step, 1, thread.second.data(), thread);
        for (std::size_t j = 0; j < d_; ++j) g[j] = here * g[j] + there * thread.second[j];
      }
      const double eta = step.learning_rate;
      if (!v) {
        for (std::size_t j = 0; j < d_; ++j) w[j] -= eta * g[j];
        continue;
      }
      for (std::size_t j = 0; j < d_; ++j) {
        v[j] = mu * v[j] - eta * g[j];
        w[j] += v[j];
      }
    }
  }
}

void Process::spoil_targets(std::size_t first, std::size_t count, const Step& step, std::uint32_t half, Thread& thread) {
  const Dataset& data = *loss_.data();
  const bool classes = loss_.targets() == Loss::Targets::classes;
  const std::vector<std::uint32_t>& indices = thread.indices[half];
  std::vector<double>& targets = thread.targets[half];
  targets.resize(indices.size());
  std::vector<std::uint64_t> more;
  thread.sampler.words(first, count, step, 2 + half, thread.words);
  if (!classes) thread.sampler.words(first, count, step, 6 + half, more);
  for (std::size_t k = 0; k < indices.size(); ++k) {
    const double y = data.targets[indices[k]], u = uniform(thread.words[k]);
    if (!classes) {
      targets[k] = y + options_.label_noise * std::sqrt(-2 * std::log(u)) * std::cos(two_pi * uniform(more[k]));
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
