#pragma once
// Values of eigenfunctions in cells of small probability, from where those cells lead.
#include "killed_rows.hpp"

#include <complex>

namespace driftwell {

/// l with A l = -lambda l in the cells whose weight s (the root of the law) is below 1e-4 of its largest, by Gauss-Seidel sweeps
///   l_k = sum_m rate_km l_m / (s_k + kappa_k + lambda)
/// from large to small s: drift leads from small to large, so that values reach the farthest tail in one sweep; elsewhere l is left as it is. What rounding
/// in s l, divided by s, left there goes. Cells below 1e-11 start from 0. Ends when no value changes by more than 1e-10 of it and of its root mean square, or after 300 sweeps.
void sweep_tails(const KilledRows& rows, const Eigen::VectorXd& s, std::complex<double> lambda, Eigen::Ref<Eigen::VectorXcd> l);

} // namespace driftwell
