#include "path_sampler.hpp"

#include "coupled_noise.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "wall_keeper.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <optional>

namespace driftwell {

void Moments::add(const Moments& other) {
  if (other.n == 0) return;
  const auto a = static_cast<double>(n), b = static_cast<double>(other.n);
  const double difference = other.mean - mean;
  mean += difference * (b / (a + b));
  squares += other.squares + difference * difference * (a * b / (a + b));
  n += other.n;
}

/// A block of particles on its way with one step.
struct PathSampler::Path {
  std::unique_ptr<BlockStepper> stepper;
  Noise& noise;
  RowBuffer x;
  std::optional<WallKeeper> walls;
  double dt;
  Block block{};

  Path(const MeanProblem& problem, std::size_t rows, Noise& noise, double dt) : stepper(problem.stepper.on(problem.dynamics)), noise(noise), x(rows), dt(dt) {
    if (problem.walls.any()) walls.emplace(problem.walls, problem.dynamics, rows, problem.seed);
  }
  [[nodiscard]] Step at(std::uint64_t number) const { return {number, static_cast<double>(number) * dt, dt}; }

  void begin(const Ensemble& start) {
    block = {start.particles(), start.first(), x.rows()};
    for (std::size_t i = 0; i < x.size(); ++i) std::copy_n(start.row(i).data(), block.n, x[i]);
    if (walls) walls->begin(block, {});
    stepper->begin(block, at(0), noise);
  }
  void step(std::uint64_t number) {
    if (walls) walls->before_step(block, at(number));
    stepper->step(block, at(number), noise);
    if (walls && walls->after_step(block, at(number))) stepper->moved(block, at(number + 1));
  }
};

/// What a thread needs for one level.
struct PathSampler::Worker {
  FineNoise fine_noise;
  CoarseNoise coarse_noise{fine_noise};
  Path fine;
  std::optional<Path> coarse;
  expression::Tape::Workspace space;
  RowBuffer f{2};

  Worker(const PathSampler& sampler, std::size_t level)
      : fine_noise(NoiseStream(sampler.problem_.seed, Purpose::steps)), fine(sampler.problem_, sampler.rows_, fine_noise, sampler.dt(level)), space(sampler.f_) {
    if (sampler.paired(level)) coarse.emplace(sampler.problem_, sampler.rows_, coarse_noise, sampler.dt(level - 1));
  }
};

PathSampler::PathSampler(const MeanProblem& problem, bool coupled)
    : problem_(problem), coupled_(coupled), rows_(problem.dynamics.dimension() * (problem.stepper.traits().underdamped ? 2 : 1)),
      f_({problem.f}, rows_) {
  const double ratio = problem.end / problem.dt;
  // One part in 1e9 more than a whole number of steps is rounding.
  coarsest_ = static_cast<std::uint64_t>(std::max(1.0, std::ceil(ratio - 1e-9 * std::max(1.0, ratio))));
}

Moments PathSampler::block(Worker& worker, std::size_t level, std::uint64_t first, std::size_t n) const {
  constexpr std::uint64_t steps_between_looks = 256;
  const std::uint64_t number = level * particles_a_level + first;
  Ensemble start(rows_, n, number);
  problem_.start(start);
  worker.fine_noise.move_to(number, n);
  worker.coarse_noise.set_size(n);
  worker.fine.begin(start);
  if (worker.coarse) worker.coarse->begin(start);
  for (std::uint64_t s = 0; s < steps(level); ++s) {
    if (s % steps_between_looks == 0 && interrupt_signal.load(std::memory_order_relaxed) != 0) return {};
    worker.fine.step(s);
    if (worker.coarse && s % 2 == 1) worker.coarse->step(s / 2);
  }
  double* const value = worker.f[0];
  f_.evaluate(worker.fine.x.const_rows(), worker.f.rows(0, 1), n, worker.space);
  if (worker.coarse) {
    f_.evaluate(worker.coarse->x.const_rows(), worker.f.rows(1, 1), n, worker.space);
    add_scaled(value, worker.f[1], -1.0, n);
  }
  Moments moments;
  moments.n = n;
  for (std::size_t k = 0; k < n; ++k) {
    if (!std::isfinite(value[k]))
      throw NumericalFailure(fmt::format("particle {} of level {} (dt = {:.3g}) has no finite value of the expression at the end. If it left the finite numbers on its "
                                         "way, dt is too large: try langevin.dt = {:.1g}, or the stepper tamed_euler", first + k, level, dt(level), problem_.dt / 4));
    moments.mean += value[k];
  }
  moments.mean /= static_cast<double>(n);
  for (std::size_t k = 0; k < n; ++k) moments.squares += (value[k] - moments.mean) * (value[k] - moments.mean);
  return moments;
}

Moments PathSampler::sample(std::size_t level, std::uint64_t first, std::uint64_t count, Moments total, const AfterRound& after_round) const {
  constexpr std::uint64_t most_blocks = 1 << 14, strip = expression::Tape::strip;
  constexpr double round_seconds = 0.5;
  std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(omp_get_max_threads()));
  std::uint64_t round = 2 * workers.size(); // blocks; where rounds end does not change the bits
  while (total.n < count) {
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t from = total.n, blocks = std::min(round, (count - from + strip - 1) / strip);
    std::vector<Moments> parts(blocks);
    std::vector<std::exception_ptr> errors(blocks); // the first block's is thrown, whoever comes first
#pragma omp parallel for schedule(dynamic, 1) num_threads(static_cast<int>(workers.size()))
    for (std::uint64_t b = 0; b < blocks; ++b) {
      if (interrupt_signal.load(std::memory_order_relaxed) != 0) continue;
      try {
        auto& worker = workers[static_cast<std::size_t>(omp_get_thread_num())];
        if (!worker) worker = std::make_unique<Worker>(*this, level);
        const std::uint64_t at = from + b * strip;
        parts[b] = block(*worker, level, first + at, static_cast<std::size_t>(std::min(strip, count - at)));
      } catch (...) {
        errors[b] = std::current_exception();
      }
    }
    if (interrupt_signal.load(std::memory_order_relaxed) != 0) after_round(total); // without this round, which is not whole
    poll_interrupt();
    for (const std::exception_ptr& error : errors)
      if (error) std::rethrow_exception(error);
    for (const Moments& part : parts) total.add(part);
    after_round(total);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    round = static_cast<std::uint64_t>(std::clamp(static_cast<double>(blocks) * round_seconds / std::max(seconds, 1e-6), static_cast<double>(workers.size()), static_cast<double>(most_blocks)));
  }
  return total;
}

} // namespace driftwell
