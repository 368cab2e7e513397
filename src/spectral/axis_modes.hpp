#pragma once
#include "driftwell/spectral/spectral_operator.hpp"

namespace driftwell {

/// Tensors in products of the axes' eigenvectors, and the rates they decay at where nothing but the axes acts.
class ModeBasis {
public:
  explicit ModeBasis(const SpectralOperator& L);

  [[nodiscard]] const Eigen::VectorXd& rates() const { return rates_; }
  void analyse(Eigen::VectorXd& u) const { transform(analysis_, u); }
  void synthesise(Eigen::VectorXd& u) const { transform(synthesis_, u); }

private:
  void transform(const std::vector<AxisMatrix>& matrices, Eigen::VectorXd& u) const;

  std::vector<AxisMatrix> analysis_, synthesis_;
  Eigen::VectorXd rates_;
  mutable Eigen::VectorXd work_;
};

} // namespace driftwell
