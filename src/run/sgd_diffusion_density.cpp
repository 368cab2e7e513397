// The Fokker-Planck equation of the projections: fitted to the particles of the modified equation of the highest order, from output to output, in
// coordinates that move with them.
#include "sgd_diffusion.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double margin = 0.1; ///< of the range of the clouds, added at both sides of the box
constexpr std::size_t least_particles = 100;

} // namespace

/// A box in z around all clouds from an output on.
Grid SgdDiffusionSection::place_grid(std::size_t from) const {
  const auto m = static_cast<Index>(directions());
  std::size_t cells = static_cast<std::size_t>(sgd_.projection.cells.value);
  if (!sgd_.projection.cells.given) cells = m == 1 ? 256 : 64;
  VectorXd lower = VectorXd::Constant(m, std::numeric_limits<double>::infinity()), upper = -lower;
  for (std::size_t i = from; i < outputs_.size(); ++i)
    for (const MatrixXd* y : {&sgd_y_[i], &sde_y_[i]}) {
      const MatrixXd z = frames_[i]->to_z(*y);
      lower = lower.cwiseMin(z.rowwise().minCoeff());
      upper = upper.cwiseMax(z.rowwise().maxCoeff());
    }
  std::vector<Axis> axes;
  for (Index a = 0; a < m; ++a) axes.push_back({lower[a] - margin * (upper[a] - lower[a]), upper[a] + margin * (upper[a] - lower[a]), cells});
  return Grid(axes);
}

void SgdDiffusionSection::density_frame(record::Group& group, std::size_t index, const ProjectedDensity& fine, const ProjectedDensity& half) {
  const sgd::Frame& frame = *frames_[index];
  const auto write = [&](const std::string& name, const MatrixXd& value, const MatrixXd& coarse) {
    const MatrixXd error = (value - coarse).cwiseAbs();
    group.write_frame(name, index, {value.data(), static_cast<std::size_t>(value.size())});
    group.write_frame(name + "_error", index, {error.data(), static_cast<std::size_t>(error.size())});
  };
  const auto mean = [&](const ProjectedDensity& density) -> MatrixXd { return frame.centre + frame.scale * density.mean(); };
  const auto covariance = [&](const ProjectedDensity& density) -> MatrixXd { return frame.scale * density.covariance() * frame.scale.transpose(); };
  write("density_mean", mean(fine), mean(half));
  write("density_covariance", covariance(fine), covariance(half));
  last_.sgd_density = fine.kl_of(frame.to_z(sgd_y_[index]));
  last_.sde_density = fine.kl_of(frame.to_z(sde_y_[index]));
  for (const auto& [name, e] : {std::pair{"kl_sgd_density", last_.sgd_density}, std::pair{"kl_diffusion_density", last_.sde_density}}) {
    group.write_frame(name, index, std::span(&e.value, 1));
    group.write_frame(std::string(name) + "_stderr", index, std::span(&e.standard_error, 1));
  }
  const auto found = std::find(snapshots_.begin(), snapshots_.end(), index);
  if (found == snapshots_.end()) return;
  const auto k = static_cast<std::size_t>(found - snapshots_.begin());
  std::vector<double> values = fine.density();
  for (double& x : values) x /= frame.scale.diagonal().prod();
  const MatrixXd rows = frame.scale.transpose();
  group.write_frame("density", k, values);
  group.write_frame("density_centre", k, {frame.centre.data(), static_cast<std::size_t>(frame.centre.size())});
  group.write_frame("density_scale", k, {rows.data(), static_cast<std::size_t>(rows.size())});
}

void SgdDiffusionSection::declare_density(record::Group& group, const Grid& grid) const {
  std::vector<std::string> dims{"snapshot_time"};
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    dims.push_back(fmt::format("z{}", a + 1));
    group.dimension(dims.back(), grid.centres(a), {{"long_name", std::string("coordinate of the density: y = density_centre + density_scale z")}});
  }
  group.variable("density", dims, {{"long_name", std::string("solution of the Fokker-Planck equation of the projected drift and noise, per unit of y")}});
  group.variable("density_centre", {"snapshot_time", "direction"}, {{"long_name", std::string("y at z = 0")}});
  group.variable("density_scale", {"snapshot_time", "direction", "direction_2"}, {{"long_name", std::string("dy/dz")}});
  for (const auto& [name, dimensions] : {std::pair{"density_mean", std::vector<std::string>{"time", "direction"}}, std::pair{"density_covariance", std::vector<std::string>{"time", "direction", "direction_2"}}}) {
    group.variable(name, dimensions, {{"long_name", std::string("of y, of the projected density")}});
    group.variable(std::string(name) + "_error", dimensions, {{"long_name", std::string("what halving the cells changes of ") + name}});
  }
  for (const auto& [name, words] : {std::pair{"kl_sgd_density", "KL(SGD, projected density) on merged cells, nats"}, std::pair{"kl_diffusion_density", "KL(modified equation, projected density) on merged cells, nats"}}) {
    group.variable(name, {"time"}, {{"long_name", std::string(words)}});
    group.variable(std::string(name) + "_stderr", {"time"}, {{"long_name", std::string("standard error of ") + name}});
  }
}

void SgdDiffusionSection::solve_density(record::Group& group) {
  if (sde_y_[0].cols() < static_cast<Index>(least_particles)) {
    warnings_.push_back(fmt::format("no Fokker-Planck density of the projection from {} particles: at least {}", sde_y_[0].cols(), least_particles));
    return;
  }
  std::size_t from = fitted_.size();
  while (from > 0 && fitted_[from - 1]) --from;
  if (from == fitted_.size()) {
    warnings_.emplace_back("no Fokker-Planck density of the projection: the particles do not spread in all directions");
    return;
  }
  const Grid grid = place_grid(from);
  declare_density(group, grid);
  group.attribute("density_from", times_[from]);
  group.attribute("density_order", static_cast<std::int64_t>(clouds_.back().order));
  group.attribute("density_degree", static_cast<std::int64_t>(fitted_[from]->degree()));
  const MatrixXd z = frames_[from]->to_z(sde_y_[from]);
  ProjectedDensity fine(grid, z), half(grid.coarsened(), z);
  std::int64_t flattened = 0;
  density_frame(group, from, fine, half);
  for (std::size_t i = from; i < fitted_.size(); ++i) {
    poll_interrupt();
    progress_.phase("sgd_diffusion: density of the projections");
    if (!fine.advance(*fitted_[i], times_[i + 1] - times_[i])) ++flattened;
    (void)half.advance(*fitted_[i], times_[i + 1] - times_[i]);
    density_frame(group, i + 1, fine, half);
  }
  group.attribute("intervals_with_mean_noise", flattened);
}

} // namespace driftwell::run
