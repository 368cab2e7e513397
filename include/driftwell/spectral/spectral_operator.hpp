#pragma once
// The Fokker-Planck operator of a smooth model with a known steady state on a spectral grid, in the symmetric gauge.
//
// With rho_ss = exp(-f/theta) / Z (theta = T, or cT where D = c I in the Ito sense), p_k = rho(x_k) w_k and
// u_k = p_k / sqrt(p_ss,k):
//
//   du/dt = L u = -S u + C u
//   S = sum_ab A_a^T kappa_ab A_b,   A_a = d_a + (d_a f) / (2 theta),   kappa = T D         sqrt(p_ss) is its null vector
//   C = 1/2 sum_a (B_a^T j_a - j_a B_a)                               B_a = d_a, j the circulation, div(j rho_ss) = 0
//
// Where D is constant and diagonal, S is split into one dense matrix an axis, made from the mean force given x_a, and a diagonal; where the
// potential separates the diagonal is 0. Any other D (read as anti-Ito, so that the steady state is known) is a TensorDecay.
// Reflecting walls are the natural boundary condition of the weak form: they may stand in the middle of the density. Eigenvalues of the matrices above the resolved part of the spectrum are cut to its upper end: what they
// belong to is rounding, and it would decide the cost.
#include "driftwell/model/model.hpp"
#include "driftwell/spectral/spectral_axis.hpp"
#include "driftwell/spectral/tensor_decay.hpp"
#include "driftwell/spectral/tensor_product.hpp"

#include <Eigen/Core>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace driftwell {

/// A model or a box that the spectral method does not solve: what was found, and what to do instead.
class NotSpectral : public std::runtime_error {
public:
  enum class Part { model, boundary, potential, force, circulation, diffusion, cells, initial };
  NotSpectral(Part part, const std::string& found, std::string advice) : std::runtime_error(found), part(part), advice(std::move(advice)) {}
  Part part;
  std::string advice;
};

/// Eigenvectors (columns, orthonormal) and eigenvalues (ascending, >= 0, those above the resolved part cut to its end) of
/// the matrix S_a of an axis.
struct AxisModes {
  Eigen::VectorXd rates;
  Eigen::MatrixXd vectors;
};

struct AxisMeans;

class SpectralOperator {
public:
  /// `box`: lower, upper, sides and the number of points of every axis. Throws NotSpectral.
  SpectralOperator(const Model& model, const Grid& box);

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] std::size_t size() const { return grid_.size(); }
  [[nodiscard]] double temperature() const { return temperature_; } ///< T
  [[nodiscard]] double theta() const { return theta_; }
  [[nodiscard]] bool reversible() const { return circulation_.empty(); }
  [[nodiscard]] const Eigen::VectorXd& potential() const { return potential_; } ///< f
  [[nodiscard]] const Eigen::VectorXd& log_p() const { return log_p_; }         ///< log p_ss
  [[nodiscard]] double log_partition() const { return log_partition_; }         ///< log of the integral of exp(-f/theta)
  [[nodiscard]] const Eigen::VectorXd& root() const { return root_; }           ///< sqrt(p_ss), of length 1
  [[nodiscard]] const std::vector<SpectralAxis>& axes() const { return axes_; }
  /// j_a at the nodes; empty vectors where a component is 0, and none at all without circulation.
  [[nodiscard]] const std::vector<Eigen::VectorXd>& circulation() const { return circulation_; }
  /// Whether L is -(S_1 + ... + S_d), each acting along its axis.
  [[nodiscard]] bool separable() const { return reversible() && !tensor_ && diagonal_.size() == 0; }
  /// Set where D is not constant and diagonal.
  [[nodiscard]] const std::optional<TensorDecay>& tensor() const { return tensor_; }
  [[nodiscard]] const AxisModes& modes(std::size_t a) const { return modes_[a]; }
  [[nodiscard]] double entropy_production() const; ///< E_ss[j^T (T D)^-1 j]

  /// y = L u. Not from two threads at the same time.
  void apply(const double* u, double* y) const;
  /// u . S u, so that 4/T times it at u = sqrt(p) is the relative Fisher information of p.
  [[nodiscard]] double energy(const Eigen::VectorXd& u) const;

  /// The spectrum of L lies within -(decay_bound() +- decay_bound()) + i [-1, 1] * rotation_bound(), about.
  [[nodiscard]] double decay_bound() const { return bound_ / 2; }
  [[nodiscard]] double rotation_bound() const { return rotation_; }
  [[nodiscard]] double steady_residual() const; ///< |L sqrt(p_ss)|
  /// Multiplications and additions of one product.
  [[nodiscard]] double operations() const;
  /// Of the largest coefficients of an expansion along axis `a`: how small the last eighth has become, and the eighth
  /// around the middle, both relative to the largest. The tensor is p / sqrt(p_ss), sqrt(p_ss) itself, or the like.
  struct Decay {
    double middle, end;
  };
  [[nodiscard]] Decay decay(const Eigen::VectorXd& u, std::size_t a) const;

private:
  void check(const Model& model) const;
  void sample(const Model& model, std::vector<Eigen::VectorXd>& slope, std::vector<Eigen::VectorXd>& curvature);
  void make_tensor(const Model& model);
  void check_finite(const Model& model, const std::vector<Eigen::VectorXd>& slope, const std::vector<Eigen::VectorXd>& curvature) const;
  void normalise();
  [[nodiscard]] std::string place(const Model& model, Eigen::Index node) const;
  [[nodiscard]] double mean(const Eigen::VectorXd& values) const; ///< under p_ss
  void add_axis(std::size_t a, const Eigen::VectorXd& slope, const Eigen::VectorXd& curvature);
  [[nodiscard]] Eigen::VectorXd excess_force(std::size_t a, const Eigen::VectorXd& slope, const Eigen::VectorXd& mean_force) const;
  void add_diagonal(std::size_t a, const Eigen::VectorXd& slope, const Eigen::VectorXd& curvature, const AxisMeans& means);
  template <class Map> [[nodiscard]] double largest(const Map& map) const;
  void bound_diagonal();
  void bound_tensor();
  void bound_rotation();
  void apply_decay(const double* u, double* y) const;
  void apply_circulation(const double* u, double* y) const;
  [[nodiscard]] std::size_t before(std::size_t a) const { return grid_.size() / (grid_.axis(a).cells * grid_.stride(a)); }

  std::vector<SpectralAxis> axes_;
  Grid grid_;
  double temperature_, theta_;
  std::vector<double> kappa_; ///< T D_aa, its mean where it varies
  Eigen::VectorXd potential_, log_p_, root_;
  double log_partition_ = 0;
  std::vector<AxisModes> modes_;
  std::vector<AxisMatrix> decay_, turn_, turn_back_; ///< -S_a, B_a / 2, B_a^T / 2
  Eigen::VectorXd diagonal_;                         ///< -(what the matrices miss of S); empty: nothing
  std::optional<TensorDecay> tensor_;                ///< instead of -S_a and the diagonal
  std::vector<Eigen::VectorXd> circulation_;
  double bound_ = 0, rotation_ = 0;
  mutable Eigen::VectorXd work_, work_2_;
};

} // namespace driftwell
