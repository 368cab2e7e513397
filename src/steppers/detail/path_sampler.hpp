#pragma once
// Samples of one level: f at the end of a path, or its difference between two paths that follow the same Brownian path.
#include "driftwell/steppers/multilevel.hpp"

#include <cstdint>
#include <functional>

namespace driftwell {

/// Number, mean and sum of squared deviations; merged by the formulas of Chan, Golub & LeVeque (1983).
struct Moments {
  std::uint64_t n = 0;
  double mean = 0, squares = 0;
  void add(const Moments& other);
  [[nodiscard]] double variance() const { return n > 1 ? squares / static_cast<double>(n - 1) : 0.0; }
};

class PathSampler {
public:
  PathSampler(const MeanProblem& problem, bool coupled);

  /// Of the particles first ... first + count - 1 of level l, in blocks shared by all threads and added up in order. `total`: of those taken
  /// before, the first ones; goes through `after_round` every half second or so, and once more before an interrupt is obeyed.
  using AfterRound = std::function<void(const Moments& total)>;
  [[nodiscard]] Moments sample(std::size_t level, std::uint64_t first, std::uint64_t count, Moments total, const AfterRound& after_round) const;
  [[nodiscard]] std::uint64_t steps(std::size_t level) const { return coarsest_ << level; }
  [[nodiscard]] double dt(std::size_t level) const { return problem_.end / static_cast<double>(steps(level)); }
  /// Steps a particle, both paths.
  [[nodiscard]] double cost(std::size_t level) const { return static_cast<double>(steps(level)) * (paired(level) ? 1.5 : 1.0); }

  /// Particles of different levels have different numbers and hence independent noise and starts.
  static constexpr std::uint64_t particles_a_level = std::uint64_t{1} << 42;

private:
  struct Path;
  struct Worker;
  [[nodiscard]] bool paired(std::size_t level) const { return coupled_ && level > 0; }
  [[nodiscard]] Moments block(Worker& worker, std::size_t level, std::uint64_t first, std::size_t n) const;

  const MeanProblem& problem_;
  bool coupled_;
  std::size_t rows_;
  std::uint64_t coarsest_;
  expression::Tape f_;
};

} // namespace driftwell
