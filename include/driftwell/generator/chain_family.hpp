#pragma once
// The chains of one model on one grid at all temperatures of an interval, made without evaluating its formulas again.
//
// On every edge dphi is affine in 1/T (the drift over T D, plus what the interpretation adds) and the conductance is
// proportional to T: two chains built from the model give both. Rates of other temperatures follow with one
// exponential an edge, and detailed balance survives, because the local potential is affine in 1/T, too.
#include "driftwell/generator/generator.hpp"

#include <Eigen/Core>

#include <memory>
#include <vector>

namespace driftwell {

class ChainFamily {
public:
  /// Builds the chains of the ends of the interval, and one between to compare with. Where that differs by more than
  /// rounding, walls absorb, or a circulation flows on top of a Gibbs state, every chain is built from the model. Throws
  /// DomainError.
  ChainFamily(const Model& model, const Grid& grid, double coldest, double hottest);

  /// Q at temperature T.
  [[nodiscard]] Stencil rates(double T) const;
  /// The same with all a Generator knows, built from the model.
  [[nodiscard]] Generator chain(double T) const;
  /// The local potential at T; empty where the chains are not reversible.
  [[nodiscard]] Eigen::VectorXd local_potential(double T) const;
  [[nodiscard]] bool interpolates() const { return interpolates_; }
  [[nodiscard]] bool conservative() const { return !grid_.absorbing(); }
  [[nodiscard]] bool reversible() const { return cold_potential_.size() > 0; }
  [[nodiscard]] double coldest() const { return coldest_; }
  [[nodiscard]] double hottest() const { return hottest_; }
  /// (1/T - 1/coldest) / (1/hottest - 1/coldest), 0 where the interval is a point.
  [[nodiscard]] double share(double T) const;

private:
  /// Of coupled pairs: the edges of one axis, or all links along other offsets.
  struct Pairs {
    Eigen::VectorXd cold, hot;      ///< dphi at the two ends
    Eigen::VectorXd conductance;    ///< rate / (T B(dphi))
  };
  [[nodiscard]] bool extract(const Generator& cold, const Generator& hot);
  void fill(const Pairs& pairs, double T, Eigen::VectorXd& up, Eigen::VectorXd& down) const;
  [[nodiscard]] bool agrees(const Stencil& built, const Stencil& interpolated) const;

  Model model_;
  Grid grid_;
  double coldest_, hottest_;
  bool interpolates_ = false;
  std::vector<Pairs> pairs_; ///< one an axis, and one of the links where there are any
  Stencil::Links offsets_;   ///< which pairs these link
  Eigen::VectorXd cold_potential_, hot_potential_; ///< empty: not reversible
};

/// a A + b B of two generators on the same grid, without being formed.
struct GeneratorSum {
  double a;
  const Stencil& A;
  double b;
  const Stencil& B;

  /// Every rate is >= 0.
  [[nodiscard]] bool is_markov() const;
  /// An interval [-bound, 0] that holds the real parts of the spectrum of a Markov generator (Gershgorin).
  [[nodiscard]] double bound() const;
  /// diag(1/s) (a A + b B) diag(s), s > 0.
  [[nodiscard]] Stencil scaled(const Eigen::VectorXd& s) const;
};

} // namespace driftwell
