#pragma once
// Drift and diffusion of dx = b dt + sqrt(2 T D(x)) dW from its paths: conditional moments of increments (Kramers 1940, Moyal
// 1949; Siegert, Friedrich & Peinke 1998) by local-quadratic regression (Fan & Gijbels 1996) on the cells of a grid.
//
//   b_tau(x)  = E[ dx | x ] / tau,                      dx = x(t + tau) - x(t)
//   TD_tau(x) = E[ (dx - b tau)(dx - b tau)^T | x ] / (2 tau)
//
// What is estimated is the product T D: paths do not know T. Both have a bias of order tau, which is taken out by
// extrapolation, 2 f_tau - f_{2 tau}; the difference is kept. Polynomials of degree 2 are fitted without bias whatever the width h of the kernel;
// beyond, the bias is of order h^4 inside and h^3 at the edge of the samples.
//
// What is left of both is estimated (bias()). Of the width: (f_{sqrt2 h} - f_h) / (2^(3/2) - 1), the lower order. Of tau: E[g(x(t + tau)) | x] = e^(tau L) g
// with L = b . grad + T D : grad grad, so that moments f_tau = phi_1(tau L) f_0, phi_1(z) = (e^z - 1)/z, and
//   2 f_tau - f_{2 tau} - f_0 = - (tau^2/3) L^2 f_0 = - (2 tau/3) L (f_{2 tau} - f_tau)   to leading order,
// with L applied to the local polynomials; for T D of a cell z the moment is that of (y - z)(y - z)^T.
//
// The kernel is a Gaussian along each axis, constant over each cell; moments of the data in the cells are exact, so the fit is a
// regression with those weights, whatever the width of the cells. One h for the drift and one for the noise, multiples of the standard
// deviations: 0.75 times those that predict left-out blocks best (cross-validation in 5 parts, each residual in units of its own spread), so that bias stays
// small beside the sampling error; or the caller's.
#include "driftwell/estimators/trajectories.hpp"
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace driftwell::estimators {

struct KramersMoyalOptions {
  std::size_t lag = 1;                ///< tau in samples
  std::vector<double> bandwidth;      ///< h along each axis, of drift and noise; empty: chosen
  std::size_t least_points = 100;     ///< see points(), for a cell to count as supported
  std::size_t blocks = 32;            ///< of samples, for resampling
};

/// Fields on the cells, NaN where there is no support. Entries of matrices: upper triangle row by row.
struct KramersMoyalFields {
  std::vector<Eigen::VectorXd> drift, diffusion;         ///< b and T D, extrapolated in tau
  std::vector<Eigen::VectorXd> drift_tau, diffusion_tau; ///< at tau: what is seen at this tau
  std::size_t repaired = 0; ///< cells whose extrapolated T D was not positive definite: T D at tau stands there, lifted if need be
};

/// Estimate less truth, to leading order: what resampling the same fit cannot show.
struct KramersMoyalBias {
  std::vector<Eigen::VectorXd> drift_width, diffusion_width; ///< of the width of the kernel
  std::vector<Eigen::VectorXd> drift_tau, diffusion_tau;     ///< of the finite tau, after the extrapolation
};

class LocalPolynomials;

class KramersMoyal {
public:
  /// std::invalid_argument for shapes and options; NumericalFailure for values that are not finite, for fewer than
  /// 2 lag + 2 samples in time, for coordinates that do not move.
  KramersMoyal(const Grid& grid, const Trajectories& paths, const KramersMoyalOptions& options = {});

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] const PathBlocks& blocks() const { return blocks_; }
  [[nodiscard]] const std::vector<double>& drift_bandwidth() const { return drift_h_; }
  [[nodiscard]] const std::vector<double>& noise_bandwidth() const { return noise_h_; }
  [[nodiscard]] double tau() const { return tau_; }
  [[nodiscard]] std::size_t increments() const { return increments_; } ///< used
  [[nodiscard]] std::size_t outside() const { return outside_; }       ///< samples outside of the box
  /// Cross-validated error of the drift and of the noise at each candidate width (multiples of the standard deviation); relative.
  struct Choice {
    std::vector<double> multiple, drift, noise;
  };
  [[nodiscard]] const Choice& choice() const { return choice_; }

  /// For each cell the number of samples whose plain mean would be as precise as the fit there (of drift and noise the smaller one), and whether it is
  /// enough; the same for all replicates. 0 where fewer than 10 samples lie within h, or half a standard deviation if that is less, along every axis: fits
  /// far from all samples are no estimates, however precise.
  [[nodiscard]] const Eigen::VectorXd& points() const { return points_; }
  [[nodiscard]] const std::vector<bool>& supported() const { return supported_; }
  /// From all blocks, or with multiplicities.
  [[nodiscard]] KramersMoyalFields fields() const;
  [[nodiscard]] KramersMoyalFields fields(std::span<const double> multiplicity) const;
  /// Of fields() from all blocks.
  [[nodiscard]] KramersMoyalBias bias() const;
  /// The fields less the bias, but for T D in cells where it would not stay positive definite.
  [[nodiscard]] KramersMoyalFields corrected(KramersMoyalFields fields, const KramersMoyalBias& bias) const;
  /// Samples in each cell.
  [[nodiscard]] Eigen::VectorXd counts(std::span<const double> multiplicity) const;
  /// How often replicate r of a block bootstrap draws each block.
  [[nodiscard]] std::vector<double> draw(std::uint64_t seed, std::size_t r) const;

private:
  void accumulate(const Trajectories& paths);
  void choose(const KramersMoyalOptions& options, const std::vector<double>& deviation);
  void find_support(const std::vector<double>& deviation);
  /// Local polynomials of drift and second moments at tau and 2 tau, and what fields they make.
  struct Fits {
    std::array<std::vector<Eigen::MatrixXd>, 2> drift, squares;
  };
  [[nodiscard]] Fits fits(const std::vector<double>& totals, double widening) const;
  [[nodiscard]] KramersMoyalFields fields_of(const Fits& fits) const;
  void add_tau_bias(const Fits& fits, const KramersMoyalFields& fields, KramersMoyalBias& bias) const;
  [[nodiscard]] std::vector<double> totals(std::span<const double> multiplicity) const;
  /// [quantity][cell], of so many successive ones from each of the firsts.
  [[nodiscard]] Eigen::MatrixXd smoothed(const std::vector<double>& totals, const std::vector<double>& h, const std::vector<std::size_t>& firsts, std::size_t count) const;
  /// Coefficients of the fitted polynomials in the basis of u: [target][basis function][cell]; so many successive targets from each of the firsts.
  [[nodiscard]] std::vector<Eigen::MatrixXd> regress(const std::vector<double>& totals, const std::vector<double>& h, const std::vector<std::size_t>& firsts, std::size_t targets,
                                                     Eigen::VectorXd* equivalent = nullptr) const;
  /// The same for D basis functions.
  template <int D> void regress_cells(const std::vector<double>& totals, const std::vector<double>& h, const std::vector<std::size_t>& firsts, std::size_t targets,
                                      std::vector<Eigen::MatrixXd>& fit, Eigen::VectorXd* equivalent) const;
  /// The same at the centres.
  [[nodiscard]] std::vector<Eigen::VectorXd> at_centres(const std::vector<Eigen::MatrixXd>& polynomials) const;
  /// Sum of (y - prediction)^2 - y^2 over samples and targets, in units of each target's spread.
  [[nodiscard]] double prediction_error(const std::vector<double>& test, const std::vector<Eigen::MatrixXd>& fit, std::size_t first_target, std::size_t targets) const;
  /// What the variance of each target is in each cell, up to a factor: T D_ii for drifts, D_ii D_jj + D_ij^2 for squares.
  void set_spread(const std::vector<double>& totals, const std::vector<double>& h);
  [[nodiscard]] std::size_t target_count() const { return d_ + d_ * (d_ + 1) / 2; } ///< drift and squares, one lag
  [[nodiscard]] std::size_t quantities() const;
  [[nodiscard]] std::array<double, 3> coordinate(std::size_t cell) const; ///< u of the centre

  Grid grid_;
  std::size_t d_, n_;
  KramersMoyalOptions options_;
  PathBlocks blocks_;
  double tau_;
  std::size_t increments_ = 0, outside_ = 0;
  std::vector<double> centre_, scale_;   ///< of the coordinate u in which moments are kept
  std::vector<double> sums_;             ///< [block][quantity][cell]: moments of u, then each target times the basis, at lag and 2 lag
  std::vector<double> samples_;          ///< [block][cell]
  std::vector<Eigen::VectorXd> spread_;  ///< [target][cell]
  std::vector<double> drift_h_, noise_h_;
  Choice choice_;
  std::shared_ptr<const LocalPolynomials> polynomials_;
  Eigen::VectorXd points_;
  std::vector<bool> supported_;
};

/// Tests whether increments come from such an equation, from the residuals e = dx - b_tau tau of successive, disjoint steps tau.
struct DiffusionTest {
  /// corr(e_i(t), e_j(t + tau)), d x d: 0 for a Markov process. That the two are uncorrelated is what the Chapman-Kolmogorov equation says of second moments:
  /// the noise of 2 tau is twice that of tau.
  std::vector<Estimate> correlation;
  std::vector<Estimate> excess_kurtosis; ///< of e_i / sqrt(2 T D_ii tau): 0 for a diffusion as tau -> 0 (Pawula 1967), > 0 with jumps
  std::size_t samples = 0;
};
[[nodiscard]] DiffusionTest diffusion_test(const KramersMoyal& estimator, const KramersMoyalFields& fields, const Trajectories& paths);

} // namespace driftwell::estimators
