#pragma once
// What the couplings of a full diffusion matrix ask an equation for: formulas answer exactly, tables by interpolation.
#include "driftwell/grid/grid.hpp"
#include "driftwell/model/model.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// -(1/T) D^-1 (b - T div D) = grad exact - (1/T) D^-1 v: `exact` is taken as differences, v by quadrature.
class LinkFields {
public:
  using Points = std::vector<std::vector<double>>; ///< points[axis][i]

  virtual ~LinkFields() = default;
  [[nodiscard]] virtual double temperature() const = 0;
  [[nodiscard]] virtual bool rest_is_zero() const = 0; ///< v = 0 everywhere
  [[nodiscard]] virtual Eigen::VectorXd exact(const Grid& grid) const = 0; ///< at the centres
  [[nodiscard]] virtual Eigen::VectorXd exact(const Points& points) const = 0;
  /// D at the centres, upper triangle row by row.
  [[nodiscard]] virtual std::vector<Eigen::VectorXd> diffusion(const Grid& grid) const = 0;
  /// v, then D as above.
  [[nodiscard]] virtual std::vector<Eigen::VectorXd> velocity_and_diffusion(const Points& points) const = 0;
};

/// D of point k from its upper triangle, which begins at values[first].
[[nodiscard]] Eigen::Matrix3d unpacked(const std::vector<Eigen::VectorXd>& values, std::size_t first, std::size_t dimension, Eigen::Index k);

class ModelFields : public LinkFields {
public:
  ModelFields(const Model& model, bool with_circulation);
  [[nodiscard]] double temperature() const override { return temperature_; }
  [[nodiscard]] bool rest_is_zero() const override { return rest_zero_; }
  [[nodiscard]] Eigen::VectorXd exact(const Grid& grid) const override;
  [[nodiscard]] Eigen::VectorXd exact(const Points& points) const override;
  [[nodiscard]] std::vector<Eigen::VectorXd> diffusion(const Grid& grid) const override;
  [[nodiscard]] std::vector<Eigen::VectorXd> velocity_and_diffusion(const Points& points) const override;

private:
  double temperature_;
  Expression exact_{0.0};
  std::vector<Expression> integrand_, entries_; ///< v, then D; D
  bool rest_zero_ = true;
};

} // namespace driftwell
