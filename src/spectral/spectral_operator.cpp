#include "driftwell/spectral/spectral_operator.hpp"

#include "axis_means.hpp"
#include "circulation_check.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/reduce.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Share of the modes of an axis whose decay is kept as it is. Near the upper end rates grow like n^4 at walls and mean
/// nothing; 0.65 was measured to be too few (error 60 times larger), 1 to cost four times the products for nothing.
constexpr double kept_modes = 0.85;
/// Where rho_ss is exp(-60) of its maximum, sqrt(rho_ss) is at the limit of double precision beside it.
constexpr double negligible = -60;
/// Along an axis: dense matrices of more take minutes to make, and hundreds resolve what is smooth.
constexpr std::size_t most_points = 1024;
/// Smallest eigenvalue of D over the largest.
constexpr double flattest_noise = 1e-10;
constexpr std::size_t parallel_from = 60'000;

double dot(const VectorXd& a, const VectorXd& b) {
  return deterministic_sum(static_cast<std::size_t>(a.size()), [&](std::size_t k) { return a[static_cast<Index>(k)] * b[static_cast<Index>(k)]; });
}

std::vector<SpectralAxis> make_axes(const Grid& box) {
  std::vector<SpectralAxis> axes;
  for (const Axis& axis : box.axes()) {
    if (axis.sides[0] == Boundary::absorbing || axis.sides[1] == Boundary::absorbing)
      throw NotSpectral(NotSpectral::Part::boundary, "the spectral method has no absorbing walls", "reflecting or periodic sides, or propagator = \"auto\"");
    if (axis.cells > most_points)
      throw NotSpectral(NotSpectral::Part::cells, "the spectral method has dense matrices along an axis, of at most " + std::to_string(most_points) + " points; here there are " + std::to_string(axis.cells),
                        "some 40 to 200 points an axis, whose error falls exponentially; or propagator = \"auto\"");
    axes.push_back(spectral_axis(axis));
  }
  return axes;
}

/// theta of rho_ss = exp(-f / theta).
double theta_of(const Model& model) {
  const double T = model.temperature();
  if (model.interpretation() == Interpretation::anti_ito || !model.diffusion(0, 0).is_constant()) return T;
  return T * model.diffusion(0, 0).constant();
}

bool diagonal_noise(const Model& model) {
  for (std::size_t i = 0; i < model.dimension(); ++i)
    for (std::size_t j = 0; j < model.dimension(); ++j) {
      const Expression& D = model.diffusion(i, j);
      if (!D.is_constant() || (i != j && !D.is_constant(0)) || (i == j && !(D.constant() > 0))) return false;
    }
  return true;
}

/// Of diagonal noise: D = c I.
bool equal_noise(const Model& model) {
  for (std::size_t i = 1; i < model.dimension(); ++i)
    if (model.diffusion(i, i).constant() != model.diffusion(0, 0).constant()) return false;
  return true;
}

} // namespace

void SpectralOperator::check(const Model& model) const {
  using Part = NotSpectral::Part;
  const std::string auto_advice = "propagator = \"auto\" solves it with finite volumes";
  if (!model.has_potential()) throw NotSpectral(Part::model, "the spectral method needs a potential: its steady state is exp(-f/T)", auto_advice);
  if (model.interpretation() != Interpretation::anti_ito && (!diagonal_noise(model) || !equal_noise(model)))
    throw NotSpectral(Part::diffusion, "with this diffusion and the same mobility for all the steady state is not known",
                      "interpretation = \"anti_ito\" (D is the mobility too), or D = c times the identity; or propagator = \"auto\", which solves for the steady state");
  if (theta_ != temperature_ && model.has_circulation())
    throw NotSpectral(Part::circulation, "a circulation Q leaves exp(-f/T) stationary, which is not the steady state with this diffusion", auto_advice);
}

SpectralOperator::SpectralOperator(const Model& model, const Grid& box)
    : axes_(make_axes(box)), grid_(spectral_grid(axes_)), temperature_(model.temperature()), theta_(theta_of(model)) {
  check(model);
  std::vector<VectorXd> slope, curvature;
  sample(model, slope, curvature);
  check_finite(model, slope, curvature);
  normalise();
  if (!diagonal_noise(model)) make_tensor(model);
  for (std::size_t a = 0; a < grid_.dimension(); ++a) kappa_.push_back(tensor_ ? mean(tensor_->kappa(a, a)) : temperature_ * model.diffusion(a, a).constant());
  if (!reversible()) check_circulation(model, grid_, slope, circulation_, log_p_, theta_);
  diagonal_ = VectorXd::Zero(static_cast<Index>(size()));
  for (std::size_t a = 0; a < grid_.dimension(); ++a) add_axis(a, slope[a], curvature[a]);
  tensor_ ? bound_tensor() : bound_diagonal();
  if (!reversible()) bound_rotation();
}

void SpectralOperator::sample(const Model& model, std::vector<VectorXd>& slope, std::vector<VectorXd>& curvature) {
  const std::size_t d = grid_.dimension();
  std::vector<Expression> outputs{model.potential()};
  for (std::size_t a = 0; a < d; ++a) outputs.push_back(model.gradient(a));
  for (std::size_t a = 0; a < d; ++a) outputs.push_back(model.gradient(a).derivative(a));
  const bool turns = model.has_force() || model.has_circulation();
  for (std::size_t a = 0; turns && a < d; ++a)
    outputs.push_back((model.has_force() ? model.force(a) : Expression(0.0)) + (model.has_circulation() ? model.circulation_drift(a) : Expression(0.0)));
  std::vector<VectorXd> values = sample_nodes(outputs, grid_);
  potential_ = std::move(values[0]);
  for (std::size_t a = 0; a < d; ++a) slope.push_back(std::move(values[1 + a]));
  for (std::size_t a = 0; a < d; ++a) curvature.push_back(std::move(values[1 + d + a]));
  for (std::size_t a = 0; turns && a < d; ++a) circulation_.push_back(std::move(values[1 + 2 * d + a]));
}

std::string SpectralOperator::place(const Model& model, Index node) const {
  std::string where;
  const std::vector<double> x = grid_.centre(static_cast<std::size_t>(node));
  for (std::size_t a = 0; a < x.size(); ++a) where += (a ? ", " : "") + model.names()[a] + " = " + std::to_string(x[a]);
  return where;
}

void SpectralOperator::check_finite(const Model& model, const std::vector<VectorXd>& slope, const std::vector<VectorXd>& curvature) const {
  const auto look = [&](const VectorXd& values, const std::string& what, NotSpectral::Part part) {
    for (Index k = 0; k < values.size(); ++k) {
      if (std::isfinite(values[k])) continue;
      throw NotSpectral(part, what + " is " + std::to_string(values[k]) + " at " + place(model, k), "finite values in the whole box: narrow lower and upper, or change the formula");
    }
  };
  look(potential_, "the potential", NotSpectral::Part::potential);
  for (std::size_t a = 0; a < slope.size(); ++a) {
    look(slope[a], "the derivative of the potential by " + model.names()[a], NotSpectral::Part::potential);
    look(curvature[a], "the second derivative of the potential by " + model.names()[a], NotSpectral::Part::potential);
  }
  for (std::size_t a = 0; a < circulation_.size(); ++a) look(circulation_[a], "the circulating drift of " + model.names()[a], NotSpectral::Part::force);
}

void SpectralOperator::normalise() {
  const Index n = static_cast<Index>(size());
  log_p_.resize(n);
  root_.resize(n);
  const double least = potential_.minCoeff();
  for (Index k = 0; k < n; ++k) log_p_[k] = (least - potential_[k]) / theta_ + grid_.log_volume(static_cast<std::size_t>(k));
  const double log_sum = std::log(deterministic_sum(size(), [&](std::size_t k) { return std::exp(log_p_[static_cast<Index>(k)]); }));
  log_partition_ = log_sum - least / theta_;
#pragma omp parallel for schedule(static) if (size() > parallel_from)
  for (Index k = 0; k < n; ++k) {
    log_p_[k] -= log_sum;
    root_[k] = std::exp(std::max(log_p_[k], -1400.0) / 2); // positive also where p_ss underflows
  }
}

double SpectralOperator::mean(const VectorXd& values) const {
  return deterministic_sum(size(), [&](std::size_t k) { return std::exp(log_p_[static_cast<Index>(k)]) * values[static_cast<Index>(k)]; });
}

void SpectralOperator::make_tensor(const Model& model) {
  const std::size_t d = grid_.dimension();
  std::vector<Expression> entries;
  for (std::size_t a = 0; a < d; ++a)
    for (std::size_t b = 0; b <= a; ++b) entries.push_back(temperature_ * model.diffusion(a, b));
  std::vector<VectorXd> kappa = sample_nodes(entries, grid_);
  for (const VectorXd& values : kappa)
    for (Index k = 0; k < values.size(); ++k)
      if (!std::isfinite(values[k]))
        throw NotSpectral(NotSpectral::Part::diffusion, "the diffusion is " + std::to_string(values[k]) + " at " + place(model, k), "finite values in the whole box");
  tensor_.emplace(d, std::move(kappa));
  if (const auto [node, ratio] = tensor_->flattest(); !(ratio > flattest_noise))
    throw NotSpectral(NotSpectral::Part::diffusion, "the diffusion is not positive definite at " + place(model, node), "a positive definite D; or propagator = \"auto\", which takes semi-definite ones");
}

void SpectralOperator::add_axis(std::size_t a, const VectorXd& slope, const VectorXd& curvature) {
  const AxisMeans means = axis_means(grid_, a, log_p_, slope, curvature, theta_);
  const SpectralAxis& axis = axes_[a];
  const Index n = axis.derivative.rows();
  MatrixXd A = axis.derivative;
  A.diagonal() += means.force / (2 * theta_);
  if (axis.unseen > 0) A += axis.unseen * axis.analysis.row(n - 1).transpose() * axis.analysis.row(n - 1);
  const SymmetricEigen solver(A.transpose() * A);
  const Index kept = std::min<Index>(n, static_cast<Index>(std::ceil(kept_modes * static_cast<double>(n))));
  const double top = solver.eigenvalues()[kept - 1];
  const MatrixXd& V = solver.eigenvectors();
  modes_.push_back({kappa_[a] * solver.eigenvalues().cwiseMax(0.0).cwiseMin(top), V});
  if (!reversible()) {
    const MatrixXd low = V.leftCols(kept) * V.leftCols(kept).transpose();
    const MatrixXd B = 0.5 * (low * axis.derivative * low);
    turn_.emplace_back(B, before(a), grid_.stride(a));
    turn_back_.emplace_back(B.transpose(), before(a), grid_.stride(a));
  }
  if (tensor_) {
    const VectorXd cut = (top / solver.eigenvalues().array().max(top)).sqrt();
    tensor_->add_axis(A * V * cut.asDiagonal() * V.transpose(), excess_force(a, slope, means.force), before(a), grid_.stride(a));
    return;
  }
  decay_.emplace_back(-(V * modes_.back().rates.asDiagonal() * V.transpose()), before(a), grid_.stride(a));
  bound_ += kappa_[a] * top;
  add_diagonal(a, slope, curvature, means);
}

/// What the mean force misses, over 2 theta. In the tails, where nothing depends on it, no larger than elsewhere: it would only cost products.
VectorXd SpectralOperator::excess_force(std::size_t a, const VectorXd& slope, const VectorXd& mean_force) const {
  const double limit = log_p_.maxCoeff() + negligible;
  VectorXd excess(slope.size());
  double high = 0;
  for (Index k = 0; k < slope.size(); ++k) {
    excess[k] = (slope[k] - mean_force[static_cast<Index>(grid_.coordinate(static_cast<std::size_t>(k), a))]) / (2 * theta_);
    if (log_p_[k] > limit) high = std::max(high, std::abs(excess[k]));
  }
  return excess.cwiseMax(-high).cwiseMin(high);
}

/// (A + delta)^T (A + delta) - A^T A by parts: a diagonal, and at walls what the boundary term leaves.
void SpectralOperator::add_diagonal(std::size_t a, const VectorXd& slope, const VectorXd& curvature, const AxisMeans& means) {
  const std::size_t stride = grid_.stride(a), cells = grid_.axis(a).cells;
  const bool walls = !grid_.axis(a).periodic();
  for (Index k = 0; k < diagonal_.size(); ++k) {
    const std::size_t i = static_cast<std::size_t>(k) / stride % cells;
    const auto at = static_cast<Index>(i);
    const double mean = means.force[at], excess = slope[k] - mean;
    double value = excess * (slope[k] + mean) / (4 * theta_ * theta_) - (curvature[k] - means.curvature[at]) / (2 * theta_);
    if (walls && (i == 0 || i + 1 == cells)) value += (i ? 1 : -1) * excess / (2 * theta_ * grid_.axis(a).width(i));
    diagonal_[k] -= kappa_[a] * value;
  }
}

void SpectralOperator::bound_diagonal() {
  const double limit = log_p_.maxCoeff() + negligible;
  double high = 0;
  for (Index k = 0; k < diagonal_.size(); ++k)
    if (log_p_[k] > limit) high = std::max(high, -diagonal_[k]);
  // Beyond, nothing depends on the value; extreme ones would only cost products, or beat the capped matrices.
  for (Index k = 0; k < diagonal_.size(); ++k)
    if (log_p_[k] <= limit) diagonal_[k] = std::clamp(diagonal_[k], -high, 0.0);
  if (diagonal_.cwiseAbs().maxCoeff() < 1e-13 * bound_) diagonal_.resize(0); // a separable potential
  bound_ += high;
}

/// The largest singular value of a map on the nodes, by some steps of the power method from a fixed start, rounded up.
template <class Map> double SpectralOperator::largest(const Map& map) const {
  VectorXd u(static_cast<Index>(size())), y(u.size());
  for (Index k = 0; k < u.size(); ++k) u[k] = std::sin(1.0 + 12.9898 * static_cast<double>(k)) + 0.3;
  double norm = 0;
  for (int step = 0; step < 30; ++step) {
    u /= std::sqrt(dot(u, u));
    y.setZero();
    map(u.data(), y.data());
    norm = std::sqrt(dot(y, y));
    if (norm == 0) break;
    u = y;
  }
  return 1.1 * norm;
}

void SpectralOperator::bound_tensor() {
  diagonal_.resize(0);
  bound_ = largest([&](const double* u, double* y) { tensor_->apply(u, y); });
}

void SpectralOperator::bound_rotation() {
  bool any = false;
  for (VectorXd& j : circulation_) {
    if (j.cwiseAbs().maxCoeff() == 0) j.resize(0);
    any = any || j.size() > 0;
  }
  if (any) {
    rotation_ = largest([&](const double* u, double* y) { apply_circulation(u, y); });
    return;
  }
  circulation_.clear();
  turn_.clear();
  turn_back_.clear();
}

void SpectralOperator::apply(const double* u, double* y) const {
  apply_decay(u, y);
  if (!reversible()) apply_circulation(u, y);
}

/// y = -S u
void SpectralOperator::apply_decay(const double* u, double* y) const {
  if (tensor_) return tensor_->apply(u, y);
  decay_[0].multiply(u, y);
  for (std::size_t a = 1; a < decay_.size(); ++a) decay_[a].multiply_add(u, y);
  if (diagonal_.size() > 0) {
    const double* v = diagonal_.data();
    const auto n = static_cast<Index>(size());
#pragma omp parallel for schedule(static) if (size() > parallel_from)
    for (Index k = 0; k < n; ++k) y[k] += v[k] * u[k];
  }
}

/// y += C u
void SpectralOperator::apply_circulation(const double* u, double* y) const {
  const auto n = static_cast<Index>(size());
  work_.resize(n);
  double* w = work_.data();
  for (std::size_t a = 0; a < circulation_.size(); ++a) {
    if (circulation_[a].size() == 0) continue;
    const double* j = circulation_[a].data();
#pragma omp parallel for schedule(static) if (size() > parallel_from)
    for (Index k = 0; k < n; ++k) w[k] = j[k] * u[k];
    turn_back_[a].multiply_add(w, y);
    turn_[a].multiply(u, w);
#pragma omp parallel for schedule(static) if (size() > parallel_from)
    for (Index k = 0; k < n; ++k) y[k] -= j[k] * w[k];
  }
}

double SpectralOperator::energy(const VectorXd& u) const {
  work_2_.resize(u.size());
  apply_decay(u.data(), work_2_.data()); // C is antisymmetric and drops out
  return -dot(u, work_2_);
}

double SpectralOperator::steady_residual() const {
  work_2_.resize(root_.size());
  apply(root_.data(), work_2_.data());
  return std::sqrt(dot(work_2_, work_2_));
}

double SpectralOperator::entropy_production() const {
  if (reversible()) return 0;
  return deterministic_sum(size(), [&](std::size_t node) {
    const auto k = static_cast<Index>(node);
    VectorXd j(static_cast<Index>(grid_.dimension()));
    double sum = 0;
    for (std::size_t a = 0; a < circulation_.size(); ++a) {
      j[static_cast<Index>(a)] = circulation_[a].size() > 0 ? circulation_[a][k] : 0.0;
      if (!tensor_) sum += j[static_cast<Index>(a)] * j[static_cast<Index>(a)] / kappa_[a];
    }
    return root_[k] * root_[k] * (tensor_ ? tensor_->inverse_form(j, k) : sum);
  });
}

double SpectralOperator::operations() const {
  double sum = tensor_ ? tensor_->operations() : 2.0 * static_cast<double>(size());
  for (const AxisMatrix& m : decay_) sum += m.operations();
  for (std::size_t a = 0; a < circulation_.size(); ++a)
    if (circulation_[a].size() > 0) sum += 2 * turn_[a].operations();
  return sum;
}

SpectralOperator::Decay SpectralOperator::decay(const VectorXd& u, std::size_t a) const {
  const AxisMatrix analysis(axes_[a].analysis, before(a), grid_.stride(a));
  VectorXd coefficients(u.size());
  analysis.multiply(u.data(), coefficients.data());
  const std::size_t n = grid_.axis(a).cells, stride = grid_.stride(a);
  std::vector<double> size(n);
  for (Index k = 0; k < u.size(); ++k) {
    double& largest = size[static_cast<std::size_t>(k) / stride % n];
    largest = std::max(largest, std::abs(coefficients[k]));
  }
  const double top = *std::max_element(size.begin(), size.end());
  // The largest from there on: parity makes every other coefficient vanish.
  const auto beyond = [&](std::size_t from) { return *std::max_element(size.begin() + static_cast<std::ptrdiff_t>(from), size.end()) / top; };
  return {beyond(n * 7 / 16), beyond(std::min(n - 2, n * 7 / 8))};
}

} // namespace driftwell
