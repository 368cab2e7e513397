// [sgd]: data, loss and process.
#include "input/read_quantity.hpp"
#include "input/read_sgd_diffusion.hpp"
#include "input/read_sgd_probes.hpp"
#include "input/sections.hpp"
#include "input/values.hpp"

#include <array>

namespace driftwell::input {
namespace {

constexpr std::int64_t largest_seed = (std::int64_t{1} << 48) - 1;

struct Range {
  std::int64_t least, most;
};

const std::map<std::string, Range>& dataset_counts() {
  static const std::map<std::string, Range> all{{"samples", {1, 100'000'000}}, {"features", {1, 1'000'000}}, {"classes", {2, 10'000}}, {"rows", {1, 100'000}},
                                                {"columns", {1, 100'000}},     {"rank", {1, 1000}},          {"pool", {1, 1000}},     {"seed", {0, largest_seed}}};
  return all;
}

Setting<std::int64_t> count(const Table& table, std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto value = table.find(key);
  if (!value) return {fallback, table.origin(), false};
  return {integer(*value, least, most), value->origin(), true};
}

double at_least_zero(const Value& value) {
  const double x = number(value);
  if (x < 0) value.out_of_range();
  return x;
}

bool truth(const Value& value) {
  if (value.node->kind != Node::Kind::boolean) value.wrong_type();
  return value.node->truth;
}

Setting<bool> flag(const Table& table, std::string_view key, bool fallback) {
  const auto value = table.find(key);
  if (!value) return {fallback, table.origin(), false};
  return {truth(*value), value->origin(), true};
}

/// Any number of them, at least one.
std::vector<Value> items(const Value& value) {
  if (!value.is_list() || value.node->items.empty()) value.wrong_type();
  std::vector<Value> all;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) all.push_back(value.entry(i));
  return all;
}

std::vector<double> any_numbers(const Value& value) {
  std::vector<double> all;
  for (const Value& entry : items(value)) all.push_back(number(entry));
  return all;
}

std::vector<std::vector<double>> square(const Value& value) {
  if (!value.is_list()) return {{number(value)}};
  const std::size_t d = items(value).size();
  if (d == 1 && !value.entry(0).is_list()) return {{number(value.entry(0))}};
  return matrix(value, d);
}

DatasetSpec read_dataset(const Value& value) {
  DatasetSpec spec;
  spec.origin = value.origin();
  if (!value.is_table()) {
    spec.name = text(value);
    return spec;
  }
  const Table table(*value.node, "sgd.dataset", value.origin());
  const std::array<std::pair<const char*, Text*>, 5> texts{{{"name", &spec.name}, {"file", &spec.file}, {"images", &spec.images}, {"labels", &spec.labels}, {"target", &spec.target}}};
  for (const auto& [key, place] : texts)
    if (const auto found = table.find(key)) *place = found->node->kind == Node::Kind::integer ? expression(*found) : text(*found);
  table.exclude("name", "file", "one source of data");
  table.exclude("name", "images", "one source of data");
  table.exclude("file", "images", "one source of data");
  if (spec.name.value.empty() && spec.file.value.empty() && spec.images.value.empty())
    throw invalid(value.origin(), "'dataset' names no data", {"one of name, file and images", {}, {}});
  if (!spec.images.value.empty() && spec.labels.value.empty())
    throw invalid(spec.images.origin, "'images' need 'labels' beside them", {"labels = \"...-idx1-ubyte.gz\"", {}, {}});
  for (const auto& [key, range] : dataset_counts())
    if (const auto found = table.find(key)) spec.counts[key] = {integer(*found, range.least, range.most), found->origin(), true};
  for (const char* key : {"noise", "separation", "observed"})
    if (const auto found = table.find(key)) spec.numbers[key] = {at_least_zero(*found), found->origin(), true};
  if (const auto found = spec.numbers.find("observed"); found != spec.numbers.end() && !(found->second.value > 0 && found->second.value <= 1))
    table.find("observed")->out_of_range();
  if (const auto found = table.find("standardise")) spec.standardise = Setting<bool>{truth(*found), found->origin(), true};
  return spec;
}

LossSpec read_loss(const Value& value) {
  LossSpec spec;
  spec.origin = value.origin();
  if (!value.is_table()) {
    spec.name = text(value);
    return spec;
  }
  const Table table(*value.node, "sgd.loss", value.origin());
  spec.name = text(table.require("name"));
  for (const Member& member : value.node->members)
    if (member.name != "name") spec.given[member.name] = member.origin;
  if (const auto hidden = table.find("hidden")) {
    spec.hidden = Setting<std::vector<std::int64_t>>{{}, hidden->origin(), true};
    if (!hidden->is_list()) hidden->wrong_type();
    for (std::size_t i = 0; i < hidden->node->items.size(); ++i) spec.hidden->value.push_back(integer(hidden->entry(i), 1, 1'000'000));
  }
  static const std::array<std::string, 5> activations{"tanh", "relu", "sigmoid", "gelu", "softplus"};
  static const std::array<std::string, 2> objectives{"cross_entropy", "squared"};
  if (const auto found = table.find("activation")) spec.activation = keyword(*found, activations);
  if (const auto found = table.find("objective")) spec.objective = keyword(*found, objectives);
  if (const auto found = table.find("weight_decay")) spec.weight_decay = Setting<double>{at_least_zero(*found), found->origin(), true};
  if (const auto found = table.find("bias")) spec.bias = Setting<bool>{truth(*found), found->origin(), true};
  if (const auto found = table.find("hessian")) spec.hessian = Setting<std::vector<std::vector<double>>>{square(*found), found->origin(), true};
  if (const auto found = table.find("covariance")) spec.covariance = Setting<std::vector<std::vector<double>>>{square(*found), found->origin(), true};
  if (const auto found = table.find("minimum")) spec.minimum = Setting<std::vector<double>>{any_numbers(*found), found->origin(), true};
  if (const auto found = table.find("rank")) spec.rank = Setting<std::int64_t>{integer(*found, 1, 1'000'000), found->origin(), true};
  if (const auto found = table.find("term")) spec.term = text(*found);
  if (const auto found = table.find("weights"))
    for (const Value& name : items(*found)) spec.weights.push_back(text(name));
  if (const auto found = table.find("parameters")) {
    if (!found->is_table()) found->wrong_type();
    for (const Member& member : found->node->members)
      spec.parameters.emplace_back(Text{member.name, member.origin, {}}, number({&member.value, member.name, "a number", false}));
  }
  return spec;
}

void read_start(const Table& table, SgdSpec& spec) {
  spec.start = {"random", table.origin(), {}};
  if (const auto value = table.find("start")) {
    static const std::array<std::string, 3> words{"random", "zero", "minimum"};
    if (value->is_list() || value->node->is_number()) {
      spec.start.value.clear();
      spec.start_at = Setting<std::vector<double>>{value->is_list() ? any_numbers(*value) : std::vector<double>{number(*value)}, value->origin(), true};
    } else {
      spec.start = keyword(*value, words);
    }
  }
  if (const auto value = table.find("start_std")) spec.start_std = Setting<double>{at_least_zero(*value), value->origin(), true};
}

void read_step(const Table& table, SgdSpec& spec) {
  const Quantity rate = read_quantity(table, "learning_rate"), batch = read_quantity(table, "batch_size");
  if (!rate.given()) (void)table.require("learning_rate");
  spec.learning_rate = rate.number;
  spec.learning_rate_schedule = rate.schedule;
  spec.batch_size = batch.number;
  spec.batch_size_schedule = batch.schedule;
  if (!batch.given()) spec.batch_size = Setting<double>{1, table.origin(), false};
  if (batch.number && (batch.number->value < 1 || batch.number->value != static_cast<double>(static_cast<std::int64_t>(batch.number->value)) || batch.number->value > 16'777'216))
    throw invalid(batch.number->origin, "'batch_size' is no whole number of samples", {"an integer from 1 to 16777216, or a schedule", {}, {}});
  static const std::array<std::string, 3> samplings{"with_replacement", "without_replacement", "epochs"};
  spec.sampling = {samplings[0], table.origin(), {}};
  if (const auto value = table.find("sampling")) spec.sampling = keyword(*value, samplings);
  spec.momentum = spec.label_noise = {0, table.origin(), false};
  if (const auto value = table.find("momentum")) {
    spec.momentum = {at_least_zero(*value), value->origin(), true};
    if (spec.momentum.value >= 1) value->out_of_range();
  }
  if (const auto value = table.find("label_noise")) spec.label_noise = {at_least_zero(*value), value->origin(), true};
  spec.nesterov = flag(table, "nesterov", false);
  if (spec.nesterov.value && spec.momentum.value == 0)
    throw invalid(spec.nesterov.origin, "'nesterov' without momentum", {"momentum > 0 beside it", {}, {}});
  spec.svag = count(table, "svag", 1, 1, 1'000'000);
}

} // namespace

SgdSpec read_sgd(const Node& section, const Origin& origin) {
  const Table table(section, "sgd", origin);
  SgdSpec spec;
  spec.origin = origin;
  if (const auto value = table.find("dataset")) spec.dataset = read_dataset(*value);
  spec.loss = read_loss(table.require("loss"));
  read_step(table, spec);
  const Value steps = table.require("steps");
  spec.steps = {integer(steps, 1, 1'000'000'000'000), steps.origin(), true};
  spec.replicas = count(table, "replicas", 100, 1, 10'000'000);
  spec.outputs = count(table, "outputs", 101, 2, 1'000'000);
  spec.snapshots = count(table, "snapshots", 2, 0, 1'000'000);
  spec.loss_replicas = count(table, "loss_replicas", spec.replicas.value, 1, 10'000'000);
  spec.seed = count(table, "seed", 1, 0, largest_seed);
  spec.leading = count(table, "leading", 10, 1, 1000);
  read_start(table, spec);
  spec.noise = flag(table, "noise", true);
  spec.minimum = flag(table, "minimum", false);
  read_sgd_probes(table, spec);
  spec.stationary_from = {0.5, origin, false};
  if (const auto value = table.find("stationary_from")) {
    spec.stationary_from = {at_least_zero(*value), value->origin(), true};
    if (spec.stationary_from.value >= 1) value->out_of_range();
  }
  spec.checkpoint_seconds = {30, origin, false};
  if (const auto value = table.find("checkpoint_seconds")) spec.checkpoint_seconds = {at_least_zero(*value), value->origin(), true};
  read_sgd_diffusion(table, spec);
  return spec;
}

} // namespace driftwell::input
