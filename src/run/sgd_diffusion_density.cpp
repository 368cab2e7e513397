// The Fokker-Planck equation of the projections: fitted to the particles of the modified equation of the highest order, interval by interval.
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

constexpr double margin = 0.1;       ///< of the range of the clouds, added at both sides of the box
constexpr std::size_t least_particles = 100;

VectorXd spread_of(const MatrixXd& y) {
  return ((y.colwise() - y.rowwise().mean()).array().square().rowwise().mean()).sqrt();
}

} // namespace

/// The first output at which the cloud is as wide as a cell of a box around all later clouds: the density begins there.
std::optional<std::pair<std::size_t, Grid>> SgdDiffusionSection::place_grid() const {
  const auto m = static_cast<Index>(directions());
  std::size_t cells = static_cast<std::size_t>(sgd_.projection.cells.value);
  if (!sgd_.projection.cells.given) cells = m == 1 ? 256 : 64;
  VectorXd lower = VectorXd::Constant(m, std::numeric_limits<double>::infinity()), upper = -lower;
  std::optional<std::pair<std::size_t, Grid>> found;
  for (std::size_t i = outputs_.size(); i-- > 0;) {
    for (const MatrixXd* y : {&sgd_y_[i], &sde_y_[i]}) {
      lower = lower.cwiseMin(y->rowwise().minCoeff());
      upper = upper.cwiseMax(y->rowwise().maxCoeff());
    }
    if (i + 1 >= outputs_.size() || !fitted_[i]) continue;
    const VectorXd range = upper - lower, width = (1 + 2 * margin) / static_cast<double>(cells) * range;
    if ((spread_of(sde_y_[i]).array() < width.array()).any()) continue;
    std::vector<Axis> axes;
    for (Index a = 0; a < m; ++a) axes.push_back({lower[a] - margin * range[a], upper[a] + margin * range[a], cells});
    found.emplace(i, Grid(axes));
  }
  return found;
}

void SgdDiffusionSection::density_frame(record::Group& group, std::size_t index, const ProjectedDensity& fine, const ProjectedDensity& half) {
  const auto write = [&](const std::string& name, const MatrixXd& value, const MatrixXd& coarse) {
    const MatrixXd error = (value - coarse).cwiseAbs() / 3; // second order: a third of what halving the grid changed
    group.write_frame(name, index, {value.data(), static_cast<std::size_t>(value.size())});
    group.write_frame(name + "_error", index, {error.data(), static_cast<std::size_t>(error.size())});
  };
  write("density_mean", fine.mean(), half.mean());
  write("density_covariance", fine.covariance(), half.covariance());
  last_.sgd_density = fine.kl_of(sgd_y_[index]);
  last_.sde_density = fine.kl_of(sde_y_[index]);
  for (const auto& [name, e] : {std::pair{"kl_sgd_density", last_.sgd_density}, std::pair{"kl_diffusion_density", last_.sde_density}}) {
    group.write_frame(name, index, std::span(&e.value, 1));
    group.write_frame(std::string(name) + "_stderr", index, std::span(&e.standard_error, 1));
  }
  const auto found = std::find(snapshots_.begin(), snapshots_.end(), index);
  if (found != snapshots_.end()) group.write_frame("density", static_cast<std::size_t>(found - snapshots_.begin()), fine.density());
}

void SgdDiffusionSection::solve_density(record::Group& group) {
  if (sde_y_[0].cols() < static_cast<Index>(least_particles)) {
    warnings_.push_back(fmt::format("no Fokker-Planck density of the projection from {} particles: at least {}", sde_y_[0].cols(), least_particles));
    return;
  }
  const auto place = place_grid();
  if (!place) {
    warnings_.emplace_back("no Fokker-Planck density of the projection: the clouds are narrower than a cell at all times; more sgd.projection.cells resolve them");
    return;
  }
  const auto& [from, grid] = *place;
  std::vector<std::string> dims{"snapshot_time"};
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    dims.push_back(fmt::format("y{}", a + 1));
    group.dimension(dims.back(), grid.centres(a), {{"long_name", fmt::format("projection {}", a + 1)}});
  }
  group.variable("density", dims, {{"long_name", std::string("solution of the Fokker-Planck equation of the projected drift and noise")}});
  for (const char* name : {"density_mean", "density_covariance"})
    for (const char* suffix : {"", "_error"}) {
      std::vector<std::string> dimensions{"time", "direction"};
      if (std::string(name) == "density_covariance") dimensions.emplace_back("direction_2");
      group.variable(std::string(name) + suffix, dimensions, {{"long_name", std::string(suffix[0] ? "error of it from the grid of half the cells" : "of the projected density")}});
    }
  for (const auto& [name, words] : {std::pair{"kl_sgd_density", "KL(SGD, projected density) on merged cells, nats"}, std::pair{"kl_diffusion_density", "KL(modified equation, projected density) on merged cells, nats"}}) {
    group.variable(name, {"time"}, {{"long_name", std::string(words)}});
    group.variable(std::string(name) + "_stderr", {"time"}, {{"long_name", std::string("standard error of ") + name}});
  }
  group.variable("drift_unexplained", {"time"}, {{"long_name", std::string("share of the variance of the projected drift that y does not explain, on the interval that begins here")}});
  group.attribute("density_from", times_[density_from_ = from]);
  group.attribute("density_order", static_cast<std::int64_t>(clouds_.back().order));
  group.attribute("density_degree", static_cast<std::int64_t>(fitted_[from]->degree()));
  ProjectedDensity fine(grid, sde_y_[from]), half(grid.coarsened(), sde_y_[from]);
  std::size_t flattened = 0;
  density_frame(group, from, fine, half);
  for (std::size_t i = from; i + 1 < outputs_.size(); ++i) {
    poll_interrupt();
    progress_.phase(fmt::format("sgd_diffusion: projected density, interval {} of {}", i + 1, outputs_.size() - 1));
    if (!fitted_[i]) break;
    if (!fine.advance(*fitted_[i], times_[i + 1] - times_[i])) ++flattened;
    (void)half.advance(*fitted_[i], times_[i + 1] - times_[i]);
    const double unexplained = fitted_[i]->unexplained();
    group.write_frame("drift_unexplained", i, std::span(&unexplained, 1));
    density_frame(group, i + 1, fine, half);
  }
  group.attribute("intervals_with_mean_noise", static_cast<std::int64_t>(flattened));
}

} // namespace driftwell::run
