#pragma once
// The integrand of dphi along one axis, split into a gradient (integrated exactly) and a rest (by quadrature).
#include "driftwell/model/model.hpp"

namespace driftwell {

/// - (b_a - T d_a D_a) / (T D_a) = d_a exact + rest
struct EdgeForm {
  Expression exact;
  Expression rest;
  Expression diffusion;     ///< D_a
  Expression velocity;      ///< b_a - T d_a D_a, for edges where D_a vanishes
  bool degenerate = false;  ///< D_a is the constant 0: exact and rest mean nothing
};

[[nodiscard]] inline EdgeForm edge_form(const Model& model, std::size_t a, bool with_circulation) {
  const ItoForm ito = model.ito_form();
  const double T = model.temperature();
  const Expression D = model.diffusion(a, a);
  EdgeForm form;
  form.diffusion = D;
  const Expression force = with_circulation ? model.force(a) + model.circulation_drift(a) : model.force(a);
  form.velocity = model.drift(a, with_circulation) - Expression(T) * D.derivative(a);
  if (D.is_constant(0.0)) {
    form.degenerate = true;
    return form;
  }
  const bool potential_is_exact = ito.mobility_is_diffusion || D.is_constant();
  const Expression over_TD = Expression(1.0) / (Expression(T) * D);
  if (ito.mobility_is_diffusion) form.exact = model.potential() / Expression(T);
  else if (D.is_constant()) form.exact = model.potential() / Expression(T * D.constant());
  if (!D.is_constant() && ito.spurious != 1) form.exact = form.exact + Expression(1 - ito.spurious) * log(D);
  form.rest = -(force * over_TD);
  if (!potential_is_exact) form.rest = form.rest + model.gradient(a) * over_TD;
  return form;
}

} // namespace driftwell
