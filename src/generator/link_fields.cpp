#include "link_fields.hpp"

#include "sampling.hpp"

#include <utility>

namespace driftwell {

Eigen::Matrix3d unpacked(const std::vector<Eigen::VectorXd>& values, std::size_t first, std::size_t dimension, Eigen::Index k) {
  Eigen::Matrix3d D = Eigen::Matrix3d::Zero();
  for (std::size_t i = 0, at = first; i < dimension; ++i)
    for (std::size_t j = i; j < dimension; ++j, ++at)
      D(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = D(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)) = values[at][k];
  return D;
}

using Eigen::VectorXd;

ModelFields::ModelFields(const Model& model, bool with_circulation) : temperature_(model.temperature()) {
  const std::size_t d = model.dimension();
  const bool mobility = model.ito_form().mobility_is_diffusion;
  const Expression T(temperature_);
  if (mobility) exact_ = model.potential() / T;
  for (std::size_t i = 0; i < d; ++i) {
    Expression v = mobility ? model.force(i) : model.drift(i, false);
    if (!mobility)
      for (std::size_t j = 0; j < d; ++j) v = v - T * model.diffusion(i, j).derivative(j);
    if (with_circulation) v = v + model.circulation_drift(i);
    rest_zero_ = rest_zero_ && v.is_constant(0.0);
    integrand_.push_back(v);
  }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i; j < d; ++j) entries_.push_back(model.diffusion(i, j));
  integrand_.insert(integrand_.end(), entries_.begin(), entries_.end());
}

VectorXd ModelFields::exact(const Grid& grid) const { return std::move(sample({exact_}, grid)[0]); }
VectorXd ModelFields::exact(const Points& points) const { return std::move(sample_points({exact_}, points)[0]); }
std::vector<VectorXd> ModelFields::diffusion(const Grid& grid) const { return sample(entries_, grid); }
std::vector<VectorXd> ModelFields::velocity_and_diffusion(const Points& points) const { return sample_points(integrand_, points); }

} // namespace driftwell
