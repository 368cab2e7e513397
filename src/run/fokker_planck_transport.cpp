// Wasserstein distances of the kept densities in two dimensions: `wasserstein = true`.
#include "fokker_planck.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

namespace driftwell::run {

std::vector<TransportAxis> transport_axes(const Grid& grid) {
  std::vector<TransportAxis> axes;
  for (const Axis& axis : grid.axes()) {
    TransportAxis& made = axes.emplace_back(TransportAxis{{}, axis.periodic()});
    for (std::size_t i = 0; i <= axis.cells; ++i) made.faces.push_back(axis.face(i));
  }
  return axes;
}

void FokkerPlanckSection::declare_transport(record::Group& group) const {
  group.variable("wasserstein_2", {"snapshot_time"}, {{"long_name", std::string("Wasserstein-2 distance of a kept density to the steady state")}});
  group.variable("wasserstein_2_error", {"snapshot_time"}, {{"long_name", std::string("error of the distance between the two densities on the grid")}});
}

void FokkerPlanckSection::write_transport(record::Group& group, std::size_t snapshot, const Eigen::VectorXd& p) {
  try {
    const TransportDistance w = transport_->distance_to(p.cwiseMax(0.0)); // survivors: the law is divided by its mass
    group.write_frame("wasserstein_2", snapshot, std::span(&w.distance, 1));
    group.write_frame("wasserstein_2_error", snapshot, std::span(&w.error, 1));
    summary_.last["wasserstein_2"] = {w.distance, w.error};
  } catch (const NumericalFailure& failure) { // the densities are good without it; the place stays NaN
    summary_.warnings.push_back(fmt::format("no Wasserstein distance of density {}: {}", snapshot, failure.what()));
  }
}

} // namespace driftwell::run
