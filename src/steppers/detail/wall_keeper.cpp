#include "wall_keeper.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell {

namespace {

constexpr double alive = std::numeric_limits<double>::infinity();
constexpr double certain = 37; ///< exp(-37) < 2^-53: nothing a uniform variate could be smaller than

/// Some x outside [lower, upper], or NaN.
DRIFTWELL_MULTIVERSION bool leaves(const double* x, double lower, double upper, std::size_t n) {
  std::uint64_t outside = 0;
  for (std::size_t k = 0; k < n; ++k) outside |= x[k] >= lower && x[k] < upper ? 0U : 1U;
  return outside != 0;
}

/// Some path that may have met the wall at w: the product of the distances is not large against the variance of the step.
DRIFTWELL_MULTIVERSION bool comes_near(const double* old, const double* now, const double* variance, double w, double dt, std::size_t n) {
  std::uint64_t near = 0;
  for (std::size_t k = 0; k < n; ++k) near |= 2 * (old[k] - w) * (now[k] - w) > certain * dt * variance[k] ? 0U : 1U;
  return near != 0;
}

} // namespace

WallKeeper::WallKeeper(const Walls& walls, const Dynamics& dynamics, std::size_t rows, std::uint64_t seed)
    : walls_(walls), dynamics_(&dynamics), momenta_(rows > dynamics.dimension()), absorbing_(walls.absorbing()),
      bridge_(walls.bridge && rows == dynamics.dimension()), stream_(seed, Purpose::walls), workspace_(dynamics),
      old_(absorbing_ ? rows : 0), variance_(absorbing_ ? dynamics.dimension() : 0) {}

void WallKeeper::begin(const Block& block, std::span<const double> death) {
  death_.assign(death.begin(), death.end());
  dead_.clear();
  is_dead_.assign(block.n, 0);
  place_.clear();
  hit_axis_.assign(block.n, 0);
  hit_wall_.assign(block.n, 0.0);
  for (std::size_t k = 0; k < death_.size(); ++k)
    if (death_[k] < alive) {
      dead_.push_back(k);
      is_dead_[k] = 1;
      for (double* row : block.x) place_.push_back(row[k]);
    }
}

void WallKeeper::before_step(const Block& block, const Step& at) {
  if (!absorbing_) return;
  copy_rows(as_const(block.x), old_.rows(), block.n);
  if (bridge_)
    dynamics_->variance(as_const(block.x).first(dynamics_->dimension()), variance_.rows(), block.n, dynamics_->temperature(at.t), workspace_);
}

/// Time after the start of the step at which a Brownian bridge from distance a to distance -b first meets the wall. In the time
/// v = s/(dt - s) the bridge is a Brownian motion with drift, and v follows the inverse Gaussian law with mean a/b and shape
/// a^2/(sigma^2 dt), drawn by the method of Michael, Schucany & Haas (1976).
double WallKeeper::hitting_time(double a, double b, double variance, std::uint64_t particle, const Step& at, std::uint32_t draw) const {
  double z = 0, u = 0;
  double* const normal[] = {&z};
  double* const uniform[] = {&u};
  stream_.normals(particle, 1, at.number, normal, draw);
  stream_.uniforms(particle, 1, at.number, uniform, draw + 2);
  const double mean = a / std::max(b, 1e-9 * a), shape = a * a / (variance * at.dt);
  const double y = mean * z * z / (2 * shape);
  const double root = std::sqrt(y * y + 2 * y);
  const double small = mean / (1 + y + root); // = mean (1 + y - root) without cancellation
  const double v = u * (mean + small) <= mean ? small : mean * mean / small;
  return std::isfinite(v) ? at.dt * (v / (1 + v)) : at.dt;
}

void WallKeeper::meet(std::size_t k, std::size_t axis, double wall, double a, double b, bool crossed, double variance, const Block& block, const Step& at) {
  const std::uint64_t particle = block.first + k;
  const bool upper = wall == walls_.axes[axis].upper;
  const auto draw = static_cast<std::uint32_t>(8 * axis + (upper ? 4 : 0));
  double time = at.t + at.dt;
  if (bridge_) {
    if (!crossed) {
      double u = 0;
      double* const uniform[] = {&u};
      stream_.uniforms(particle, 1, at.number, uniform, draw);
      if (!(u < std::exp(-2 * a * b / (variance * at.dt)))) return;
    }
    if (variance > 0 && a > 0) time = at.t + hitting_time(a, b, variance, particle, at, draw);
    else if (a <= 0) time = at.t;
  } else if (a + b > 0) {
    time = at.t + at.dt * (a / (a + b)); // where the chord crosses
  }
  if (time < death_[k]) {
    if (death_[k] == alive) dead_.push_back(k);
    death_[k] = time;
    hit_axis_[k] = axis;
    hit_wall_[k] = wall;
  }
}

void WallKeeper::absorb(Block& block, const Step& at, std::size_t axis) {
  const AxisWalls& walls = walls_.axes[axis];
  double* const now = block.x[axis];
  double* const old = old_[axis];
  const double* const variance = variance_[axis];
  for (const bool upper : {false, true}) {
    if ((upper ? walls.high : walls.low) != WallKind::absorbing) continue;
    const double wall = upper ? walls.upper : walls.lower, side = upper ? -1 : 1;
    if (bridge_ ? !comes_near(old, now, variance, wall, at.dt, block.n)
                : !leaves(now, upper ? -alive : std::nextafter(wall, alive), upper ? wall : alive, block.n))
      continue;
    for (std::size_t k = 0; k < block.n; ++k) {
      if (is_dead_[k] != 0) continue;
      const double a = side * (old[k] - wall), b = side * (now[k] - wall);
      const bool crossed = b <= 0;
      if (crossed || (bridge_ && 2 * a * b <= certain * at.dt * variance[k])) meet(k, axis, wall, a, std::abs(b), crossed, variance[k], block, at);
    }
  }
}

bool WallKeeper::fold(Block& block, std::size_t axis) const {
  const AxisWalls& walls = walls_.axes[axis];
  const bool periodic = walls.low == WallKind::periodic;
  const double lower = periodic || walls.low == WallKind::reflecting ? walls.lower : -alive;
  const double upper = periodic || walls.high == WallKind::reflecting ? walls.upper : alive;
  double* const x = block.x[axis];
  if ((lower == -alive && upper == alive) || !leaves(x, lower, upper, block.n)) return false;
  double* const p = momenta_ && !periodic ? block.x[dynamics_->dimension() + axis] : nullptr;
  for (std::size_t k = 0; k < block.n; ++k) {
    const double before = x[k];
    x[k] = folded(before, walls);
    if (p == nullptr || x[k] == before) continue;
    const double length = upper - lower; // infinite: one reflection
    const double bounces = std::isfinite(length) ? std::floor((before - lower) / length) : 1.0;
    if (std::fmod(std::abs(bounces), 2.0) == 1.0) p[k] = -p[k];
  }
  return true;
}

bool WallKeeper::after_step(Block& block, const Step& at) {
  const std::size_t rows = block.x.size(), died_before = dead_.size();
  bool moved = false;
  for (std::size_t i = 0; i < dead_.size(); ++i)
    for (std::size_t r = 0; r < rows; ++r) block.x[r][dead_[i]] = place_[i * rows + r];
  if (absorbing_)
    for (std::size_t axis = 0; axis < walls_.axes.size(); ++axis) absorb(block, at, axis);
  for (std::size_t i = died_before; i < dead_.size(); ++i) block.x[hit_axis_[dead_[i]]][dead_[i]] = hit_wall_[dead_[i]];
  for (std::size_t axis = 0; axis < walls_.axes.size(); ++axis) moved = fold(block, axis) || moved;
  for (std::size_t i = died_before; i < dead_.size(); ++i) {
    is_dead_[dead_[i]] = 1;
    for (double* row : block.x) place_.push_back(row[dead_[i]]);
  }
  return moved || !dead_.empty();
}

} // namespace driftwell
