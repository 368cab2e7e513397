#include "axis_modes.hpp"

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

ModeBasis::ModeBasis(const SpectralOperator& L) : rates_(VectorXd::Zero(static_cast<Index>(L.size()))), work_(rates_.size()) {
  const Grid& grid = L.grid();
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const AxisModes& modes = L.modes(a);
    const std::size_t cells = grid.axis(a).cells, stride = grid.stride(a), before = grid.size() / (cells * stride);
    analysis_.emplace_back(modes.vectors.transpose(), before, stride);
    synthesis_.emplace_back(modes.vectors, before, stride);
    for (Index k = 0; k < rates_.size(); ++k) rates_[k] += modes.rates[static_cast<Index>(static_cast<std::size_t>(k) / stride % cells)];
  }
}

/// The matrices one after the other, each along its axis.
void ModeBasis::transform(const std::vector<AxisMatrix>& matrices, VectorXd& u) const {
  for (const AxisMatrix& matrix : matrices) {
    matrix.multiply(u.data(), work_.data());
    u.swap(work_);
  }
}

} // namespace driftwell
