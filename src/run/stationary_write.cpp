// Group /stationary of the result file.
#include "fokker_planck.hpp"
#include "stationary.hpp"
#include "span_of.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

record::Attributes long_name(const std::string& text) { return {{"long_name", text}}; }

VectorXd density_of(const Grid& grid, const VectorXd& p) {
  VectorXd rho(p.size());
  for (Index k = 0; k < p.size(); ++k) rho[k] = p[k] / grid.volume(static_cast<std::size_t>(k));
  return rho;
}

std::vector<double> indicator(const Region& region) {
  std::vector<double> inside(region.size());
  for (std::size_t k = 0; k < inside.size(); ++k) inside[k] = region.contains(k);
  return inside;
}

/// Columns as mode, cell, real and imaginary part.
std::vector<double> interleaved(const Eigen::MatrixXcd& columns, const Grid* per_volume) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(2 * columns.size()));
  for (Index i = 0; i < columns.cols(); ++i)
    for (Index k = 0; k < columns.rows(); ++k) {
      const double volume = per_volume ? per_volume->volume(static_cast<std::size_t>(k)) : 1;
      values.push_back(columns(k, i).real() / volume);
      values.push_back(columns(k, i).imag() / volume);
    }
  return values;
}

} // namespace

void StationarySection::declare(record::Group& group) const {
  const Grid& grid = fine_->generator.grid();
  const auto& names = model_.names();
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    group.dimension(names[a], grid.centres(a), {{"long_name", "cell centres of " + names[a]}, {"spacing", grid.axis(a).spacing()}});
  group.dimension("variable", names, long_name("name of a variable"));
  const auto field = [&](const std::string& name, const std::string& meaning) { group.variable(name, names, long_name(meaning)); };
  const bool open = !fine_->generator.conservative();
  field("steady_state", open ? "quasi-stationary density of the survivors" : "steady-state density rho_ss");
  field("implicit_potential", "implicit potential Phi = -T log rho_ss + constant");
  if (fine_->has_loss) field("potential", "potential f as given");
  for (const std::string& name : names) field("circulation_" + name, "circulation j = J_ss / rho_ss along " + name);
  field("circulation_divergence", "div j");
  field("current_divergence", "div(j rho_ss)");
  field("along_gradient", "j . grad Phi");
  if (fine_->source) field("source", "1 in the source");
  if (fine_->target) field("target", "1 in the target");
  if (fine_->passage) {
    field(fine_->target ? "mean_first_passage_time" : "mean_exit_time", "mean time to reach " + std::string(fine_->target ? "the target" : "a wall that absorbs"));
    field(fine_->target ? "first_passage_variance" : "exit_time_variance", "variance of that time");
  }
  if (fine_->paths) {
    field("forward_committor", "probability to reach the target before the source");
    field("backward_committor", "probability to have come from the source rather than the target");
    field("reactive_density", "density of transition paths, rho_ss q+ q-");
    for (const std::string& name : names) {
      field("reversible_current_" + name, "reversible part of the reactive current along " + name);
      field("irreversible_current_" + name, "irreversible part of the reactive current along " + name);
    }
  }
  declare_minima(group);
  declare_modes(group);
}

void StationarySection::write_fields(record::Group& group) const {
  const Grid& grid = fine_->generator.grid();
  const auto& names = model_.names();
  write_widths(group, grid, names);
  group.write("steady_state", span_of(density_of(grid, fine_->steady.p)));
  group.write("implicit_potential", span_of(fine_->steady.implicit_potential));
  if (fine_->has_loss) group.write("potential", span_of(fine_->loss));
  for (std::size_t a = 0; a < names.size(); ++a) group.write("circulation_" + names[a], span_of(fine_->flow.circulation[a]));
  group.write("circulation_divergence", span_of(fine_->flow.divergence));
  group.write("current_divergence", span_of(fine_->flow.current_divergence));
  group.write("along_gradient", span_of(fine_->flow.along_gradient));
  if (fine_->source) group.write("source", indicator(*fine_->source));
  if (fine_->target) group.write("target", indicator(*fine_->target));
  if (fine_->passage) {
    group.write(fine_->target ? "mean_first_passage_time" : "mean_exit_time", span_of(fine_->passage->mean));
    group.write(fine_->target ? "first_passage_variance" : "exit_time_variance", span_of(fine_->passage->variance));
  }
  if (!fine_->paths) return;
  group.write("forward_committor", span_of(fine_->paths->forward));
  group.write("backward_committor", span_of(fine_->paths->backward));
  group.write("reactive_density", span_of(fine_->paths->density));
  for (std::size_t a = 0; a < names.size(); ++a) {
    group.write("reversible_current_" + names[a], span_of(fine_->paths->reversible[a]));
    group.write("irreversible_current_" + names[a], span_of(fine_->paths->irreversible[a]));
  }
}

void StationarySection::write_numbers(record::Group& group) const {
  const input::StationarySpec& spec = *spec_.stationary;
  group.attribute("equation", model_.description());
  group.attribute("temperature", model_.temperature());
  group.attribute("reversible", static_cast<std::int64_t>(fine_->generator.reversible()));
  group.attribute("steady_state_method", fine_->steady.method);
  group.attribute("steady_state_residual", fine_->steady.residual);
  if (spec.source) group.attribute("source", spec.source->value);
  if (spec.target) group.attribute("target", spec.target->value);
  if (spec.start) group.attribute("start", spec.start->value);
  if (fine_->paths) group.attribute("reactive_imbalance", fine_->paths->imbalance);
  if (fine_->passage) group.attribute("first_passage_error_bound", fine_->passage->error);
  if (fine_->paths) group.attribute("committor_error_bound", fine_->paths->error);
  for (const auto& [name, value] : fine_->numbers) {
    group.attribute(name, value);
    if (coarse_.empty()) continue;
    group.attribute(name + "_error", bars_.at(name).error);
    group.attribute(name + "_richardson", bars_.at(name).extrapolated);
  }
}

void StationarySection::declare_minima(record::Group& group) const {
  if (fine_->loss_minima.empty()) return;
  group.dimension("minimum", fine_->loss_minima.size());
  group.variable("loss_minimum", {"minimum", "variable"}, long_name("minimum of the potential f"));
  group.variable("implicit_minimum", {"minimum", "variable"}, long_name("the minimum of Phi that belongs to it"));
  for (const char* ending : {"", "_error", "_richardson"})
    group.variable(std::string("minimum_shift") + ending, {"minimum"}, long_name("distance between the two" + std::string(ending)));
}

void StationarySection::write_minima(record::Group& group) const {
  if (fine_->loss_minima.empty()) return;
  const auto partner = matched(fine_->generator.grid(), fine_->loss_minima, fine_->implicit_minima);
  std::vector<double> of_loss, of_phi, error, extrapolated;
  for (std::size_t i = 0; i < partner.size(); ++i)
    for (std::size_t a = 0; a < model_.dimension(); ++a) {
      of_loss.push_back(fine_->loss_minima[i].place[a]);
      of_phi.push_back(partner[i] ? fine_->implicit_minima[*partner[i]].place[a] : std::nan(""));
    }
  for (const Bar& bar : shift_bars_) error.push_back(bar.error), extrapolated.push_back(bar.extrapolated);
  group.write("loss_minimum", of_loss);
  group.write("implicit_minimum", of_phi);
  group.write("minimum_shift", fine_->shifts());
  group.write("minimum_shift_error", error);
  group.write("minimum_shift_richardson", extrapolated);
}

void StationarySection::declare_modes(record::Group& group) const {
  if (!fine_->modes) return;
  group.dimension("mode", fine_->modes->values.size());
  group.dimension("ri", 2);
  for (const char* ending : {"", "_error", "_richardson"})
    group.variable(std::string("eigenvalue") + ending, {"mode", "ri"}, long_name("slowest eigenvalues of the generator, real and imaginary part"));
  group.variable("eigenvalue_residual", {"mode"}, long_name("|Q r - lambda r| / | |Q| r |"));
  group.variable("eigenvalue_bound", {"mode"}, long_name("bound of what solving left of the error, from the residual of the left function"));
  std::vector<std::string> dims{"mode"};
  dims.insert(dims.end(), model_.names().begin(), model_.names().end());
  dims.emplace_back("ri");
  group.variable("right_eigenfunction", dims, long_name("Q r = lambda r, as a density"));
  group.variable("left_eigenfunction", dims, long_name("Q^T l = lambda l, values at the centres"));
  if (!fine_->generator.conservative()) group.variable("survival_amplitude", model_.names(), long_name("a(x): survival from x tends to a(x) exp(-decay_rate t)"));
}

void StationarySection::write_modes(record::Group& group) const {
  if (!fine_->modes) return;
  std::vector<double> values, errors, extrapolated;
  for (std::size_t i = 0; i < fine_->modes->values.size(); ++i) {
    values.push_back(fine_->modes->values[i].real());
    values.push_back(fine_->modes->values[i].imag());
    for (const Bar& bar : mode_bars_[i]) errors.push_back(bar.error), extrapolated.push_back(bar.extrapolated);
  }
  group.write("eigenvalue", values);
  group.write("eigenvalue_error", errors);
  group.write("eigenvalue_richardson", extrapolated);
  group.write("eigenvalue_residual", fine_->modes->residuals);
  group.write("eigenvalue_bound", fine_->modes->bounds);
  group.write("right_eigenfunction", interleaved(fine_->modes->right, &fine_->generator.grid()));
  group.write("left_eigenfunction", interleaved(fine_->modes->left, nullptr));
  if (fine_->generator.conservative()) return;
  const VectorXd amplitude = fine_->modes->left.col(0).real();
  group.write("survival_amplitude", span_of(amplitude / fine_->steady.p.dot(amplitude)));
}

} // namespace driftwell::run
