#pragma once
#include "driftwell/observables/observable.hpp"

namespace driftwell {

/// c = p / mass without what rounding left below 0, log(c / p_ss), and their averages, in one sweep over memory.
void fill_state(const DensityState& state, Eigen::VectorXd& c, Eigen::VectorXd& log_ratio, DensityState::Averages& averages);

} // namespace driftwell
