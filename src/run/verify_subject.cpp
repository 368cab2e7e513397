#include "verify_subject.hpp"

#include "build_sgd.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/gibbs.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/density_run.hpp"
#include "fokker_planck.hpp"
#include "kinetic_run.hpp"
#include "langevin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using theorems::Measured;
using theorems::Subject;

/// Densities are kept at so many times of three grids.
constexpr std::size_t most_times = 51;

std::vector<double> thinned(const std::vector<double>& times) {
  if (times.size() <= most_times) return times;
  std::vector<double> result;
  for (std::size_t i = 0; i < most_times; ++i) result.push_back(times[i * (times.size() - 1) / (most_times - 1)]);
  return result;
}

/// Why there is no chain of a constant overdamped equation; empty: there is one.
std::string density_obstacle(const input::Spec& spec) {
  if (!spec.fokker_planck) return "the experiment has no [fokker_planck]";
  if (spec.model.friction) return "the model has friction";
  if (!build_schedule(spec).constant()) return "the temperature changes with time";
  if (spec.fokker_planck->cells.value.size() > 3) return fmt::format("{} variables: chains on grids have at most 3", spec.fokker_planck->cells.value.size());
  return {};
}

std::shared_ptr<const theorems::DensityEvidence> density_of(const input::Spec& spec, const Model& model) {
  const Grid grid = build_grid(*spec.fokker_planck);
  const auto initial = std::make_shared<InitialDensity>(spec, halvings(grid).back());
  theorems::DensityTask task{model, grid};
  task.times = thinned(spec.time.at);
  task.make.generator = [&spec](const Model& m, const Grid& g) { return build_chain(spec, m, g); };
  task.make.initial = [initial](const Grid& g, const SteadyState& steady) { return initial->on(g, steady); };
  task.tolerance = spec.fokker_planck->tolerance.value;
  if (spec.fokker_planck->propagator.value != "spectral") task.propagator = spec.fokker_planck->propagator.value;
  if (spec.fokker_planck->dt) task.dt = spec.fokker_planck->dt->value;
  task.memory = 0.8 * available_memory();
  task.poll = [] { poll_interrupt(); };
  (void)DensityRun(spec, model, grid); // what the model must not do on the grid, in words that point into the file
  return std::make_shared<theorems::DensityEvidence>(std::move(task));
}

std::shared_ptr<const theorems::SgdEvidence> sgd_of(const input::Spec& spec) {
  SgdProblem problem = build_sgd(spec);
  theorems::SgdTask task;
  // The loss looks into the data: they live as long as it does.
  struct Held {
    std::shared_ptr<const sgd::Dataset> data;
    std::unique_ptr<sgd::Loss> loss;
  };
  const auto held = std::make_shared<Held>(Held{problem.data, std::move(problem.loss)});
  task.loss = std::shared_ptr<const sgd::Loss>(held, held->loss.get());
  task.options = problem.options;
  task.start = problem.start;
  if (std::any_of(problem.start_std.begin(), problem.start_std.end(), [](double s) { return s > 0; })) task.start_std = problem.start_std;
  task.steps = static_cast<std::uint64_t>(spec.sgd->steps.value);
  task.stationary_from = spec.sgd->stationary_from.value;
  return std::make_shared<theorems::SgdEvidence>(std::move(task));
}

/// The Hermite method at the resolution asked for, and at two thirds of it with ten times the tolerance in time: its errors fall exponentially, so
/// the difference is that of the coarser one.
class KineticOfRun : public theorems::KineticEvidence {
public:
  KineticOfRun(const input::Spec& spec, const Model& model)
      : spec_(spec), model_(model), fine_(run(1, 1)), coarse_(run(2, 3)) {}

  [[nodiscard]] const std::vector<double>& times() const override { return spec_.time.at; }
  [[nodiscard]] double friction() const override { return model_.friction(); }
  [[nodiscard]] double temperature() const override { return model_.temperature(); }
  [[nodiscard]] std::vector<Measured> series(const std::string& observable) const override {
    if (rows_[0].empty())
      for (int i = 0; i < 2; ++i) evolve(i == 0 ? *fine_ : *coarse_, i == 0 ? tolerance() : 10 * tolerance(), rows_[i]);
    const auto &fine = rows_[0].at(observable), &coarse = rows_[1].at(observable);
    std::vector<Measured> result;
    for (std::size_t i = 0; i < fine.size(); ++i) result.push_back({fine[i], std::abs(fine[i] - coarse[i]) + tolerance() * std::abs(fine[i]), 0});
    return result;
  }
  [[nodiscard]] double wall_density() const override {
    const kinetic::PositionBasis& basis = fine_->basis();
    if (basis.collocation().periodic) return 0;
    const Eigen::VectorXd& log_s = basis.log_s(); // rho_ss = s^2
    return std::exp(2 * (std::max(log_s[0], log_s[log_s.size() - 1]) - log_s.maxCoeff()));
  }
  [[nodiscard]] double start_at_walls() const override {
    const kinetic::Collocation& nodes = fine_->basis().collocation();
    if (nodes.periodic) return 0;
    const Eigen::VectorXd density = fine_->phase_space().marginal(fine_->initial().u, nodes.x);
    return std::max(std::abs(density[0]), std::abs(density[density.size() - 1])) / density.maxCoeff();
  }
  [[nodiscard]] std::vector<Mode> modes(std::size_t count) const override {
    const auto fine = fine_->generator().eigenvalues(count), coarse = coarse_->generator().eigenvalues(count);
    std::vector<Mode> result;
    for (std::size_t i = 0; i < std::min(fine.size(), coarse.size()); ++i)
      result.push_back({{fine[i].real(), std::abs(fine[i].real() - coarse[i].real()), 0}, {fine[i].imag(), std::abs(fine[i].imag() - coarse[i].imag()), 0}});
    return result;
  }

private:
  using Rows = std::map<std::string, std::vector<double>>;
  [[nodiscard]] double tolerance() const { return spec_.fokker_planck->tolerance.value; }
  [[nodiscard]] std::unique_ptr<KineticRun> run(std::size_t above, std::size_t below) const {
    const auto share = [&](std::int64_t n, std::size_t least) { return std::max(least, static_cast<std::size_t>(n) * above / below); };
    return std::make_unique<KineticRun>(spec_, model_, share(spec_.fokker_planck->cells.value[0], 8), share(spec_.fokker_planck->hermite.value, 4));
  }
  void evolve(const KineticRun& run, double tolerance, Rows& rows) const {
    (void)run.evolve(times(), tolerance, [&](std::size_t, const Eigen::VectorXd&, const std::map<std::string, std::vector<double>>& values) {
      for (const auto& [name, row] : values) rows[name].push_back(row.at(0));
    });
  }

  const input::Spec& spec_;
  const Model& model_;
  std::unique_ptr<KineticRun> fine_, coarse_;
  mutable Rows rows_[2];
};

class CloudOfSection : public theorems::CloudEvidence {
public:
  CloudOfSection(const input::Spec& spec, const LangevinSection& cloud) : spec_(spec), cloud_(cloud) {}
  [[nodiscard]] const std::vector<double>& times() const override { return spec_.time.at; }
  [[nodiscard]] std::size_t particles() const override { return static_cast<std::size_t>(spec_.langevin->particles.value); }
  [[nodiscard]] double dt() const override { return spec_.langevin->dt.value; }
  [[nodiscard]] std::vector<Measured> series(const std::string& observable, std::size_t component) const override {
    const auto found = cloud_.series().find(observable);
    std::vector<Measured> result;
    if (found == cloud_.series().end()) return result;
    for (const auto& row : found->second)
      result.push_back(component < row.size() ? Measured{row[component].value, 0, row[component].standard_error} : Measured{});
    return result;
  }

private:
  const input::Spec& spec_;
  const LangevinSection& cloud_;
};

} // namespace

bool EvidenceResults::gibbs() const {
  const theorems::Level& level = density_->level();
  return gibbs_on(level.model(), level.generator());
}

Subject build_subject(const input::Spec& spec, const Model* model) {
  Subject subject;
  subject.judgement = {spec.verify->confidence.value, spec.verify->precision.value};
  if (spec.verify->learning_rate) subject.descent.learning_rate = spec.verify->learning_rate->value;
  if (spec.verify->noise_radius) subject.descent.noise_radius = spec.verify->noise_radius->value;
  if (spec.verify->noise_shape.value == "ball") subject.descent.shape = theorems::NoiseShape::ball;
  if (spec.sgd) subject.sgd_ = sgd_of(spec);
  if (!model) {
    subject.no_density = subject.no_cloud = subject.no_kinetic = subject.no_model;
    return subject;
  }
  subject.model_ = std::make_shared<Model>(*model);
  subject.no_density = density_obstacle(spec);
  if (subject.no_density.empty()) subject.density_ = density_of(spec, *model);
  if (model->underdamped() && spec.fokker_planck) subject.kinetic_ = std::make_shared<KineticOfRun>(spec, *model);
  else if (model->underdamped()) subject.no_kinetic = "the experiment has no [fokker_planck]";
  return subject;
}

std::shared_ptr<const theorems::CloudEvidence> cloud_evidence(const input::Spec& spec, const LangevinSection& cloud) {
  if (spec.langevin->method.value != "plain") return nullptr;
  return std::make_shared<CloudOfSection>(spec, cloud);
}

} // namespace driftwell::run
