#include "kinetic.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/run/density_run.hpp"
#include "span_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::array scalars{"kl", "free_energy", "mean_potential", "mean_loss", "mean_kinetic_energy", "entropy", "fisher_information", "dissipation", "kl_decay_rate", "mass"};

const char* meaning(const std::string& name) {
  static const std::map<std::string, const char*> words{
      {"kl", "relative entropy of rho to the steady state, nats"},
      {"free_energy", "E[Phi] - T entropy = T kl - T log Z"},
      {"mean_potential", "E[Phi], Phi = f + p^2/2 where the drift is a gradient"},
      {"mean_loss", "E[f]"},
      {"mean_kinetic_energy", "E[p^2/2]"},
      {"entropy", "-int rho log rho, nats"},
      {"fisher_information", "int rho (d_p log(rho/rho_ss))^2: of the momenta"},
      {"dissipation", "d kl/dt, measured; theory says -friction T fisher_information"},
      {"kl_decay_rate", "-dissipation/kl: 0 on the steps of the staircase"},
      {"mass", "integral of rho"},
      {"mean", "mean of position and momentum"},
      {"covariance", "covariance of position and momentum"}};
  return words.at(name);
}

/// Centres of n equal cells.
VectorXd centres(double lower, double upper, Index n) {
  VectorXd x(n);
  for (Index i = 0; i < n; ++i) x[i] = lower + (upper - lower) * (static_cast<double>(i) + 0.5) / static_cast<double>(n);
  return x;
}

std::vector<double> rows_of(const Eigen::MatrixXd& m) {
  std::vector<double> values;
  for (Index i = 0; i < m.rows(); ++i)
    for (Index j = 0; j < m.cols(); ++j) values.push_back(m(i, j));
  return values;
}

std::size_t two_thirds(std::int64_t n, std::int64_t least) { return static_cast<std::size_t>(std::max(least, 2 * n / 3)); }

/// Local minima of a decay rate that lie below half of what comes before and after, ends included: the steps of the staircase.
std::vector<std::size_t> steps_of(const std::vector<double>& rate) {
  std::vector<std::size_t> steps;
  double peak = std::numeric_limits<double>::infinity(); // since the last step
  std::size_t low = 0;                                   // least since the peak
  for (std::size_t i = 0; i < rate.size(); ++i) {
    if (rate[i] < rate[low]) low = i;
    if (i > low && rate[low] < 0.5 * peak && rate[i] > 2 * std::abs(rate[low])) {
      steps.push_back(low);
      peak = rate[i];
      low = i;
    } else if (rate[i] > peak) {
      peak = rate[i];
      low = i;
    }
  }
  return steps;
}

} // namespace

KineticSection::KineticSection(const input::Spec& spec, const Model& model, Progress& progress)
    : spec_(spec), model_(model), progress_(progress), all_(spec.time.at.size()) {}

KineticSection::~KineticSection() = default;

Section::Outlook KineticSection::check() const {
  const input::FokkerPlanckSpec& f = *spec_.fokker_planck;
  const double n = static_cast<double>(f.cells.value[0]), H = static_cast<double>(f.hermite.value), outputs = static_cast<double>(all_);
  const double m = f.boundary[0][0] == input::Boundary::periodic ? n : 0.62 * n;
  const double vectors = 300 + 40 * spec_.time.end * std::min(1.0, model_.friction());
  const double seconds = 1.3 * (5 * H * 6 * m * m * m / 3e9 + vectors * H * m * m * 3e-9 + outputs * n * H * 1e-7), bytes = 8 * (4 * H * m * m + 80 * H * m + 20 * n * n);
  (void)KineticRun(spec_, model_, static_cast<std::size_t>(f.cells.value[0]), static_cast<std::size_t>(f.hermite.value));
  return {bytes, seconds, {{"cells", f.cells.value[0]}, {"hermite", f.hermite.value}, {"reversible", false}},
          fmt::format("  {} nodes in q, {} Hermite functions in p, {} outputs to t = {:g}\n  about {:.2g} MB and {:.2g} s, error bars included\n",
                      f.cells.value[0], f.hermite.value, all_, spec_.time.end, bytes / 1e6, seconds)};
}

void KineticSection::prepare() {
  const input::FokkerPlanckSpec& f = *spec_.fokker_planck;
  const std::int64_t nodes = f.cells.value[0], hermite = f.hermite.value;
  const double bytes = 8.0 * 4 * static_cast<double>(hermite) * static_cast<double>(nodes) * static_cast<double>(nodes);
  if (bytes > available_memory())
    throw NumericalFailure(fmt::format("{} nodes and {} Hermite functions need about {:.3g} GB, {}. Use fewer.", nodes, hermite, bytes / 1e9, memory_words()));
  progress_.phase(fmt::format("building {} nodes x {} Hermite functions", nodes, hermite));
  fine_ = std::make_unique<KineticRun>(spec_, model_, static_cast<std::size_t>(nodes), static_cast<std::size_t>(hermite));
  try {
    coarse_ = std::make_unique<KineticRun>(spec_, model_, two_thirds(nodes, 8), two_thirds(hermite, 4));
  } catch (const Error& error) { // the resolution asked for is good
    warnings_.push_back(fmt::format("no error bars: {}", error.what()));
  }
  const std::size_t kept = std::min<std::size_t>(static_cast<std::size_t>(f.snapshots.value), all_);
  for (std::size_t i = 0; i < kept; ++i) snapshots_.push_back(kept == 1 ? all_ - 1 : i * (all_ - 1) / (kept - 1));
  q_ = centres(f.lower.value[0], f.upper.value[0], static_cast<Index>(nodes));
  // Momenta that the mean energy of the start can buy, and the spread of Maxwell's law on top.
  const auto start = fine_->phase_space().observe(fine_->initial().u);
  const double T = model_.temperature(), energy = start.at("mean_loss")[0] + start.at("mean_kinetic_energy")[0] - fine_->basis().loss().minCoeff();
  const double most = std::sqrt(2 * std::max(energy, 0.0)) + 6 * std::sqrt(T);
  p_ = centres(-most, most, static_cast<Index>(2 * hermite));
}

void KineticSection::declare(record::Group& group) const {
  const std::string q = model_.names()[0], p = input::momentum_name(q);
  group.growing_dimension("time", {{"long_name", std::string("time")}});
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of a kept density")}});
  group.dimension(q, span_of(q_), {{"long_name", "points of " + q}, {"spacing", q_[1] - q_[0]}});
  group.dimension(p, span_of(p_), {{"long_name", "points of the momentum of " + q}, {"spacing", p_[1] - p_[0]}});
  group.dimension("variable", std::vector<std::string>{q, p}, {{"long_name", std::string("name of a variable")}});
  group.dimension("variable_2", std::vector<std::string>{q, p}, {{"long_name", std::string("name of a variable")}});
  const auto declare_series = [&](const std::string& name, const std::vector<std::string>& dims) {
    group.variable(name, dims, {{"long_name", std::string(meaning(name))}});
    if (coarse_) group.variable(name + "_error", dims, {{"long_name", "error bar of " + name + ": two thirds of the nodes and of the Hermite functions"}});
  };
  for (const char* name : scalars) declare_series(name, {"time"});
  declare_series("mean", {"time", "variable"});
  declare_series("covariance", {"time", "variable", "variable_2"});
  group.variable("density", {"snapshot_time", q, p}, {{"long_name", std::string("probability density rho of position and momentum")}});
  group.variable("marginal_" + q, {"snapshot_time", q}, {{"long_name", "probability density of " + q}});
  group.variable("steady_state", {q, p}, {{"long_name", std::string("steady-state density rho_ss")}});
  group.variable("potential", {q}, {{"long_name", std::string("potential f as given")}});
  group.variable("implicit_potential", {q, p}, {{"long_name", std::string("implicit potential, -T log rho_ss + constant")}});
}

void KineticSection::write_fields(record::Group& group) const {
  const kinetic::PhaseSpace& space = fine_->phase_space();
  const kinetic::PositionBasis& basis = fine_->basis();
  const double T = model_.temperature();
  const Eigen::MatrixXd steady = space.density(space.steady(), q_, p_);
  group.write("steady_state", rows_of(steady));
  VectorXd f(q_.size());
  Eigen::MatrixXd phi(q_.size(), p_.size());
  for (Index i = 0; i < q_.size(); ++i) {
    f[i] = basis.loss_at(q_[i]);
    for (Index j = 0; j < p_.size(); ++j)
      phi(i, j) = basis.drive() == 0 ? basis.potential_at(q_[i]) + p_[j] * p_[j] / 2 : steady(i, j) > 0 ? -T * std::log(steady(i, j)) : std::nan("");
  }
  group.write("potential", span_of(f));
  group.write("implicit_potential", rows_of(phi));
  group.attribute("equation", model_.description());
  group.attribute("temperature", T);
  group.attribute("friction", model_.friction());
  group.attribute("boundary", std::string(spec_.fokker_planck->boundary[0][0] == input::Boundary::periodic ? "periodic" : "reflecting"));
  group.attribute("reversible", std::int64_t{0});
  group.attribute("hermite", static_cast<std::int64_t>(spec_.fokker_planck->hermite.value));
  group.attribute("nodes", static_cast<std::int64_t>(basis.collocation().x.size()));
  group.attribute("position_functions", static_cast<std::int64_t>(basis.even()));
  if (basis.drive() == 0) {
    group.attribute("log_partition", space.log_partition());
    group.attribute("free_energy_ss", -T * space.log_partition());
  }
  group.attribute("drive", basis.drive());
  group.attribute("entropy_production", space.entropy_production());
  group.attribute("initial_outside", fine_->initial().lost);
  group.attribute("chi_squared", fine_->initial().chi_squared);
  group.attribute("propagator", std::string("hermite_krylov"));
  group.attribute("tolerance", spec_.fokker_planck->tolerance.value);
}

void KineticSection::write_gap(record::Group& group) {
  try {
    gap_ = fine_->generator().eigenvalues(1).at(0);
    group.attribute("spectral_gap", std::vector<double>{gap_->real(), gap_->imag()});
    if (!coarse_) return;
    const std::complex<double> other = coarse_->generator().eigenvalues(1).at(0);
    group.attribute("spectral_gap_error", std::vector<double>{std::abs(gap_->real() - other.real()), std::abs(gap_->imag() - other.imag())});
  } catch (const NumericalFailure& failure) {
    warnings_.push_back(fmt::format("no leading eigenvalue, or no error bar of it: {}", failure.what()));
  }
}

void KineticSection::coarse_series() {
  if (!coarse_) return;
  progress_.phase("error bars");
  try {
    const kinetic::KineticReport done = coarse_->evolve(spec_.time.at, spec_.fokker_planck->tolerance.value, [&](std::size_t, const VectorXd&, const auto& values) {
      for (const auto& [name, row] : values) coarse_series_[name].push_back(row);
    });
    time_error_ = done.error;
  } catch (const NumericalFailure& failure) {
    coarse_series_.clear();
    warnings_.push_back(fmt::format("no error bars: {}", failure.what()));
  }
}

void KineticSection::write_row(record::Group& group, std::size_t index, const std::string& name, const std::vector<double>& row) {
  group.write_frame(name, index, row);
  std::vector<double> error(row.size(), std::nan(""));
  if (!coarse_series_.empty()) {
    const std::vector<double>& other = coarse_series_.at(name)[index];
    for (std::size_t i = 0; i < row.size(); ++i) error[i] = std::abs(row[i] - other[i]) + time_error_ * std::abs(row[i]);
    group.write_frame(name + "_error", index, error);
  }
  if (row.size() == 1) last_[name] = {row[0], error[0]};
  if (spec_.langevin) rows_[name].push_back({row, error});
}

void KineticSection::write_density(record::Group& group, std::size_t snapshot, const VectorXd& u) const {
  const kinetic::PhaseSpace& space = fine_->phase_space();
  group.write_frame("density", snapshot, rows_of(space.density(u, q_, p_)));
  group.write_frame("marginal_" + model_.names()[0], snapshot, span_of(space.marginal(u, q_)));
}

void KineticSection::write_staircase(record::Group& group) {
  std::vector<double> rates;
  for (const std::size_t i : steps_of(decay_rate_)) {
    steps_.push_back(spec_.time.at[i]);
    rates.push_back(decay_rate_[i]);
  }
  group.attribute("staircase_steps", static_cast<std::int64_t>(steps_.size()));
  if (steps_.empty()) return;
  group.attribute("staircase_times", steps_);
  group.attribute("staircase_rates", rates);
}

void KineticSection::compute(record::ResultFile& file) {
  const std::vector<double>& times = spec_.time.at;
  const double tolerance = spec_.fokker_planck->tolerance.value;
  record::Group group = file.group("fokker_planck");
  declare(group);
  write_fields(group);
  file.flush();
  coarse_series();
  progress_.phase("leading eigenvalue");
  write_gap(group);
  progress_.phase("kinetic equation");
  std::size_t snapshot = 0;
  double negative = 0, tail = 0;
  const kinetic::KineticReport done = fine_->evolve(times, tolerance, [&](std::size_t index, const VectorXd& u, const auto& values) {
    group.write_frame("time", index, std::span(&times[index], 1));
    for (const auto& [name, row] : values) write_row(group, index, name, row);
    for (; snapshot < snapshots_.size() && snapshots_[snapshot] == index; ++snapshot) {
      group.write_frame("snapshot_time", snapshot, std::span(&times[index], 1));
      write_density(group, snapshot, u);
      negative = std::max(negative, fine_->phase_space().negative_mass(u));
    }
    rates_.add(times[index], values.at("dissipation")[0], -model_.friction() * model_.temperature() * values.at("fisher_information")[0]);
    if (values.at("kl")[0] > 1e-12) decay_rate_.push_back(values.at("kl_decay_rate")[0]); // what comes later is rounding
    if (const double norm = u.squaredNorm(); norm > 0) tail = std::max(tail, std::sqrt(fine_->generator().tail(u).momentum / norm));
    done_ = index + 1;
    progress_.outputs(index + 1, times.size());
    file.flush_if_due();
  });
  group.attribute("negative_mass", negative);
  write_staircase(group);
  report(group, done, tail);
}

void KineticSection::report(record::Group& group, const kinetic::KineticReport& done, double tail) {
  report_ = fmt::format("{} windows, {} Krylov vectors, {} block factors", done.windows, done.vectors, done.factors);
  group.attribute("propagator_report", report_);
  group.attribute("propagator_error", done.error);
  group.attribute("hermite_tail", tail);
  const double reach = wall_reach(*fine_, box_of(*spec_.fokker_planck));
  group.attribute("wall_reach", reach);
  group.attribute("dissipation_mismatch", rates_.worst().apart);
  if (std::string warning = rates_.warning(reach); !warning.empty()) warnings_.push_back(std::move(warning));
  if (tail > 3e-3)
    warnings_.push_back(fmt::format("{} Hermite functions are few: the last ones hold up to {:.1g} of the deviation from the steady state. Take a larger [fokker_planck] hermite.",
                                    spec_.fokker_planck->hermite.value, tail));
}

nlohmann::ordered_json KineticSection::json() const {
  nlohmann::ordered_json json;
  json["propagator"] = "hermite_krylov";
  json["propagator_report"] = report_;
  json["outputs"] = done_;
  json["time"] = done_ ? spec_.time.at[done_ - 1] : 0.0;
  for (const auto& [name, value] : last_) {
    json[name] = value.first;
    json[name + "_error"] = value.second; // null where there is none
  }
  if (gap_) json["spectral_gap"] = {gap_->real(), gap_->imag()};
  json["staircase_times"] = steps_;
  json["entropy_production"] = fine_->phase_space().entropy_production();
  json["warnings"] = warnings_;
  return json;
}

std::string KineticSection::words(int verbosity) const {
  std::string text = fmt::format("fokker_planck (position and momentum) at t = {:g}\n", done_ ? spec_.time.at[done_ - 1] : 0.0);
  for (const char* name : scalars)
    if (const auto it = last_.find(name); it != last_.end()) text += fmt::format("  {:<20} {}\n", name, with_error(it->second.first, it->second.second));
  if (gap_) text += fmt::format("  {:<20} {:.8g}{}\n", "leading eigenvalue", gap_->real(), gap_->imag() != 0 ? fmt::format(" +- {:.8g} i", gap_->imag()) : "");
  if (!steps_.empty()) text += fmt::format("  {:<20} {} (kl nearly stands still at t = {:.4g}{})\n", "steps of the KL", steps_.size(), fmt::join(steps_.begin(), steps_.begin() + std::min<std::ptrdiff_t>(5, std::ssize(steps_)), ", "), steps_.size() > 5 ? ", ..." : "");
  if (verbosity > 1) text += fmt::format("  hermite_krylov ({})\n", report_);
  return text;
}

} // namespace driftwell::run
