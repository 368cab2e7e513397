#pragma once
// What walls do to a block after a step.
#include "driftwell/ensemble/dynamics.hpp"
#include "driftwell/ensemble/ensemble.hpp"
#include "driftwell/ensemble/walls.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace driftwell {

class WallKeeper {
public:
  /// `rows`: of the particles, 2 d when they have momenta.
  WallKeeper(const Walls& walls, const Dynamics& dynamics, std::size_t rows, std::uint64_t seed);

  /// Takes up a block; `death` is its stretch of the ensemble's death times, empty without absorbing walls.
  void begin(const Block& block, std::span<const double> death);
  void before_step(const Block& block, const Step& at);
  /// true when it has moved a particle
  bool after_step(Block& block, const Step& at);
  [[nodiscard]] std::span<const double> death() const { return {death_.data(), death_.size()}; }
  [[nodiscard]] bool all_dead() const { return !death_.empty() && dead_.size() == death_.size(); }

private:
  bool fold(Block& block, std::size_t axis) const;
  void absorb(Block& block, const Step& at, std::size_t axis);
  void meet(std::size_t k, std::size_t axis, double wall, double a, double b, bool crossed, double variance, const Block& block, const Step& at);
  [[nodiscard]] double hitting_time(double a, double b, double variance, std::uint64_t particle, const Step& at, std::uint32_t draw) const;

  Walls walls_;
  const Dynamics* dynamics_;
  bool momenta_, absorbing_, bridge_;
  NoiseStream stream_;
  Dynamics::Workspace workspace_;
  RowBuffer old_, variance_;
  std::vector<double> death_;      ///< times, of this block
  std::vector<std::size_t> dead_;  ///< particles of the block, in the order of their deaths
  std::vector<char> is_dead_;      ///< before this step
  std::vector<double> place_;      ///< where they died, all rows of one after another
  std::vector<std::size_t> hit_axis_;
  std::vector<double> hit_wall_;
};

} // namespace driftwell
