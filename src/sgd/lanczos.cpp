// Leading eigenpairs of symmetric operators that are known by their products.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/random.hpp"
#include "driftwell/sgd/gradient_noise.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::sgd {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// A fixed start that no structure of the problem can be orthogonal to.
VectorXd random_vector(Index n, std::uint64_t number) {
  VectorXd v(n);
  double* const row = v.data();
  NoiseStream(1, Purpose::probes).normals(0, static_cast<std::size_t>(n), (std::uint64_t{1} << 32) + number, std::span(&row, 1));
  return v;
}

/// Twice is enough (Kahan).
void orthogonalise(const MatrixXd& basis, Index size, VectorXd& v) {
  for (int pass = 0; pass < 2; ++pass)
    for (Index j = 0; j < size; ++j) v -= basis.col(j).dot(v) * basis.col(j);
}

} // namespace

Eigenpairs leading_eigenpairs(const Operator& A, std::size_t dimension, std::size_t count, double tolerance, std::size_t steps) {
  const auto n = static_cast<Index>(dimension), most = std::min<Index>(n, static_cast<Index>(std::max(steps, count)));
  const Index wanted = std::min<Index>(n, static_cast<Index>(count));
  Index room = std::min<Index>(most, 2 * wanted + 20);
  MatrixXd basis(n, room), T = MatrixXd::Zero(most, most);
  VectorXd v = random_vector(n, 0), w(n);
  v.normalize();
  double scale = 0;
  for (Index k = 0;; ++k) {
    if (k == room) { // grows by halves: memory for what is needed
      room = std::min<Index>(most, room + room / 2 + 1);
      basis.conservativeResize(Eigen::NoChange, room);
    }
    basis.col(k) = v;
    A(v.data(), w.data());
    T(k, k) = v.dot(w);
    scale = std::max({scale, std::abs(T(k, k)), w.norm()});
    orthogonalise(basis, k + 1, w);
    double beta = w.norm();
    const Index size = k + 1;
    const bool last = size == most;
    if (last || (size >= wanted && (size % 5 == 0 || beta <= 1e-14 * scale))) {
      const SymmetricEigen small(T.topLeftCorner(size, size));
      double residual = 0;
      for (Index j = 0; j < std::min(wanted, size); ++j) residual = std::max(residual, std::abs(beta * small.eigenvectors()(size - 1, size - 1 - j)));
      const double largest = std::max(std::abs(small.eigenvalues()[size - 1]), 1e-300);
      // An invariant subspace that is found early may hide others: only go on from it, never stop in it.
      if (last || (residual <= tolerance * largest && beta > 1e-14 * scale)) {
        Eigenpairs pairs{VectorXd(wanted), MatrixXd(n, wanted), last && size == n ? 0 : residual / largest};
        for (Index j = 0; j < wanted; ++j) {
          pairs.values[j] = small.eigenvalues()[size - 1 - j];
          pairs.vectors.col(j) = basis.leftCols(size).lazyProduct(small.eigenvectors().col(size - 1 - j));
        }
        return pairs;
      }
    }
    if (beta <= 1e-14 * scale) { // an invariant subspace: on with something orthogonal to it
      w = random_vector(n, static_cast<std::uint64_t>(size));
      orthogonalise(basis, size, w);
      v = w.normalized();
      beta = 0;
    } else {
      v = w / beta;
    }
    T(k, k + 1) = T(k + 1, k) = beta;
  }
}

} // namespace driftwell::sgd
