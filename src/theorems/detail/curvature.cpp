#include "curvature.hpp"

#include "driftwell/generator/gibbs.hpp"
#include "driftwell/theorems/subject.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>

namespace driftwell::theorems {

namespace {

using State = Hypothesis::State;

Eigen::MatrixXd constant_of(const Model& model) {
  const auto d = static_cast<Eigen::Index>(model.dimension());
  Eigen::MatrixXd D(d, d);
  for (Eigen::Index i = 0; i < d; ++i)
    for (Eigen::Index j = 0; j < d; ++j) D(i, j) = model.diffusion(static_cast<std::size_t>(i), static_cast<std::size_t>(j)).constant();
  return D;
}

std::vector<Expression> drift_of(const Model& model, bool with_circulation) {
  std::vector<Expression> b;
  for (std::size_t i = 0; i < model.dimension(); ++i) b.push_back(model.drift(i, with_circulation));
  return b;
}

/// The matrix whose smallest eigenvalue (in the metric D where D is constant) is the curvature.
bounds::Enclosure curvature_of(const Model& model, const std::vector<Expression>& drift, const bounds::Box& box) {
  const std::size_t d = model.dimension();
  const NoiseCoordinates y = noise_coordinates(model);
  bounds::ExpressionMatrix A(d, std::vector<Expression>(d, Expression(0.0)));
  if (y.constant.size()) {
    const bounds::ExpressionMatrix J = bounds::jacobian(drift, d);
    const Eigen::MatrixXd U = y.constant.inverse();
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        for (std::size_t k = 0; k < d; ++k)
          if (const double u = U(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)); u != 0) A[i][j] = A[i][j] - Expression(u) * J[k][j];
    return bounds::smallest_eigenvalue(A, box, y.identity() ? Eigen::MatrixXd() : y.constant, {}, drift);
  }
  std::vector<Expression> c;
  for (std::size_t i = 0; i < d; ++i)
    c.push_back((drift[i] - Expression(model.temperature() / 2) * y.diffusion[i].derivative(i)) / sqrt(y.diffusion[i]));
  const bounds::ExpressionMatrix J = bounds::jacobian(c, d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) A[i][j] = -(sqrt(y.diffusion[j]) * J[i][j]);
  return bounds::smallest_eigenvalue(A, box, {}, {}, c);
}

} // namespace

bool constant_diffusion(const Model& model) {
  for (std::size_t i = 0; i < model.dimension(); ++i)
    for (std::size_t j = 0; j < model.dimension(); ++j)
      if (!model.diffusion(i, j).is_constant()) return false;
  return true;
}

NoiseCoordinates noise_coordinates(const Model& model) {
  NoiseCoordinates y;
  const std::size_t d = model.dimension();
  const std::string wanted = "the noise is constant, or diagonal with D_a a function of x_a alone";
  for (std::size_t i = 0; i < d; ++i) y.diffusion.push_back(model.diffusion(i, i));
  if (constant_diffusion(model)) {
    y.constant = constant_of(model);
    y.along_axes = y.constant.isDiagonal(0);
    if (Eigen::LLT<Eigen::MatrixXd>(y.constant).info() != Eigen::Success) throw NotApplicable{"D is positive definite", "it is singular"};
    return y;
  }
  if (!model.diagonal()) throw NotApplicable{wanted, "D is a full matrix that depends on x"};
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      if (j != i && y.diffusion[i].depends_on(j)) throw NotApplicable{wanted, fmt::format("D of {} depends on {}", model.names()[i], model.names()[j])};
  return y;
}

bounds::Box box_of(const Grid& grid) {
  bounds::Box box;
  for (const Axis& axis : grid.axes()) box.push_back({axis.lower, axis.upper});
  return box;
}

const bounds::Enclosure& drift_curvature(const Level& level) {
  struct OfDrift {
    bounds::Enclosure kappa;
  };
  return level.remembered().get<OfDrift>([&] { return OfDrift{curvature_of(level.model(), drift_of(level.model(), true), box_of(level.grid()))}; }).kappa;
}

const bounds::Enclosure& potential_curvature(const Level& level) {
  const Model& model = level.model();
  if (!gibbs(level) && !level.generator().reversible())
    throw NotApplicable{"rho_ss has a formula", "a force drives a current, and the steady state is known on the grid only"};
  if (!gibbs(level) || !model.has_circulation()) return drift_curvature(level);
  struct OfPotential {
    bounds::Enclosure kappa;
  };
  return level.remembered().get<OfPotential>([&] { return OfPotential{curvature_of(model, drift_of(model, false), box_of(level.grid()))}; }).kappa;
}

bool gibbs(const Level& level) { return gibbs_on(level.model(), level.generator()); }

Expression potential_formula(const Level& level) {
  const Model& model = level.model();
  if (gibbs(level)) return model.potential();
  if (!level.generator().reversible()) throw NotApplicable{"Phi has a formula", "a current runs in the steady state, known on the grid only"};
  const std::string wanted = "Phi = f/c by construction: D = c I or the anti-Ito interpretation, and no force";
  if (model.has_force()) throw NotApplicable{wanted, "there is a force"};
  if (!constant_diffusion(model)) throw NotApplicable{wanted, "D depends on x"};
  const Eigen::MatrixXd D = constant_of(model);
  if (!D.isApprox(D(0, 0) * Eigen::MatrixXd::Identity(D.rows(), D.cols()), 1e-15) || !(D(0, 0) > 0)) throw NotApplicable{wanted, "D is no multiple of the identity"};
  return model.potential() / Expression(D(0, 0));
}

Hypothesis positive(const bounds::Enclosure& kappa, const std::string& what, const Model& model) {
  Hypothesis h{State::open, what, ""};
  if (kappa.upper <= 0) h = {State::failed, what, fmt::format("kappa <= {:.6g} at {}", kappa.upper, place_in(model, kappa.point))};
  else if (!kappa.defined) h.detail = "the formula may be undefined in the box";
  else if (!kappa.smooth) h.detail = "the drift may jump in the box";
  else if (!(kappa.lower > 0)) h.detail = fmt::format("kappa lies between {:.3g} and {:.3g} after {} boxes", kappa.lower, kappa.upper, kappa.boxes);
  else h = {State::met, what, fmt::format("kappa = {:.12g}, least at {}", kappa.lower, place_in(model, kappa.point))};
  return h;
}

Hypothesis no_absorbing_walls(const Grid& grid) {
  return {grid.absorbing() ? State::failed : State::met, "no wall absorbs", ""};
}

std::string place_in(const Model& model, const std::vector<double>& x) {
  std::string text;
  for (std::size_t a = 0; a < x.size(); ++a) text += fmt::format("{}{} = {:.4g}", a ? ", " : "", model.names()[a], x[a]);
  return text;
}

} // namespace driftwell::theorems
