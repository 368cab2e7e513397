#pragma once
// Model + grid -> the generator of a Markov chain on the cells, the only place with flux formulas.
//
//   dp/dt = Q p,   p_k probability of cell k,   Q_lk >= 0 rate k -> l,   columns sum to 0 (minus the loss at walls)
//
// Along axis a, between neighbours k and l = k + 1 at distance h (Scharfetter-Gummel 1969, Chang-Cooper 1970):
//   rate k -> l = (T D_a / h^2) B(dphi),   rate l -> k = (T D_a / h^2) B(-dphi),   B(z) = z / (e^z - 1)
//   dphi = - int_k^l (b_a - T d_a D_a) / (T D_a) dx_a
// with the part of the integrand that is a gradient integrated exactly, as a difference between cell centres, and the
// rest by three-point Gauss quadrature. Potential and force are composed in dphi before rates are made, so the
// diffusion is counted once. With a gradient model exp(-f/T) on the centres is stationary to round-off.
//
// A full matrix D couples cells along the lattice offsets of Selling's decomposition (tensor_couplings.cpp). A circulation on
// top of a Gibbs steady state adds steady flows from stream functions (circulation.cpp), which leaves that state exact.
#include "driftwell/generator/stencil.hpp"
#include "driftwell/grid/grid.hpp"
#include "driftwell/model/model.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace driftwell {

/// What the model does on the grid that it must not: thrown by build_generator, turned into an error that points into
/// the experiment file by the run room.
struct DomainError {
  enum class Quantity { potential, force, diffusion, diffusion_negative, diffusion_indefinite, gradient_not_periodic } quantity;
  std::size_t axis = 0;       ///< component of force or diffusion
  std::vector<double> point;  ///< where
  double value = 0;           ///< what was found there
};

/// z / (e^z - 1), 1 at z = 0, without cancellation or overflow.
[[nodiscard]] double bernoulli(double z);

class Generator {
public:
  /// Rate from a cell through an absorbing wall at its lower (0) or upper (1) side of an axis.
  struct WallRate {
    std::size_t axis;
    int side;
    std::size_t cell;
    double rate;
  };

  /// local_potential: see below; balanced: it is in detailed balance, else steady flows run on top of it.
  Generator(Grid grid, Stencil rates, Eigen::VectorXd loss, std::vector<WallRate> walls, double temperature,
            std::optional<Eigen::VectorXd> local_potential, bool balanced = true, std::vector<Eigen::VectorXd> inverse_diffusion = {});

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] std::size_t size() const { return rates_.size(); }
  [[nodiscard]] double temperature() const { return temperature_; }
  /// Q, acting on probabilities of cells.
  [[nodiscard]] const Stencil& rates() const { return rates_; }
  /// Rate at which each cell loses probability through absorbing walls; empty without such walls.
  [[nodiscard]] const Eigen::VectorXd& loss() const { return loss_; }
  [[nodiscard]] const std::vector<WallRate>& walls() const { return walls_; }
  [[nodiscard]] bool conservative() const { return conservative_; }

  /// Detailed balance holds with exp(-local_potential): Q_lk e^{-phi_k} = Q_kl e^{-phi_l} on every edge.
  [[nodiscard]] bool reversible() const { return local_potential_.has_value() && balanced_; }
  /// exp(-local_potential) is stationary wherever no wall absorbs: known in closed form, with detailed balance or without.
  [[nodiscard]] bool steady_known() const { return local_potential_.has_value(); }
  /// phi, up to a constant; only where steady_known().
  [[nodiscard]] const Eigen::VectorXd& local_potential() const { return *local_potential_; }
  /// D^-1 at the centres where D is a full matrix (upper triangle, row by row), empty where it is diagonal: rates along oblique offsets
  /// do not show it.
  [[nodiscard]] const std::vector<Eigen::VectorXd>& inverse_diffusion() const { return inverse_diffusion_; }
  /// S = P^-1/2 Q P^1/2 with P = diag(e^-phi): the symmetric operator with the spectrum of Q; only where reversible().
  [[nodiscard]] Stencil symmetrised() const;

private:
  Grid grid_;
  Stencil rates_;
  Eigen::VectorXd loss_;
  std::vector<WallRate> walls_;
  double temperature_;
  bool conservative_, balanced_;
  std::optional<Eigen::VectorXd> local_potential_;
  std::vector<Eigen::VectorXd> inverse_diffusion_;
};

/// Throws DomainError. D(x) is diagonal or full, positive semi-definite; where a diagonal D_a vanishes the rate is the upwind
/// limit, a singular full matrix is lifted by O(h^2).
[[nodiscard]] Generator build_generator(const Model& model, const Grid& grid);

/// f at the cell centres. Throws DomainError where it is not finite.
[[nodiscard]] Eigen::VectorXd potential_on(const Model& model, const Grid& grid);

} // namespace driftwell
