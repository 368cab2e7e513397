#pragma once
// Arnoldi's method with a second orthogonalisation.
#include <Eigen/Core>

#include <cmath>

namespace driftwell::kinetic {

class KrylovSpace {
public:
  KrylovSpace(const Eigen::VectorXd& start, Eigen::Index most)
      : norm_(start.norm()), V_(start.size(), most + 1), H_(Eigen::MatrixXd::Zero(most + 1, most)) {
    V_.col(0) = norm_ > 0 ? Eigen::VectorXd(start / norm_) : start;
  }

  /// One more vector; false when the space has become invariant.
  template <class Map> bool extend(const Map& map) {
    const Eigen::Index m = dimension_;
    Eigen::VectorXd w = map(Eigen::VectorXd(V_.col(m)));
    const double before = w.norm();
    for (int pass = 0; pass < 2; ++pass) {
      const Eigen::VectorXd h = V_.leftCols(m + 1).transpose() * w;
      w.noalias() -= V_.leftCols(m + 1) * h;
      H_.col(m).head(m + 1) += h;
    }
    const double rest = w.norm();
    ++dimension_;
    invariant_ = rest <= 1e-14 * before;
    H_(m + 1, m) = invariant_ ? 0 : rest;
    V_.col(m + 1) = invariant_ ? Eigen::VectorXd::Zero(w.size()) : Eigen::VectorXd(w / rest);
    return !invariant_;
  }

  [[nodiscard]] double start_norm() const { return norm_; }
  [[nodiscard]] Eigen::Index dimension() const { return dimension_; }
  [[nodiscard]] bool full() const { return dimension_ + 1 == V_.cols(); }
  [[nodiscard]] bool invariant() const { return invariant_; }
  [[nodiscard]] Eigen::MatrixXd matrix() const { return H_.topLeftCorner(dimension_, dimension_); }
  [[nodiscard]] double remainder() const { return H_(dimension_, dimension_ - 1); }
  [[nodiscard]] Eigen::VectorXd combine(const Eigen::VectorXd& y) const { return V_.leftCols(y.size()) * y; }

private:
  double norm_;
  Eigen::Index dimension_ = 0;
  bool invariant_ = false;
  Eigen::MatrixXd V_, H_;
};

/// The same vector without structure in every run.
inline Eigen::VectorXd deterministic_start(Eigen::Index n) {
  Eigen::VectorXd v(n);
  for (Eigen::Index i = 0; i < n; ++i) v[i] = std::cos(1.7 * static_cast<double>(i) * static_cast<double>(i) + 0.3) / (1 + 0.01 * static_cast<double>(i));
  return v;
}

} // namespace driftwell::kinetic
