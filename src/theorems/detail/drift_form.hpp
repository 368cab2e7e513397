#pragma once
// The drift as a 1-form. With b the Ito drift
//
//   J = b rho - T div(D rho) = D rho (A - T grad log rho),   A = D^-1 (b - T div D)
//
// A steady state rho_ss = exp(-Phi/T)/Z carries j = J_ss/rho_ss = D (A + grad Phi): detailed balance (j = 0) holds iff
// A = -grad Phi is a gradient, and else curl(D^-1 j) = curl A whatever Phi is. Made from the model's expressions alone: the
// generator has no part in it.
#include "field_bound.hpp"
#include "driftwell/stationary/circulation.hpp"
#include "driftwell/theorems/density_evidence.hpp"
#include "driftwell/theorems/subject.hpp"

#include <Eigen/Core>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::theorems {

/// Expressions; sizes d, d and d x d.
struct DriftForm {
  std::vector<Expression> velocity;              ///< b - T div D
  std::vector<Expression> form;                  ///< A
  std::vector<std::vector<Expression>> inverse;  ///< D^-1
};
/// Throws NotApplicable: more than three variables coupled, D without an inverse by its structure.
[[nodiscard]] DriftForm drift_form(const Model& model);

/// Values at the centres. Throws NotApplicable where A or D^-1 is not finite and rho_ss is not 0: D has no inverse there.
struct DriftFields {
  std::vector<Eigen::VectorXd> velocity, form;
  std::vector<std::vector<Eigen::VectorXd>> inverse, diffusion;
};
[[nodiscard]] DriftFields drift_fields(const Level& level, const DriftForm& form);

/// int_k^l A_a dx_a / T for the edge above cell k along every axis, by five-point Gauss quadrature; 0 where there is no edge.
[[nodiscard]] std::vector<Eigen::VectorXd> edge_work(const Model& model, const DriftForm& form, const Grid& grid);

/// Is A a gradient? Its curl from exact derivatives, in the mean square of rho_ss and by intervals in the whole box, and its integral around every
/// period. A curl that the points of the grid do not see is found by the intervals; where they cannot exclude one the words say so.
struct GradientTest {
  double curl = 0;      ///< sqrt(E_ss sum_{i<j} (d_i A_j - d_j A_i)^2)
  double terms = 0;     ///< sqrt(E_ss sum_ij (d_i A_j)^2)
  FieldBound everywhere{}; ///< of |curl| between the points
  std::string curl_words{};
  double period = 0;    ///< the largest |int A dx| / T around a period, over its own quadrature error and rounding taken off; 0: none
  bool gradient = false;
  [[nodiscard]] Hypothesis hypothesis() const;
};
[[nodiscard]] GradientTest gradient_test(const Level& level, const DriftForm& form);

/// sum_k p_k v_k over the cells that rho_ss reaches: where p underflows v may be anything.
[[nodiscard]] double steady_mean(const Level& level, const Eigen::VectorXd& v);
/// The limit of a norm or a distance: where the field vanishes with the grid its norm is no smooth function of h, and the whole step of the
/// extrapolation counts as its error.
[[nodiscard]] Measured measure_norm(const DensityEvidence& density, const std::function<double(const Level&)>& norm);
/// sqrt(E_ss |v|^2) of a vector field.
[[nodiscard]] double steady_norm(const Level& level, const std::vector<Eigen::VectorXd>& v);
/// The same of a model with a circulation without the cells at walls: what Q drives into a reflecting wall runs along it, in a layer that a
/// grid shows one cell thick.
[[nodiscard]] double norm_inside(const Level& level, std::vector<Eigen::VectorXd> v);
/// c where D is c times the identity, everywhere; else nothing.
[[nodiscard]] std::optional<double> isotropic(const Model& model);
/// The gradient of a field of cells.
[[nodiscard]] std::vector<Eigen::VectorXd> gradient_of(const Grid& grid, const Eigen::VectorXd& v);
/// What rounding does to a difference quotient of Phi.
[[nodiscard]] double slope_rounding(const Level& level);
/// sum_j M_ij v_j
[[nodiscard]] std::vector<Eigen::VectorXd> product(const std::vector<std::vector<Eigen::VectorXd>>& m, const std::vector<Eigen::VectorXd>& v);
/// sum_i u_i v_i
[[nodiscard]] Eigen::VectorXd inner(const std::vector<Eigen::VectorXd>& u, const std::vector<Eigen::VectorXd>& v);

/// An experiment with its drift form: fields of every level, made once.
class FormEvidence {
public:
  explicit FormEvidence(const DensityEvidence& density) : density_(density), form_(drift_form(density.model())) {}
  [[nodiscard]] const DensityEvidence& density() const { return density_; }
  [[nodiscard]] const DriftForm& form() const { return form_; }
  [[nodiscard]] const DriftFields& fields(const Level& level) const;
  [[nodiscard]] const GradientTest& gradient() const; ///< on the finest grid
  /// j = b - T div D + D grad Phi: the model's expressions and differences of Phi.
  [[nodiscard]] std::vector<Eigen::VectorXd> current_by_form(const Level& level) const;
  /// j = J_ss / rho_ss from the flows of the chain.
  [[nodiscard]] const Circulation& current_by_flows(const Level& level) const;

private:
  const DensityEvidence& density_;
  DriftForm form_;
  mutable std::map<const Level*, DriftFields> fields_;
  mutable std::map<const Level*, Circulation> flows_;
  mutable std::optional<GradientTest> gradient_;
};

/// sqrt(E_ss |grad Phi|^2), and T over the width of the box: what a slope is small beside, also where Phi is flat.
[[nodiscard]] double natural_slope(const Level& level);
/// "x = 0.5, y = -1"
[[nodiscard]] std::string place_of(const Level& level, std::size_t cell);

} // namespace driftwell::theorems
