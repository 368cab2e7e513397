#include "driftwell/run/build.hpp"

#include "driftwell/expression/tape.hpp"
#include "driftwell/model/named_potential.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>

namespace driftwell::run {

namespace {

using expression::ParseError;
using expression::Symbols;
using input::ModelSpec;
using input::Text;

Symbols symbols_of(const ModelSpec& spec) {
  Symbols symbols;
  symbols.indexed = spec.indexed;
  for (const Text& name : spec.variables) symbols.variables.push_back(name.value);
  for (const auto& [name, value] : spec.parameters) symbols.parameters.emplace_back(name.value, value);
  return symbols;
}

Expression parse(const Text& text, const Symbols& symbols) {
  try {
    return Expression::parse(text.value, symbols);
  } catch (const ParseError& error) {
    throw invalid(text.at(error.offset, error.length), error.what(), {error.allowed, error.nearest, {}});
  }
}

std::vector<std::string> option_names(const std::vector<PotentialOption>& options) {
  std::vector<std::string> names;
  for (const PotentialOption& option : options) names.push_back(option.name);
  return names;
}

Expression named_potential(const input::PotentialSpec& spec, std::size_t d) {
  const auto* item = PotentialCatalogue::find(spec.name.value);
  if (!item) {
    const auto names = PotentialCatalogue::names();
    throw invalid(spec.name.origin, fmt::format("unknown potential \"{}\"", spec.name.value),
                  {list_of(names, "or"), nearest_name(spec.name.value, names), {}});
  }
  const auto potential = item->make();
  if (potential->dimension() != 0 && potential->dimension() != d)
    throw invalid(spec.name.origin, fmt::format("potential \"{}\" has {} variables, the model has {}", spec.name.value,
                                                potential->dimension(), d));
  const auto options = potential->options();
  std::map<std::string, std::vector<double>> values;
  for (const PotentialOption& option : options) values[option.name] = option.standard;
  for (const auto& [name, value] : spec.options) {
    const auto it = values.find(name.value);
    if (it == values.end()) {
      const auto names = option_names(options);
      throw invalid(name.origin, fmt::format("potential \"{}\" has no option \"{}\"", spec.name.value, name.value),
                    {names.empty() ? "no options" : list_of(names, "and"), nearest_name(name.value, names), {}});
    }
    if (it->second.size() == 1 && value.value.size() != 1)
      throw invalid(value.origin, fmt::format("option \"{}\" is one number, found a list of {}", name.value, value.value.size()));
    it->second = value.value;
  }
  try {
    return potential->formula(d, values);
  } catch (const std::invalid_argument& error) {
    throw invalid(spec.name.origin, error.what());
  }
}

Interpretation interpretation_of(const Text& text) {
  for (const auto value : {Interpretation::ito, Interpretation::stratonovich, Interpretation::anti_ito})
    if (name_of(value) == text.value) return value;
  throw invalid(text.origin, fmt::format("unknown interpretation \"{}\"", text.value), {"\"ito\", \"stratonovich\" or \"anti_ito\"", "", {}});
}

std::vector<std::vector<Expression>> diffusion_of(const input::DiffusionSpec& spec, std::size_t d, const Symbols& symbols) {
  using Kind = input::DiffusionSpec::Kind;
  std::vector<std::vector<Expression>> D(d, std::vector<Expression>(d, Expression(0.0)));
  for (std::size_t i = 0; i < d; ++i) {
    switch (spec.kind) {
    case Kind::identity: D[i][i] = Expression(1.0); break;
    case Kind::scalar: D[i][i] = parse(spec.entries[0][0], symbols); break;
    case Kind::diagonal: D[i][i] = parse(spec.entries[0][i], symbols); break;
    case Kind::matrix:
      for (std::size_t j = 0; j < d; ++j) D[i][j] = parse(spec.entries[i][j], symbols);
      break;
    }
  }
  if (spec.kind == Kind::matrix)
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = i + 1; j < d; ++j)
        if (!(D[i][j] - D[j][i]).is_constant(0.0)) {
          const auto names = symbols.variables;
          throw invalid(spec.entries[j][i].origin, fmt::format("diffusion must be symmetric: entry ({}, {}) is {}, entry ({}, {}) is {}",
                                                               j + 1, i + 1, D[j][i].str(names), i + 1, j + 1, D[i][j].str(names)));
        }
  return D;
}

/// Q; a stream function psi stands for Q_12 = psi e^(f/T) / T.
std::vector<std::vector<Expression>> circulation_of(const ModelSpec& spec, const Equation& equation, const Symbols& symbols) {
  using Kind = input::CirculationSpec::Kind;
  const input::CirculationSpec& given = spec.circulation;
  const std::size_t d = equation.names.size();
  if (given.kind == Kind::none) return {};
  std::vector<std::vector<Expression>> Q(d, std::vector<Expression>(d, Expression(0.0)));
  if (given.kind != Kind::matrix) {
    Expression q = parse(given.entries[0][0], symbols);
    const Expression T(equation.temperature);
    if (given.kind == Kind::stream_function) q = q * exp(equation.potential / T) / T;
    Q[0][1] = q;
    Q[1][0] = -q;
    return Q;
  }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) Q[i][j] = parse(given.entries[i][j], symbols);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i; j < d; ++j)
      if (!(Q[i][j] + Q[j][i]).is_constant(0.0))
        throw invalid(given.entries[j][i].origin,
                      fmt::format("circulation must be antisymmetric: entry ({}, {}) is {}, entry ({}, {}) is {}", j + 1, i + 1,
                                  Q[j][i].str(symbols.variables), i + 1, j + 1, Q[i][j].str(symbols.variables)));
  return Q;
}

/// A map of s on [0, 1], scaled to go from 0 to 1.
std::function<double(double)> stretching_of(const Text& text) {
  Symbols symbols;
  symbols.variables = {"s"};
  const Expression map = parse(text, symbols);
  const auto tape = std::make_shared<expression::Tape>(std::vector<Expression>{map}, 1);
  const auto at = [tape](double s) {
    expression::Tape::Workspace workspace(*tape);
    double value = 0;
    const double* in = &s;
    double* out = &value;
    tape->evaluate(std::span(&in, 1), std::span(&out, 1), 1, workspace);
    return value;
  };
  const double low = at(0), high = at(1);
  return [at, low, high](double s) { return (at(s) - low) / (high - low); };
}

const Text& diffusion_entry(const input::DiffusionSpec& spec, std::size_t axis) {
  using Kind = input::DiffusionSpec::Kind;
  if (spec.kind == Kind::scalar) return spec.entries[0][0];
  if (spec.kind == Kind::diagonal) return spec.entries[0][axis];
  return spec.entries[axis][axis];
}

void check_propagator(const input::Spec& spec) {
  if (!spec.fokker_planck) return;
  const Text& name = spec.fokker_planck->propagator;
  std::vector<std::string> names = PropagatorCatalogue::names();
  names.insert(names.end(), {"auto", "spectral"});
  if (std::find(names.begin(), names.end(), name.value) == names.end())
    throw invalid(name.origin, fmt::format("unknown propagator \"{}\"", name.value), {list_of(names, "or"), nearest_name(name.value, names), {}});
  if (name.value != "auto" && !build_schedule(spec).constant())
    throw invalid(name.origin, fmt::format("propagator \"{}\" is for a temperature that does not change with time", name.value),
                  {"propagator = \"auto\" with a schedule", "", {}});
}

std::string at_point(const std::vector<std::string>& names, const std::vector<double>& point) {
  std::string text;
  for (std::size_t i = 0; i < point.size(); ++i) text += fmt::format("{}{} = {:.6g}", i ? ", " : "", names[i], point[i]);
  return text;
}

/// Where the drift of a component is written: its force, or the potential.
Origin drift_origin(const ModelSpec& spec, std::size_t axis) {
  if (!spec.force.empty()) return spec.force[axis].origin;
  return spec.potential->expression.value.empty() ? spec.potential->name.origin : spec.potential->expression.origin;
}

[[noreturn]] void explain(const input::Spec& spec, const Model& model, const DomainError& error) {
  using Quantity = DomainError::Quantity;
  const ModelSpec& m = spec.model;
  const std::string where = at_point(model.names(), error.point);
  const std::string narrow = "narrow [fokker_planck] lower and upper, or change the formula";
  switch (error.quantity) {
  case Quantity::potential: {
    const auto& p = *m.potential;
    throw invalid(p.expression.value.empty() ? p.name.origin : p.expression.origin,
                  fmt::format("the potential is {} at {}", error.value, where), {"finite values in the whole box", "", {narrow}});
  }
  case Quantity::force:
    throw invalid(drift_origin(m, error.axis), fmt::format("the drift of {} is {} at {}", model.names()[error.axis], error.value, where),
                  {"finite values in the whole box", "", {narrow}});
  case Quantity::diffusion:
    throw invalid(diffusion_entry(m.diffusion, error.axis).origin, fmt::format("the diffusion of {} is {} at {}", model.names()[error.axis], error.value, where),
                  {"finite values >= 0 in the whole box", "", {narrow}});
  case Quantity::diffusion_negative:
    throw invalid(diffusion_entry(m.diffusion, error.axis).origin,
                  fmt::format("the diffusion is not positive semi-definite: D of {} is {:.6g} at {}", model.names()[error.axis], error.value, where),
                  {"values >= 0 in the whole box", "", {narrow}});
  case Quantity::gradient_not_periodic:
    throw invalid(drift_origin(m, error.axis),
                  fmt::format("axis {} is periodic, but the drift or the diffusion differs by {:.3g} between its two ends, at {}",
                              model.names()[error.axis], error.value, where),
                  {"a drift and a diffusion with the period upper - lower (the potential itself may be tilted)", "", {}});
  case Quantity::diffusion_indefinite: break;
  }
  throw invalid(m.diffusion.origin, fmt::format("the diffusion matrix is not positive semi-definite: it has the eigenvalue {:.6g} at {}", error.value, where),
                {"a symmetric matrix with eigenvalues >= 0 in the whole box", "", {narrow}});
}

} // namespace

Model build_model(const input::Spec& spec) {
  const ModelSpec& m = spec.model;
  check_propagator(spec);
  const Symbols symbols = symbols_of(m);
  Equation equation;
  equation.names = symbols.variables;
  const std::size_t d = equation.names.size();
  equation.has_potential = m.potential.has_value();
  try {
    if (m.potential)
      equation.potential = m.potential->name.value.empty() ? parse(m.potential->expression, symbols) : named_potential(*m.potential, d);
    for (const Text& component : m.force) equation.force.push_back(parse(component, symbols));
    equation.diffusion = diffusion_of(m.diffusion, d, symbols);
    const Schedule temperature = build_schedule(spec);
    equation.temperature = temperature.value(spec.time.end);
    if (!temperature.constant()) equation.schedule = temperature.text();
    equation.interpretation = interpretation_of(m.interpretation);
    equation.circulation = circulation_of(m, equation, symbols);
    if (m.friction) equation.friction = m.friction->value;
    return Model(std::move(equation));
  } catch (const std::invalid_argument& error) { // Stratonovich with a root that has no closed form
    throw invalid(m.interpretation.origin, error.what(), {"\"ito\" or \"anti_ito\" with a full matrix in three dimensions", "", {}});
  } catch (const ParseError& error) { // a derivative too large
    throw invalid(m.origin, error.what(), {error.allowed, "", {}});
  } catch (const std::length_error& error) {
    throw invalid(m.origin, error.what());
  }
}

Expression build_expression(const input::Spec& spec, const Text& text, bool momenta) {
  Symbols symbols = symbols_of(spec.model);
  if (momenta && !symbols.indexed)
    for (const Text& name : spec.model.variables) symbols.variables.push_back(input::momentum_name(name.value));
  return parse(text, symbols);
}

Grid build_grid(const input::GridSpec& spec) {
  const auto side = [](input::Boundary boundary) {
    return boundary == input::Boundary::periodic ? Boundary::periodic
           : boundary == input::Boundary::absorbing ? Boundary::absorbing
                                                    : Boundary::reflecting;
  };
  std::vector<Axis> axes;
  for (std::size_t a = 0; a < spec.lower.value.size(); ++a)
    axes.push_back({spec.lower.value[a], spec.upper.value[a], static_cast<std::size_t>(spec.cells.value[a]),
                    {side(spec.boundary[a][0]), side(spec.boundary[a][1])}});
  for (std::size_t a = 0; a < spec.stretch.size(); ++a) {
    try {
      axes[a] = axes[a].stretched(stretching_of(spec.stretch[a]));
    } catch (const std::invalid_argument&) {
      throw invalid(spec.stretch[a].origin, "the map of a stretched axis does not increase between s = 0 and s = 1",
                    {"an increasing, smooth expression in s, e.g. \"sinh(3*(2*s - 1))\"", "", {}});
    }
  }
  return Grid(std::move(axes));
}

Region::Indicator build_indicator(const input::Spec& spec, const input::Text& condition) {
  expression::Condition parsed;
  try {
    parsed = expression::parse_condition(condition.value, symbols_of(spec.model));
  } catch (const ParseError& error) {
    throw invalid(condition.at(error.offset, error.length), error.what(), {error.allowed, error.nearest, {}});
  }
  std::vector<Expression> all{parsed.indicator};
  all.insert(all.end(), parsed.compared.begin(), parsed.compared.end());
  const std::size_t d = spec.model.variables.size();
  return [tape = expression::Tape(all, d), condition, names = symbols_of(spec.model).variables](const std::vector<std::vector<double>>& points) {
    const std::size_t n = points.at(0).size();
    std::vector<std::vector<double>> values(tape.outputs(), std::vector<double>(n));
    std::vector<const double*> in;
    std::vector<double*> out;
    for (const auto& axis : points) in.push_back(axis.data());
    for (auto& value : values) out.push_back(value.data());
    expression::Tape::Workspace workspace(tape);
    tape.evaluate(in, out, n, workspace);
    std::vector<bool> inside(n);
    for (std::size_t i = 0; i < n; ++i) {
      inside[i] = values[0][i] != 0;
      for (std::size_t side = 1; side < values.size(); ++side) {
        if (!std::isnan(values[side][i])) continue;
        std::string where;
        for (std::size_t a = 0; a < points.size(); ++a) where += fmt::format("{}{} = {:.6g}", a ? ", " : "", names[a], points[a][i]);
        throw invalid(condition.origin, fmt::format("a side of a comparison is NaN at {}", where), {"values that can be compared in the whole box", "", {}});
      }
    }
    return inside;
  };
}

Generator build_chain(const input::Spec& spec, const Model& model, const Grid& grid) {
  try {
    return build_generator(model, grid);
  } catch (const DomainError& error) {
    explain(spec, model, error);
  }
}

} // namespace driftwell::run
