#pragma once
// Expectations of SVAG and of the equation of order 1 at one time, for any loss: what weak convergence is about. From the start of the experiment, after k steps of
// SGD (k l of SVAG; t = k eta), with p the place that gradient descent has reached by then,
//
//   phi_1 = (x - x_0) . (p - x_0)/(|p - x_0| m_1),   phi_2 = |x - p|^2/m_2,   phi_3 = (f(x) - f(p))/m_3
//
// m_2, m_3 the size of the second and third for the loss linearised at p, m_1 = max(|p - x_0|, sqrt(m_2)). That loss, on the same batches and the same normal variates, is a control variate
// whose expectations are known (affine_loss.hpp).
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/sgd_evidence.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace driftwell::theorems {

class WeakComparison {
public:
  /// Throws NotApplicable: more than 64 weights, too many samples, or a start where nothing moves.
  explicit WeakComparison(const SgdEvidence& sgd);
  ~WeakComparison();
  WeakComparison(const WeakComparison&) = delete;
  WeakComparison& operator=(const WeakComparison&) = delete;

  [[nodiscard]] std::uint64_t steps() const;    ///< k
  [[nodiscard]] std::size_t replicas() const;
  [[nodiscard]] std::size_t largest_l() const;  ///< at which steps are short beside every mode
  [[nodiscard]] static std::vector<const char*> names(); ///< of phi_1, ...
  /// E phi of SVAG; the error is rounding. Throws NumericalFailure where it diverges.
  [[nodiscard]] std::vector<Measured> svag(std::size_t l) const;
  /// E phi of the equation; the error is what halving the time step changed, and rounding.
  [[nodiscard]] std::vector<Measured> equation() const;

private:
  struct Setting;
  std::unique_ptr<const Setting> setting_;
};

} // namespace driftwell::theorems
