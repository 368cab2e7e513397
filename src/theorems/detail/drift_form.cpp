#include "drift_form.hpp"

#include "curvature.hpp"
#include "sample_fields.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;
using Matrix = std::vector<std::vector<Expression>>;

namespace {

/// Below this p_ss tells nothing: neighbours may have underflown.
constexpr double least_probability = 1e-280;

/// Five-point Gauss-Legendre on [0, 1].
constexpr std::array<double, 5> nodes{0.046910077030668004, 0.23076534494715845, 0.5, 0.76923465505284155, 0.953089922969332};
constexpr std::array<double, 5> weights{0.11846344252809454, 0.23931433524968324, 0.28444444444444444, 0.23931433524968324, 0.11846344252809454};

Matrix zeros(std::size_t d) { return Matrix(d, std::vector<Expression>(d, Expression(0.0))); }

Expression minor_of(const Model& model, std::size_t i, std::size_t j) {
  const auto D = [&](std::size_t a, std::size_t b) -> const Expression& { return model.diffusion(a % 3, b % 3); };
  return D(i + 1, j + 1) * D(i + 2, j + 2) - D(i + 1, j + 2) * D(i + 2, j + 1);
}

Matrix inverse_of(const Model& model) {
  const std::size_t d = model.dimension();
  Matrix inverse = zeros(d);
  if (model.diagonal()) {
    for (std::size_t i = 0; i < d; ++i) {
      if (model.diffusion(i, i).is_constant(0.0)) throw NotApplicable{"D has an inverse", "D_" + model.names()[i] + model.names()[i] + " is 0"};
      inverse[i][i] = Expression(1.0) / model.diffusion(i, i);
    }
    return inverse;
  }
  if (d > 3) throw NotApplicable{"at most three variables where D is a full matrix", fmt::format("{}", d)};
  if (d == 2) {
    const Expression det = model.diffusion(0, 0) * model.diffusion(1, 1) - model.diffusion(0, 1) * model.diffusion(1, 0);
    if (det.is_constant(0.0)) throw NotApplicable{"D has an inverse", "its determinant is 0"};
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j) inverse[i][j] = Expression(i == j ? 1.0 : -1.0) * model.diffusion(i == j ? 1 - i : i, i == j ? 1 - j : j) / det;
    return inverse;
  }
  Expression det(0.0);
  for (std::size_t j = 0; j < 3; ++j) det = det + model.diffusion(0, j) * minor_of(model, 0, j);
  if (det.is_constant(0.0)) throw NotApplicable{"D has an inverse", "its determinant is 0"};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) inverse[i][j] = minor_of(model, j, i) / det;
  return inverse;
}

void require_finite(const Level& level, const std::vector<VectorXd>& values) {
  for (const VectorXd& v : values)
    for (Index k = 0; k < v.size(); ++k)
      if (!std::isfinite(v[k]) && level.steady().p[k] > least_probability)
        throw NotApplicable{"D has an inverse, and it is finite with the drift", place_of(level, static_cast<std::size_t>(k))};
}

/// Integrals along axis a around the period through the middle of the box, and what quadrature leaves open.
double around(const Level& level, const std::vector<VectorXd>& work, std::size_t a) {
  const Grid& grid = level.grid();
  std::size_t k = 0;
  for (std::size_t o = 0; o < grid.dimension(); ++o)
    if (o != a) k += grid.axis(o).cells / 2 * grid.stride(o);
  double sum = 0, size = 0;
  for (std::size_t i = 0; i < grid.axis(a).cells; ++i, k += grid.stride(a)) {
    sum += work[a][static_cast<Index>(k)];
    size += std::abs(work[a][static_cast<Index>(k)]);
  }
  // A smooth periodic integrand leaves rounding alone.
  const double rounding = std::numeric_limits<double>::epsilon() * static_cast<double>(grid.axis(a).cells) * (1 + size);
  return std::abs(sum) > 4 * rounding ? sum : 0;
}

} // namespace

DriftForm drift_form(const Model& model) {
  const std::size_t d = model.dimension();
  if (model.underdamped()) throw NotApplicable{"an overdamped equation", "the model has a friction"};
  DriftForm result{{}, {}, inverse_of(model)};
  for (std::size_t i = 0; i < d; ++i) {
    Expression v = model.drift(i);
    for (std::size_t j = 0; j < d; ++j) v = v - Expression(model.temperature()) * model.diffusion(i, j).derivative(j);
    result.velocity.push_back(v);
  }
  for (std::size_t i = 0; i < d; ++i) {
    Expression A(0.0);
    for (std::size_t j = 0; j < d; ++j) A = A + result.inverse[i][j] * result.velocity[j];
    result.form.push_back(A);
  }
  return result;
}

DriftFields drift_fields(const Level& level, const DriftForm& form) {
  const std::size_t d = form.form.size();
  std::vector<Expression> all = form.velocity;
  all.insert(all.end(), form.form.begin(), form.form.end());
  for (std::size_t i = 0; i < d; ++i) all.insert(all.end(), form.inverse[i].begin(), form.inverse[i].end());
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) all.push_back(level.model().diffusion(i, j));
  std::vector<VectorXd> values = sample_fields(all, level.grid());
  require_finite(level, values);
  DriftFields fields{{}, {}, std::vector<std::vector<VectorXd>>(d), std::vector<std::vector<VectorXd>>(d)};
  for (std::size_t i = 0; i < d; ++i) {
    fields.velocity.push_back(values[i]);
    fields.form.push_back(values[d + i]);
    for (std::size_t j = 0; j < d; ++j) {
      fields.inverse[i].push_back(values[2 * d + i * d + j]);
      fields.diffusion[i].push_back(values[2 * d + d * d + i * d + j]);
    }
  }
  return fields;
}

std::vector<VectorXd> edge_work(const Model& model, const DriftForm& form, const Grid& grid) {
  std::vector<VectorXd> work;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    VectorXd sum = VectorXd::Zero(static_cast<Index>(grid.size()));
    for (std::size_t q = 0; q < nodes.size(); ++q) {
      std::vector<double> at(axis.cells);
      for (std::size_t i = 0; i < axis.cells; ++i) {
        at[i] = axis.centre(i) + nodes[q] * axis.step(i);
        if (at[i] > axis.upper) at[i] -= axis.upper - axis.lower; // the edge around the period, inside the box
      }
      sum += weights[q] * sample_fields({form.form[a]}, grid, a, at)[0];
    }
    for (Index k = 0; k < sum.size(); ++k) {
      const std::size_t i = grid.coordinate(static_cast<std::size_t>(k), a);
      sum[k] = axis.periodic() || i + 1 < axis.cells ? sum[k] * axis.step(i) / model.temperature() : 0.0;
    }
    work.push_back(std::move(sum));
  }
  return work;
}

GradientTest gradient_test(const Level& level, const DriftForm& form) {
  const std::size_t d = form.form.size();
  GradientTest test;
  std::vector<Expression> derivatives, curls;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) derivatives.push_back(form.form[j].derivative(i));
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i + 1; j < d; ++j) curls.push_back(derivatives[i * d + j] - derivatives[j * d + i]);
  test.terms = steady_norm(level, sample_fields(derivatives, level.grid()));
  if (!curls.empty()) test.curl = steady_norm(level, sample_fields(curls, level.grid()));
  const std::vector<VectorXd> work = edge_work(level.model(), form, level.grid());
  for (std::size_t a = 0; a < d; ++a)
    if (level.grid().axis(a).periodic())
      if (const double p = around(level, work, a); std::abs(p) > std::abs(test.period)) test.period = p;
  // Derivatives of long formulas lose some digits, differences of equal ones all but those.
  const bool at_points = test.curl <= 1e-10 * test.terms;
  if (at_points) test.everywhere = field_bound(curls, box_of(level.grid()), test.terms);
  test.curl_words = test.everywhere.words(level.model());
  test.gradient = at_points && !test.everywhere.differs() && test.period == 0;
  return test;
}

Hypothesis GradientTest::hypothesis() const {
  std::string detail;
  if (gradient || everywhere.differs()) detail = "its curl " + curl_words;
  else if (curl > 1e-10 * terms) detail = fmt::format("the root mean square of its curl is {:.6g}", curl);
  else detail = fmt::format("its integral around a period is {:.6g} T", period);
  return {gradient ? Hypothesis::State::met : Hypothesis::State::failed, "D^-1 (b - T div D) is a gradient", detail};
}

double steady_mean(const Level& level, const VectorXd& v) {
  const VectorXd& p = level.steady().p;
  double sum = 0;
  for (Index k = 0; k < v.size(); ++k)
    if (p[k] > least_probability) sum += p[k] * v[k];
  return sum;
}

Measured measure_norm(const DensityEvidence& density, const std::function<double(const Level&)>& norm) {
  Measured m = density.measure_one(norm);
  const double fine = norm(density.level());
  m.error = std::max(m.error, std::abs(m.value - fine));
  // Not extrapolated: of first order or so.
  if (m.value == fine && density.levels() > 1) m.error = std::max(m.error, 2 * std::abs(fine - norm(density.level(1))));
  return m;
}

double natural_slope(const Level& level) {
  double width = 0;
  for (const Axis& axis : level.grid().axes()) width = std::max(width, axis.upper - axis.lower);
  return steady_norm(level, gradient_of(level.grid(), level.steady().implicit_potential)) + level.generator().temperature() / width;
}

double steady_norm(const Level& level, const std::vector<VectorXd>& v) {
  double sum = 0;
  for (const VectorXd& component : v) sum += steady_mean(level, component.cwiseAbs2());
  return std::sqrt(sum);
}

double norm_inside(const Level& level, std::vector<VectorXd> v) {
  const Grid& grid = level.grid();
  if (level.model().has_circulation())
    for (std::size_t k = 0; k < grid.size(); ++k)
      for (std::size_t a = 0; a < grid.dimension(); ++a)
        if (const std::size_t i = grid.coordinate(k, a); !grid.axis(a).periodic() && (i == 0 || i + 1 == grid.axis(a).cells))
          for (VectorXd& component : v) component[static_cast<Index>(k)] = 0;
  return steady_norm(level, v);
}

std::optional<double> isotropic(const Model& model) {
  if (!model.diagonal() || !model.diffusion(0, 0).is_constant()) return std::nullopt;
  const double c = model.diffusion(0, 0).constant();
  for (std::size_t i = 1; i < model.dimension(); ++i)
    if (!model.diffusion(i, i).is_constant(c)) return std::nullopt;
  return c;
}

std::vector<VectorXd> gradient_of(const Grid& grid, const VectorXd& v) {
  std::vector<VectorXd> result;
  for (std::size_t a = 0; a < grid.dimension(); ++a) result.push_back(central_derivative(grid, v, a));
  return result;
}

double slope_rounding(const Level& level) {
  double h = std::numeric_limits<double>::infinity();
  for (const Axis& axis : level.grid().axes())
    for (std::size_t i = 0; i < axis.cells; ++i) h = std::min(h, axis.width(i));
  return 4 * std::numeric_limits<double>::epsilon() * (1 + level.steady().implicit_potential.cwiseAbs().maxCoeff()) / h;
}

std::vector<VectorXd> product(const std::vector<std::vector<VectorXd>>& m, const std::vector<VectorXd>& v) {
  std::vector<VectorXd> result;
  for (const auto& row : m) result.push_back(inner(row, v));
  return result;
}

VectorXd inner(const std::vector<VectorXd>& u, const std::vector<VectorXd>& v) {
  VectorXd sum = VectorXd::Zero(u[0].size());
  for (std::size_t i = 0; i < u.size(); ++i) sum += u[i].cwiseProduct(v[i]);
  return sum;
}

const DriftFields& FormEvidence::fields(const Level& level) const {
  const auto found = fields_.find(&level);
  return found != fields_.end() ? found->second : fields_.emplace(&level, drift_fields(level, form_)).first->second;
}

const GradientTest& FormEvidence::gradient() const {
  if (!gradient_) {
    (void)fields(density_.level()); // what has no inverse says so
    gradient_ = gradient_test(density_.level(), form_);
  }
  return *gradient_;
}

std::vector<VectorXd> FormEvidence::current_by_form(const Level& level) const {
  const DriftFields& f = fields(level);
  std::vector<VectorXd> j = product(f.diffusion, gradient_of(level.grid(), level.steady().implicit_potential));
  for (std::size_t i = 0; i < j.size(); ++i) j[i] += f.velocity[i];
  return j;
}

const Circulation& FormEvidence::current_by_flows(const Level& level) const {
  const auto found = flows_.find(&level);
  return found != flows_.end() ? found->second : flows_.emplace(&level, circulation(level.generator(), level.steady())).first->second;
}

std::string place_of(const Level& level, std::size_t cell) {
  std::string text;
  const auto x = level.grid().centre(cell);
  for (std::size_t a = 0; a < x.size(); ++a) text += fmt::format("{}{} = {:.4g}", a ? ", " : "", level.model().names()[a], x[a]);
  return text;
}

} // namespace driftwell::theorems
