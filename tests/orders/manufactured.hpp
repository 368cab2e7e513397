#pragma once
// Manufactured solutions of the resolvent for any boundary, noise, interpretation and drift.
//
//   forward   (lambda - L) u = g,   L u = -div J,  J = b u - T div(D u),   J.n = 0 at reflecting walls, u = 0 at absorbing ones
//   backward  (lambda - L*) v = h,  L* v = b.grad v + T D:grad grad v,     n.D grad v = 0,              v = 0
//
// u and v are chosen, g and h follow from exact derivatives, and the chain's resolvent has to give u (times the volumes) and v back.
// The condition at a reflecting wall of axis a is met by adding s psi with s = 0 and |ds/dn| = 1 there: the flux of any phi
// is cancelled by psi = J_a(phi) / (T D_aa). Near the walls of other axes phi is flat, so that the parts for the axes do not disturb each
// other. Everything here starts from the texts of the model: nothing of the engine's own drift is used.
#include "engine.hpp"

#include "driftwell/expression/tape.hpp"

#include <Eigen/IterativeLinearSolvers>

#include <array>
#include <stdexcept>

namespace engine {

enum class Direction { forward, backward };

/// The Ito equation dx = b dt + sqrt(2 T D) dW.
struct ItoEquation {
  std::vector<Expression> b;
  std::vector<std::vector<Expression>> D;
  double T;
  /// Of a circulation over a Gibbs state whose stream function is not constant along the walls. Its current turns at a wall, so that the flux there is
  /// J - T div(Q u) = -T rho_ss (D + Q) grad(u/rho_ss), and (D - Q) grad v backward. Within the box the divergence of the addition is 0.
  std::vector<std::vector<Expression>> turning{};
  [[nodiscard]] std::size_t dimension() const { return b.size(); }

  /// Flux that has to vanish at reflecting walls.
  [[nodiscard]] Expression flux(Direction direction, const Expression& u, std::size_t a) const {
    const bool forward = direction == Direction::forward;
    Expression sum = forward ? b[a] * u : Expression(0.0);
    for (std::size_t j = 0; j < dimension(); ++j) {
      const Expression M = turning.empty() ? D[a][j] : forward ? D[a][j] + turning[a][j] : D[a][j] - turning[a][j];
      sum = sum - Expression(T) * (forward ? (M * u).derivative(j) : M * u.derivative(j));
    }
    return sum;
  }
  /// L u or L* v.
  [[nodiscard]] Expression apply(Direction direction, const Expression& u) const {
    Expression sum(0.0);
    for (std::size_t i = 0; i < dimension(); ++i) {
      if (direction == Direction::forward) sum = sum - flux(direction, u, i).derivative(i);
      else {
        sum = sum + b[i] * u.derivative(i);
        for (std::size_t j = 0; j < dimension(); ++j) sum = sum + Expression(T) * D[i][j] * u.derivative(i).derivative(j);
      }
    }
    return sum;
  }
};

/// The Ito drift from the texts of a model. A full D(x) read as Stratonovich's is given by its symmetric root.
inline ItoEquation ito_equation(const ModelText& text, const std::vector<std::vector<std::string>>& root = {}) {
  const std::size_t d = text.names.size();
  const Expression f = formula(text.potential, text.names), T(text.temperature);
  ItoEquation e{std::vector<Expression>(d, Expression(0.0)), std::vector<std::vector<Expression>>(d, std::vector<Expression>(d, Expression(0.0))), text.temperature};
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      if (!text.tensor.empty()) e.D[i][j] = formula(text.tensor[i][j], text.names);
      else if (i == j) e.D[i][i] = text.diffusion.empty() ? Expression(1.0) : formula(text.diffusion[i], text.names);
    }
  for (std::size_t i = 0; i < d; ++i) {
    Expression& b = e.b[i];
    if (!text.force.empty()) b = formula(text.force[i], text.names);
    for (std::size_t j = 0; j < d; ++j) {
      if (text.interpretation == Interpretation::anti_ito) b = b - e.D[i][j] * f.derivative(j) + T * e.D[i][j].derivative(j);
      else if (i == j) b = b - f.derivative(i);
      if (!text.circulation.empty()) {
        const Expression Q = formula(text.circulation[i][j], text.names);
        b = b - Q * f.derivative(j) + T * Q.derivative(j);
      }
    }
    if (text.interpretation != Interpretation::stratonovich) continue;
    if (text.tensor.empty()) b = b + Expression(text.temperature / 2) * e.D[i][i].derivative(i);
    else
      for (std::size_t j = 0; j < d && !root.empty(); ++j)
        for (std::size_t k = 0; k < d; ++k) b = b + T * formula(root[k][j], text.names) * formula(root[i][j], text.names).derivative(k);
  }
  return e;
}

/// Shapes along one axis, in the share xi of the way from its lower to its upper end.
struct AxisShapes {
  Expression free, flat, slope; ///< powers of the distances to the walls; s of the head of this file
  bool reflecting = false;

  AxisShapes(const Axis& axis, std::size_t a) : free(1.0), flat(1.0), slope(0.0) {
    if (axis.periodic()) return;
    const double length = axis.upper - axis.lower;
    const Expression low = (Expression::variable(a) - Expression(axis.lower)) / Expression(length), high = Expression(1.0) - low;
    const std::array<Expression, 2> distance{low, high};
    std::array<bool, 2> mirror{};
    for (std::size_t side = 0; side < 2; ++side) {
      mirror[side] = axis.sides[side] == Boundary::reflecting;
      const Expression twice = Expression(1.9) * distance[side];
      free = free * (mirror[side] ? Expression(1.0) : twice);
      flat = flat * (mirror[side] ? twice * twice * twice : twice * twice);
    }
    reflecting = mirror[0] || mirror[1];
    const Expression L(length);
    if (mirror[0] && mirror[1]) slope = L * low * high * (high - low);
    else if (mirror[0]) slope = L * low * high * high;
    else if (mirror[1]) slope = -(L * high * low * low);
  }
};

struct Manufactured {
  Expression solution, source;
};

/// A solution that takes part in every condition: oblique flow along reflecting walls, slopes at absorbing ones.
inline Manufactured manufacture(const ItoEquation& e, const std::vector<Axis>& axes, Direction direction, double lambda) {
  const std::size_t d = e.dimension();
  std::vector<AxisShapes> shapes;
  for (std::size_t a = 0; a < d; ++a) shapes.emplace_back(axes[a], a);
  const auto wave = [&](std::size_t which) { // positive, different along every axis, periodic where need be
    Expression product(1.0);
    for (std::size_t a = 0; a < d; ++a) {
      const double length = axes[a].upper - axes[a].lower, turn = axes[a].periodic() ? 2 * M_PI : 2.1 + 0.4 * static_cast<double>(a);
      expression::Symbols symbols;
      symbols.variables = {"x", "y", "z"};
      symbols.variables.resize(d);
      symbols.parameters = {{"k", turn / length}, {"phase", 0.6 + 0.9 * static_cast<double>(a + which) - turn / length * axes[a].lower}};
      product = product * Expression::parse("1 + 0.45*sin(k*" + symbols.variables[a] + " + phase)", symbols);
    }
    return product;
  };
  Expression u = wave(0);
  for (std::size_t a = 0; a < d; ++a) u = u * shapes[a].free * (shapes[a].reflecting ? shapes[a].flat : Expression(1.0));
  for (std::size_t a = 0; a < d; ++a) {
    if (!shapes[a].reflecting) continue;
    Expression phi = wave(a + 1) * shapes[a].free;
    for (std::size_t c = 0; c < d; ++c)
      if (c != a) phi = phi * shapes[c].flat;
    u = u + phi + shapes[a].slope * e.flux(direction, phi, a) / (Expression(e.T) * e.D[a][a]);
  }
  return {u, Expression(lambda) * u - e.apply(direction, u)};
}

inline std::vector<VectorXd> at_centres(const std::vector<Expression>& formulas, const Grid& grid) {
  const expression::Tape tape(formulas, grid.dimension());
  expression::Tape::Workspace workspace(tape);
  std::vector<std::vector<double>> points(grid.dimension(), std::vector<double>(grid.size()));
  std::vector<double*> write;
  for (auto& p : points) write.push_back(p.data());
  grid.centres(0, grid.size(), write.data());
  std::vector<VectorXd> values(formulas.size(), VectorXd(static_cast<Index>(grid.size())));
  std::vector<const double*> in(write.begin(), write.end());
  std::vector<double*> out;
  for (auto& v : values) out.push_back(v.data());
  tape.evaluate(in, out, grid.size(), workspace);
  return values;
}

/// Errors of the chain's resolvent, relative to the size of the solution: in the mean and at the worst cell.
struct ResolventError {
  double mean, worst;
};

inline ResolventError resolvent_error(const Stencil& rates, const Manufactured& made, Direction direction, double lambda) {
  const Grid& grid = rates.grid();
  const auto values = at_centres({made.solution, made.source}, grid);
  VectorXd volume(values[0].size());
  for (std::size_t k = 0; k < grid.size(); ++k) volume[static_cast<Index>(k)] = grid.volume(k);
  Eigen::SparseMatrix<double> A = rates.matrix(lambda, -1);
  VectorXd right = values[1];
  if (direction == Direction::forward) right = right.cwiseProduct(volume);
  else A = Eigen::SparseMatrix<double>(A.transpose());
  Eigen::BiCGSTAB<Eigen::SparseMatrix<double>> solver;
  solver.setTolerance(1e-11);
  solver.compute(A);
  VectorXd found = solver.solve(right);
  if (solver.info() != Eigen::Success) throw std::runtime_error("the resolvent was not found");
  if (direction == Direction::forward) found = found.cwiseQuotient(volume);
  const VectorXd error = (found - values[0]).cwiseAbs();
  return {error.dot(volume) / values[0].cwiseAbs().dot(volume), error.maxCoeff() / values[0].cwiseAbs().maxCoeff()};
}

} // namespace engine
