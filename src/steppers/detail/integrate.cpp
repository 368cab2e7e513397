#include "driftwell/steppers/integrate.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "wall_keeper.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <optional>
#include <stdexcept>

namespace driftwell {

namespace {

constexpr std::uint64_t steps_between_looks = 512; ///< at the finite numbers and at interrupts

/// Positions, drifts and noise of a block should share the first-level cache with the tape's registers.
std::size_t block_for(std::size_t rows) {
  constexpr std::size_t bytes = 40 * 1024, least = 64;
  std::size_t block = expression::Tape::strip;
  while (block > least && 2 * rows * block * sizeof(double) > bytes) block /= 2;
  return block;
}

/// A particle that left the finite numbers, with its position before the step.
struct Escape {
  std::uint64_t step, particle;
  std::vector<double> before, after;
  [[nodiscard]] bool earlier_than(const Escape& other) const {
    return step != other.step ? step < other.step : particle < other.particle;
  }
};

/// What a thread needs.
struct Worker {
  std::unique_ptr<BlockStepper> stepper;
  PhiloxNoise noise;
  RowBuffer x;
  std::optional<WallKeeper> walls;
  std::unique_ptr<BlockObserver> observer{};
};

} // namespace

struct Integrator::Impl {
  const Dynamics& dynamics;
  std::uint64_t seed;
  Clock clock;
  IntegrateOptions options;
  std::size_t rows, block;
  std::vector<Worker> workers;

  Block load(const Ensemble& ensemble, std::size_t start, Worker& worker) const {
    Block b{std::min(block, ensemble.particles() - start), ensemble.first() + start, worker.x.rows()};
    for (std::size_t i = 0; i < rows; ++i) std::copy_n(ensemble.row(i).data() + start, b.n, b.x[i]);
    worker.noise.move_to(b.first, b.n);
    if (worker.walls) worker.walls->begin(b, options.walls.absorbing() ? ensemble.death_time().subspan(start, b.n) : std::span<const double>{});
    return b;
  }

  [[nodiscard]] Step step(std::uint64_t number) const { return {number, clock.at(number), clock.dt}; }

  void one(Block& b, Worker& worker, std::uint64_t number) const {
    const Step at = step(number);
    if (worker.walls) worker.walls->before_step(b, at);
    worker.stepper->step(b, at, worker.noise);
    if (worker.walls && worker.walls->after_step(b, at)) worker.stepper->moved(b, step(number + 1));
  }

  [[nodiscard]] bool finite(const Block& b) const {
    return std::all_of(b.x.begin(), b.x.end(), [&](const double* row) { return all_finite(row, b.n); });
  }

  /// The block again, looking after each step, to find the first particle that escapes.
  std::optional<Escape> find_escape(const Ensemble& ensemble, std::size_t start, std::uint64_t from, std::uint64_t until, Worker& worker) const {
    Block b = load(ensemble, start, worker);
    RowBuffer before(rows);
    worker.stepper->begin(b, step(from), worker.noise);
    for (std::uint64_t n = from; n < until; ++n) {
      copy_rows(as_const(b.x), before.rows(), b.n);
      one(b, worker, n);
      if (finite(b)) continue;
      for (std::size_t k = 0; k < b.n; ++k) {
        if (std::all_of(b.x.begin(), b.x.end(), [&](const double* row) { return std::isfinite(row[k]); })) continue;
        Escape escape{n, b.first + k, {}, {}};
        for (std::size_t i = 0; i < rows; ++i) escape.before.push_back(before[i][k]), escape.after.push_back(b.x[i][k]);
        return escape;
      }
    }
    return std::nullopt;
  }

  /// The block of an escape a few steps before it: typical places, where the drift is not yet absurd.
  Ensemble before_escape(const Ensemble& ensemble, const Escape& escape, std::uint64_t from) {
    constexpr std::uint64_t back = 8;
    Worker& worker = workers[0];
    Block b = load(ensemble, (escape.particle - ensemble.first()) / block * block, worker);
    worker.stepper->begin(b, step(from), worker.noise);
    for (std::uint64_t n = from; n + back < escape.step; ++n) one(b, worker, n);
    Ensemble typical(rows, b.n);
    for (std::size_t i = 0; i < rows; ++i) std::copy_n(b.x[i], b.n, typical.row(i).data());
    return typical;
  }

  /// Takes the block from `from` to `until`; false when it does not stay finite (and is then not stored).
  bool run_block(Ensemble& ensemble, std::size_t start, std::uint64_t from, std::uint64_t until, Worker& worker) const {
    Block b = load(ensemble, start, worker);
    if (worker.walls && worker.walls->all_dead()) return true;
    if (!finite(b)) return false;
    worker.stepper->begin(b, step(from), worker.noise);
    if (worker.observer) worker.observer->begin(b, step(from), start);
    for (std::uint64_t n = from; n < until;) {
      for (const std::uint64_t end = std::min(until, n + steps_between_looks); n < end; ++n) {
        one(b, worker, n);
        if (worker.observer) worker.observer->after_step(b, step(n));
      }
      if (!finite(b)) return false;
      if (options.interruptible && interrupt_signal.load(std::memory_order_relaxed) != 0) return true;
    }
    for (std::size_t i = 0; i < rows; ++i) std::copy_n(b.x[i], b.n, ensemble.row(i).data() + start);
    if (worker.walls && options.walls.absorbing())
      std::copy_n(worker.walls->death().data(), b.n, ensemble.death_time().data() + start);
    return true;
  }

  [[noreturn]] void fail(const Escape& escape, const Ensemble& ensemble, std::uint64_t from) {
    const std::size_t d = dynamics.dimension();
    const auto position = [&](const std::vector<double>& x) {
      std::string text;
      for (std::size_t i = 0; i < std::min<std::size_t>(rows, 6); ++i)
        text += fmt::format("{}{} = {:.6g}", i == 0 ? "" : ", ", i < d ? dynamics.name(i) : "p_" + dynamics.name(i - d), x[i]);
      return rows > 6 ? text + ", ..." : text;
    };
    std::string message = fmt::format("particle {} left the finite numbers in step {} (t = {:.6g}, dt = {:.3g}): from {} to {}", escape.particle,
                                      escape.step, clock.at(escape.step), clock.dt, position(escape.before), position(escape.after));
    if (options.advice) {
      const double stable = stable_dt(dynamics, before_escape(ensemble, escape, from), clock.at(escape.step), block);
      if (stable < clock.dt)
        message += fmt::format("\n  dt is too large: where the particles are the drift changes at rates up to 1/{0:.2g}, and explicit steppers need dt well below {0:.2g}; "
                               "try langevin.dt = {1:.1g}, or the stepper tamed_euler", stable, stable / 4);
      else
        message += "\n  dt looks small enough near the other particles: the drift may have no bound (a potential that falls to minus infinity), or a "
                   "singularity; try a smaller dt or the stepper tamed_euler";
    }
    throw NumericalFailure(message);
  }
};

Integrator::Integrator(const Dynamics& dynamics, const Stepper& stepper, std::uint64_t seed, Clock clock, IntegrateOptions options) {
  const std::size_t d = dynamics.dimension();
  const StepperTraits traits = stepper.traits();
  if (traits.underdamped != dynamics.underdamped())
    throw std::invalid_argument(traits.underdamped ? "this stepper moves momenta: the model needs a friction" : "this stepper is overdamped: the model has a friction");
  if (dynamics.noises() != d && !traits.any_noises) throw std::invalid_argument(fmt::format("this stepper takes as many noises as variables, {}, not {}", d, dynamics.noises()));
  if (!(clock.dt > 0) || !std::isfinite(clock.dt)) throw std::invalid_argument("dt must be positive");
  options.walls.check(d);
  const std::size_t rows = traits.underdamped ? 2 * d : d;
  const std::size_t block = options.block == 0 ? block_for(rows) : std::min(options.block, expression::Tape::strip);
  impl_ = std::make_unique<Impl>(Impl{dynamics, seed, clock, std::move(options), rows, block, {}});
  const NoiseStream stream(seed, Purpose::steps);
  for (int thread = 0; thread < omp_get_max_threads(); ++thread) {
    impl_->workers.push_back({stepper.on(dynamics), PhiloxNoise(stream, 0, 0), RowBuffer(rows), {}, {}});
    if (impl_->options.observer) impl_->workers.back().observer = impl_->options.observer->on_blocks();
    if (impl_->options.walls.any()) impl_->workers.back().walls.emplace(impl_->options.walls, dynamics, rows, seed);
  }
}

Integrator::~Integrator() = default;
Integrator::Integrator(Integrator&&) noexcept = default;

std::size_t Integrator::rows() const { return impl_->rows; }
std::size_t Integrator::block() const { return impl_->block; }

void Integrator::advance(Ensemble& ensemble, std::uint64_t from, std::uint64_t until) {
  if (ensemble.rows() != impl_->rows) throw std::invalid_argument(fmt::format("the ensemble needs {} rows a particle, it has {}", impl_->rows, ensemble.rows()));
  if (impl_->options.walls.absorbing()) ensemble.make_mortal();
  const std::size_t blocks = (ensemble.particles() + impl_->block - 1) / impl_->block;
  std::vector<std::size_t> failed;
  std::exception_ptr error;
  const int threads = static_cast<int>(impl_->workers.size());
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (std::size_t b = 0; b < blocks; ++b) {
    if (impl_->options.interruptible && interrupt_signal.load(std::memory_order_relaxed) != 0) continue;
    try {
      if (!impl_->run_block(ensemble, b * impl_->block, from, until, impl_->workers[static_cast<std::size_t>(omp_get_thread_num())])) {
#pragma omp critical(driftwell_integrate)
        failed.push_back(b);
      }
    } catch (...) {
#pragma omp critical(driftwell_integrate)
      error = std::current_exception();
    }
  }
  if (impl_->options.interruptible) poll_interrupt();
  if (error) std::rethrow_exception(error);
  std::optional<Escape> first;
  std::sort(failed.begin(), failed.end());
  for (const std::size_t b : failed) // none later than the earliest found so far
    if (auto escape = impl_->find_escape(ensemble, b * impl_->block, from, first ? first->step + 1 : until, impl_->workers[0]))
      if (!first || escape->earlier_than(*first)) first = std::move(escape);
  if (first) impl_->fail(*first, ensemble, from);
  if (!failed.empty()) throw NumericalFailure("a particle is not at a finite place at the start of step " + std::to_string(from));
}

} // namespace driftwell
