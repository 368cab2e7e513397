#pragma once
// Log-Sobolev and Poincare constants of rho_ss = exp(-f/T)/Z from the formula of f.
//
//   log-Sobolev   KL(rho, rho_ss) <= I(rho, rho_ss) / (2 rho_LS),  I = int rho |grad log(rho/rho_ss)|^2
//   Poincare      Var(g) <= int |grad g|^2 rho_ss / lambda_P
//
// Both are constants of the measure, of the unit 1/length^2. Under dx = -grad f dt + sqrt(2 T) dW (D = I; reflecting walls of a convex
// domain allowed, periodic sides not) they are rates through T: KL(t) <= exp(-2 T rho_LS t) KL(0), spectral gap = T lambda_P, and
// rho_LS <= lambda_P. Hess f >= kappa gives rho_LS >= kappa/T (Bakry & Emery 1985).
#include "driftwell/bounds/search.hpp"
#include "driftwell/expression/expression.hpp"

#include <string>

namespace driftwell::bounds {

using expression::Expression;

/// f = V + U with V kappa-convex and osc U = max U - min U finite: rho_LS >= (kappa/T) exp(-osc U/T) (Holley & Stroock 1987; the
/// bounded change of measure costs exp(-osc)). For given kappa the least osc U is max(f - V) with V - kappa |x|^2/2 the convex envelope
/// of f - kappa |x|^2/2; kappa is then optimised (log kappa - osc/T is concave in it).
struct Convexification {
  double rho = 0;          ///< lower bound of rho_LS; rigorous: what a grid does not see is bounded by interval derivatives
  double kappa = 0;        ///< convexity of V
  double oscillation = 0;  ///< >= osc U
  bool holds = false;      ///< false: no bound was found, `reason` says why
  std::string reason;
};

/// On an interval, possibly infinite. On a half line or the line f'' must be at least some kappa > 0 far out, as interval arithmetic
/// sees it; else `holds` is false. Throws std::invalid_argument for an empty domain or T <= 0.
[[nodiscard]] Convexification best_convexification(const Expression& f, double temperature, const Interval& domain, std::size_t cells = 4000);
/// In any dimension on a bounded box: variables that f does not couple are taken apart (tensor rule: the least constant of all
/// parts), parts of one variable as above, of two and three on a grid by discrete Legendre transforms; larger parts by kappa alone.
[[nodiscard]] Convexification best_convexification(const Expression& f, double temperature, const Box& box);

/// A lower bound of rho_LS and how it was found; rho = 0: none.
struct LowerBound {
  double rho = 0;
  std::string method;
};
/// The largest of several: variables that f does not couple are taken apart, parts of one variable by the best convexification, as mixtures of wells
/// split at the barriers (sharp at low temperature between equal wells) and by Barthe & Roberto's criterion, larger parts by the best convexification.
/// On a bounded box. Throws as best_convexification.
[[nodiscard]] LowerBound log_sobolev_lower(const Expression& f, double temperature, const Box& box);

/// The groups of variables that f couples: f is a sum of functions of one group each.
[[nodiscard]] std::vector<std::vector<std::size_t>> coupled_variables(const Expression& f, std::size_t dimension);

/// In 1-D, from both sides, with rigorous quadrature; on a bounded interval with reflecting walls.
struct LineConstants {
  /// lambda_P. For smooth f from a trial function (Chen & Wang 1997 below, Rayleigh above): three to six digits, more with more cells.
  /// With corners, and in any case at least: Muckenhoupt's criterion about the median, B/2 <= 1/lambda_P <= 4 B (Bobkov & Goetze 1999).
  Interval poincare;
  /// rho_LS. Barthe & Roberto, Studia Math. 159 (2003): max b <= 2/rho_LS <= 4 max B; from above also lambda_P. The best convexification
  /// is another lower bound, often a better one.
  Interval log_sobolev;
  double median = 0;
};
/// Throws std::invalid_argument for an interval that is empty or infinite, T <= 0, and where f is not finite or jumps.
[[nodiscard]] LineConstants line_constants(const Expression& f, double temperature, const Interval& domain, std::size_t cells = 4000);

} // namespace driftwell::bounds
