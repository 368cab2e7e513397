#pragma once
// The width of SGD's cloud about a minimum of any loss as eta -> 0: second moments along the modes of H, sampled at eta, eta/2 and eta/4, over eta f. They are
// M + M' eta + O(eta^2), so 2 v(eta/4) - v(eta/2) leaves the second order, which the larger learning rates show. SGD on the linearised loss with the
// same batches (affine_loss.hpp) takes most of the scatter out.
#include "sgd_setting.hpp"

namespace driftwell::theorems {

/// Compares the limit with the law H S + S H = 2 T D, T = SgdEvidence::temperature(), one comparison a mode (the first eight).
/// Throws NotApplicable where a window would cost too much.
void compare_small_rates(ClaimMaker& claim, const SgdSetting& setting);

} // namespace driftwell::theorems
