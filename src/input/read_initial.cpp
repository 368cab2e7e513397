// [initial]: the law at time 0, exactly one of the kinds of the schema.
#include "input/sections.hpp"
#include "input/values.hpp"

#include <cmath>

namespace driftwell::input {
namespace {

constexpr std::string_view law_names[] = {"gaussian", "point", "uniform", "mixture", "steady_state", "samples"};

/// How many numbers a law has: one for each variable, or with momenta twice as many.
struct Lengths {
  std::size_t dimension;
  bool momenta;

  [[nodiscard]] std::size_t of(const Value& value) const {
    if (!momenta || !value.is_list() || value.node->items.size() == dimension) return dimension;
    if (value.node->items.size() == 2 * dimension) return 2 * dimension;
    throw invalid(value.origin(), "'" + value.name + "' has " + counted(value.node->items.size(), "entry") + " for " + counted(dimension, "position"),
                  {std::to_string(dimension) + " (the momenta then begin in Maxwell's law) or " + std::to_string(2 * dimension) + ": positions, then momenta", {}, {}});
  }
};

/// Cholesky's factorisation exists: the test of positive definiteness itself.
bool is_positive_definite(std::vector<std::vector<double>> a) {
  for (std::size_t j = 0; j < a.size(); ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    if (!(a[j][j] > 0) || !std::isfinite(a[j][j])) return false;
    a[j][j] = std::sqrt(a[j][j]);
    for (std::size_t i = j + 1; i < a.size(); ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
  return true;
}

std::vector<std::vector<double>> read_covariance(const Value& value, std::size_t dimension) {
  std::vector<std::vector<double>> c = matrix(value, dimension);
  for (std::size_t i = 0; i < dimension; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (std::abs(c[i][j] - c[j][i]) > 1e-12 * std::max(std::abs(c[i][j]), std::abs(c[j][i])))
        throw invalid(value.entry(i).entry(j).origin(),
                      "'covariance' is not symmetric: found " + value.entry(i).entry(j).node->text + " here and " +
                          value.entry(j).entry(i).node->text + " across the diagonal",
                      {value.allowed, {}, {}});
      c[i][j] = c[j][i];
    }
  }
  if (!is_positive_definite(c))
    throw invalid(value.origin(), "'covariance' is not positive definite", {value.allowed, {}, {}});
  return c;
}

std::vector<double> read_std(const Value& value, std::size_t dimension) {
  const std::vector<double> s = numbers_or_same(value, dimension);
  for (std::size_t i = 0; i < dimension; ++i) {
    const Value entry = value.is_list() ? value.entry(i) : value;
    if (s[i] == 0)
      throw invalid(entry.origin(), "'std' is out of range: found " + entry.node->text,
                    {value.allowed, {}, {"a law without spread is point = [...]"}});
    if (!(s[i] > 0)) entry.out_of_range();
    if (!(s[i] * s[i] > 0) || !std::isfinite(s[i] * s[i])) entry.out_of_range(); // the square overflows
  }
  return s;
}

GaussianLaw read_gaussian(const Value& value, const Lengths& lengths) {
  if (!value.is_table()) value.wrong_type();
  const Table table(*value.node, "initial.gaussian", value.origin());
  GaussianLaw law;
  law.origin = value.origin();
  const Value mean = table.require("mean");
  const std::size_t dimension = lengths.of(mean);
  law.mean = numbers_or_same(mean, dimension);
  law.mean_origin = mean.origin();
  table.exclude("std", "covariance", "one of them: std is the square root of a diagonal covariance");
  const auto covariance = table.find("covariance");
  const Value spread = covariance ? *covariance : table.require("std");
  if (covariance) law.covariance = read_covariance(spread, dimension);
  else law.std = read_std(spread, dimension);
  law.spread_origin = spread.origin();
  return law;
}

UniformLaw read_uniform(const Value& value, const Lengths& lengths) {
  if (!value.is_table()) value.wrong_type();
  const Table table(*value.node, "initial.uniform", value.origin());
  UniformLaw law;
  law.origin = value.origin();
  const Value upper = table.require("upper");
  const Value lower = table.require("lower");
  const std::size_t dimension = lengths.of(lower);
  law.lower = numbers_or_same(lower, dimension);
  law.upper = numbers_or_same(upper, dimension);
  for (std::size_t i = 0; i < dimension; ++i)
    if (!(law.lower[i] < law.upper[i])) {
      const Value entry = upper.is_list() ? upper.entry(i) : upper;
      throw invalid(entry.origin(), "'upper' is not above 'lower': found " + entry.node->text, {upper.allowed, {}, {}});
    }
  return law;
}

SamplesLaw read_samples(const Value& value) {
  SamplesLaw law{{}, "sample", value.origin()};
  if (!value.is_table()) {
    law.file = text(value).value;
    return law;
  }
  const Table table(*value.node, "initial.samples", value.origin());
  law.file = text(table.require("file")).value;
  if (const auto dataset = table.find("dataset")) law.dataset = text(*dataset).value;
  return law;
}

SteadyStateLaw read_steady_state(const Value& value) {
  if (value.node->kind != Node::Kind::boolean) value.wrong_type();
  if (!value.node->truth)
    throw invalid(value.origin(), "'steady_state' can only be true: found false", {"true, or no such key", {}, {}});
  return {value.origin()};
}

std::shared_ptr<const MixtureLaw> read_mixture(const Value& value, const Lengths& lengths);

/// The one law of a table.
InitialLaw one_law(const Table& table, std::string_view missing, const Lengths& lengths, bool mixtures) {
  std::vector<std::string> names;
  std::optional<Value> law;
  for (const std::string_view name : law_names) {
    if (!mixtures && name == "mixture") continue;
    names.emplace_back(name);
    const auto found = table.find(name);
    if (found && law) table.exclude(law->name, found->name, "exactly one law");
    if (found) law = found;
  }
  if (!law)
    throw invalid(table.origin(), std::string(missing) + " needs a law",
                  {"exactly one of " + list_of(names, "or"), {}, {}});
  if (law->name == "gaussian") return read_gaussian(*law, lengths);
  if (law->name == "point") return PointLaw{numbers_or_same(*law, lengths.of(*law)), law->origin()};
  if (law->name == "uniform") return read_uniform(*law, lengths);
  if (law->name == "mixture") return read_mixture(*law, lengths);
  if (law->name == "samples") return read_samples(*law);
  return read_steady_state(*law);
}

std::shared_ptr<const MixtureLaw> read_mixture(const Value& value, const Lengths& lengths) {
  if (!value.is_list() || value.node->items.empty()) value.wrong_type();
  auto mixture = std::make_shared<MixtureLaw>();
  mixture->origin = value.origin();
  double sum = 0;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    const Value entry = value.entry(i);
    if (!entry.is_table()) entry.wrong_type();
    const Table table(*entry.node, "initial.mixture", entry.origin());
    mixture->weights.push_back(positive(table.require("weight")));
    mixture->parts.push_back(one_law(table, "a part of a mixture", lengths, false));
    sum += mixture->weights.back();
  }
  if (!std::isfinite(sum)) throw invalid(value.origin(), "the weights of 'mixture' overflow");
  for (double& weight : mixture->weights) weight /= sum;
  return mixture;
}

} // namespace

InitialLaw read_initial(const Node& section, const Origin& origin, std::size_t dimension, bool momenta) {
  return read_law(section, origin, "[initial]", dimension, momenta);
}

InitialLaw read_law(const Node& table, const Origin& origin, std::string_view name, std::size_t dimension, bool momenta) {
  return one_law(Table(table, "initial", origin), name, Lengths{dimension, momenta}, true);
}

} // namespace driftwell::input
