#include "driftwell/estimators/winding.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/estimators/moments.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace driftwell::estimators {

WindingAccumulator::WindingAccumulator(std::size_t particles, std::array<double, 2> centre)
    : centre_(centre), x_(particles), y_(particles), angle_(particles), area_(particles) {
  if (!std::isfinite(centre[0]) || !std::isfinite(centre[1])) throw std::invalid_argument("winding: the centre must be finite");
}

void WindingAccumulator::add(const double* x, const double* y, double dt) {
  const std::size_t n = x_.size();
  const std::array<const double*, 2> columns{x, y};
  require_finite(columns, n, "winding");
  for (std::size_t i = 0; i < n; ++i)
    if (x[i] == centre_[0] && y[i] == centre_[1]) throw NumericalFailure(fmt::format("winding: particle {} is at the centre: it has no angle", i));
  if (calls_ > 0 && (!(dt > 0) || !std::isfinite(dt))) throw std::invalid_argument("winding: dt must be positive");
#pragma omp parallel for schedule(static) if (n > 4096)
  for (std::size_t i = 0; i < n; ++i) {
    const double u = x[i] - centre_[0], v = y[i] - centre_[1];
    if (calls_ > 0) {
      const double cross = x_[i] * v - y_[i] * u, dot = x_[i] * u + y_[i] * v;
      angle_[i] += std::atan2(cross, dot);
      area_[i] += cross / 2;
    }
    x_[i] = u;
    y_[i] = v;
  }
  if (calls_++ == 0) return;
  // Compensated: many small steps.
  const double step = dt - carry_, sum = time_ + step;
  carry_ = (sum - time_) - step;
  time_ = sum;
}

void WindingAccumulator::keep(State& state) {
  state(calls_);
  state(time_);
  state(carry_);
  for (auto* column : {&x_, &y_, &angle_, &area_}) state(*column);
}

WindingAccumulator::Result WindingAccumulator::result() const {
  if (calls_ < 2) throw NumericalFailure("winding: nothing has moved yet");
  const auto scaled = [](Estimate e, double factor) { return Estimate{e.value * factor, e.standard_error * factor}; };
  const Estimate angle = mean_of(angle_, "winding"), area = mean_of(area_, "winding");
  const double turn = 2 * 3.14159265358979323846;
  const double* columns[] = {angle_.data()};
  const Estimate variance = moments(columns, angle_.size()).covariance[0];
  return {time_, scaled(angle, 1 / time_), scaled(area, 1 / time_), scaled(angle, 1 / turn), scaled(variance, 1 / (turn * turn))};
}

} // namespace driftwell::estimators
