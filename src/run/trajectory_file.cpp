#include "trajectory_file.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/estimators/principal_components.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double block_bytes = 6.4e7;
constexpr std::size_t plain_parameters = 3; ///< so many are taken as they are

std::filesystem::path beside(const std::string& directory, const std::string& file) {
  const std::filesystem::path name(file);
  return name.is_absolute() ? name : (std::filesystem::path(directory) / name).lexically_normal();
}

record::Reader open(const input::TrajectoriesSpec& spec, const std::filesystem::path& path) {
  try {
    return record::Reader(path);
  } catch (const IoError& error) { // a failure says where the experiment names the file
    throw IoError(render(spec.file.origin, fmt::format("cannot read the trajectories: {}", error.what())));
  }
}

std::string shape_text(const std::vector<std::size_t>& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

} // namespace

TrajectoryFile::TrajectoryFile(const input::Spec& spec)
    : spec_(*spec.trajectories), path_(beside(spec.directory, spec_.file.value)), reader_(open(spec_, path_)) {
  read_shape();
  if (spec_.time) read_times();
  else time_step_ = spec_.time_step.value;
  check_projection();
}

std::vector<std::string> TrajectoryFile::numbers_in_file() const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& group, const std::string& prefix) {
    for (const record::VariableInfo& variable : reader_.variables(group))
      if (!variable.text) names.push_back(prefix + variable.name);
  };
  add("/", "");
  for (const std::string& group : reader_.groups()) add(group, group + "/");
  return names;
}

std::string TrajectoryFile::path_of(const input::Text& name) const {
  const std::string plain = name.value.starts_with('/') ? name.value.substr(1) : name.value;
  try {
    (void)reader_.shape(plain);
    return plain;
  } catch (const IoError& error) {
    std::vector<std::string> names = numbers_in_file();
    if (std::find(names.begin(), names.end(), plain) != names.end()) throw; // it is there, and damaged
    const std::string nearest = nearest_name(plain, names);
    if (names.size() > 12) names.resize(12);
    throw invalid(name.origin, fmt::format("{} has no dataset of numbers \"{}\"", path_.string(), name.value),
                  {names.empty() ? "a file with one; this one has none" : "in this file: " + list_of(names), nearest, {}});
  }
}

std::vector<std::size_t> TrajectoryFile::shape_of(const input::Text& name) const { return reader_.shape(path_of(name)); }

void TrajectoryFile::read_shape() {
  const std::vector<std::size_t> shape = shape_of(spec_.dataset);
  const auto refuse = [&](const std::string& what, const std::string& allowed) {
    throw invalid(spec_.dataset.origin, fmt::format("dataset \"{}\" of {} has the shape {}{}", spec_.dataset.value, path_.string(), shape_text(shape), what), {allowed, "", {}});
  };
  if (shape.empty() || shape.size() > 3) refuse("", "(time), (time, parameter) or (time, replica, parameter)");
  if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) refuse(": it is empty", "at least one replica and one parameter");
  times_ = shape[0];
  if (shape.size() > 1) parameters_ = shape.back();
  if (shape.size() == 3) replicas_ = shape[1];
  skipped_ = static_cast<std::size_t>(spec_.burn_in.value * static_cast<double>(times_));
  const std::size_t least = 2 * static_cast<std::size_t>(spec_.lag.value) + 2;
  if (times_ - skipped_ < least)
    refuse(fmt::format(": {} samples in time{} are too few for increments over {} and {}", times_ - skipped_, skipped_ ? " behind the burn-in" : "", spec_.lag.value, 2 * spec_.lag.value),
           fmt::format("at least {} samples in time", least));
}

void TrajectoryFile::read_times() {
  const auto [values, shape] = reader_.read(path_of(*spec_.time));
  if (shape.size() != 1 || shape[0] != times_)
    throw invalid(spec_.time->origin, fmt::format("dataset \"{}\" has the shape {} for {} samples in time", spec_.time->value, shape_text(shape), times_),
                  {fmt::format("({})", times_), "", {}});
  // The last time of a run is often nearer: a stop on the way is no other step.
  time_step_ = (values.back() - values.front()) / static_cast<double>(times_ - 1);
  for (std::size_t i = 0; i + 1 < times_; ++i)
    if (!(std::abs(values[i + 1] - values[i] - time_step_) <= 1e-3 * time_step_) || !(time_step_ > 0))
      throw invalid(spec_.time->origin, fmt::format("the times of \"{}\" are not equally spaced: {:.10g} at {} is followed by {:.10g}, the mean step is {:.10g}", spec_.time->value, values[i], i, values[i + 1], time_step_),
                    {"increasing times with equal steps, to a thousandth", "", {}});
}

std::size_t TrajectoryFile::coordinates() const {
  const input::ProjectionSpec& p = spec_.projection;
  if (p.components > 0) return static_cast<std::size_t>(p.components);
  if (!p.parameters.empty()) return p.parameters.size();
  if (!p.directions.empty()) return p.directions.size();
  if (!p.directions_dataset.value.empty()) return reader_.shape(path_of(p.directions_dataset))[0];
  return parameters_ <= plain_parameters ? parameters_ : 2;
}

void TrajectoryFile::check_projection() const {
  const input::ProjectionSpec& p = spec_.projection;
  if (p.components > static_cast<std::int64_t>(parameters_))
    throw invalid(p.origin, fmt::format("{} principal components of {} parameter{}", p.components, parameters_, parameters_ == 1 ? "" : "s"), {fmt::format("at most {}", parameters_), "", {}});
  for (const auto& parameter : p.parameters)
    if (parameter.value >= static_cast<std::int64_t>(parameters_))
      throw invalid(parameter.origin, fmt::format("there is no parameter {}: the dataset has {}, counted from 0", parameter.value, parameters_), {fmt::format("0 to {}", parameters_ - 1), "", {}});
  for (const auto& direction : p.directions)
    if (direction.value.size() != parameters_)
      throw invalid(direction.origin, fmt::format("a direction has {} entries for {} parameters", direction.value.size(), parameters_), {"one number for each parameter", "", {}});
  if (!p.directions_dataset.value.empty()) {
    const auto shape = shape_of(p.directions_dataset);
    if (shape.size() != 2 || shape[0] < 1 || shape[0] > 3 || shape[1] != parameters_)
      throw invalid(p.directions_dataset.origin, fmt::format("dataset \"{}\" has the shape {}", p.directions_dataset.value, shape_text(shape)), {fmt::format("(1 to 3, {})", parameters_), "", {}});
  }
  const std::size_t d = coordinates();
  if (!spec_.names.empty() && spec_.names.size() != d)
    throw invalid(spec_.names[0].origin, fmt::format("{} names for {} coordinate{}", spec_.names.size(), d, d == 1 ? "" : "s"), {"one name for each coordinate of the projection", "", {}});
}

double TrajectoryFile::bytes() const {
  const double kept = static_cast<double>(times_ - skipped_) * static_cast<double>(replicas_), p = static_cast<double>(parameters_);
  const double block = std::max(block_bytes, 8 * static_cast<double>(replicas_) * p);
  const double components = parameters_ <= 1024 ? 8 * p * p : std::min({4 * p * kept, 4 * p * 1024, 1.2e9}) + 8 * 2048 * 1024.0;
  const bool sought = spec_.projection.components > 0 || (!spec_.projection.given() && parameters_ > plain_parameters);
  return block + 8 * kept * static_cast<double>(coordinates()) + (sought ? components : 0);
}

void TrajectoryFile::for_each_block(const Visit& visit) const {
  const std::string name = path_of(spec_.dataset);
  const std::size_t row = replicas_ * parameters_, kept = times_ - skipped_;
  const std::size_t most = std::clamp<std::size_t>(static_cast<std::size_t>(block_bytes / 8 / static_cast<double>(row)), 1, kept);
  std::vector<double> values(most * row);
  for (std::size_t first = 0; first < kept; first += most) {
    poll_interrupt();
    const std::size_t count = std::min(most, kept - first);
    reader_.read_rows(name, skipped_ + first, count, values.data());
    for (std::size_t i = 0; i < count * row; ++i)
      if (!std::isfinite(values[i])) {
        const std::size_t time = skipped_ + first + i / row, replica = i % row / parameters_;
        throw invalid(spec_.dataset.origin,
                      fmt::format("dataset \"{}\" of {} holds {} at time {}{}, parameter {} (counted from 0)", spec_.dataset.value, path_.string(), values[i], time,
                                  replicas_ > 1 ? fmt::format(", replica {}", replica) : "", i % parameters_),
                      {"finite numbers", "", time > 2 * static_cast<std::size_t>(spec_.lag.value) + 2 && replicas_ == 1 ? std::vector<std::string>{fmt::format("the {} samples before are finite", time)} : std::vector<std::string>{}});
      }
    visit(first, count, values.data());
  }
}

void TrajectoryFile::set_components(ProjectedPaths& result, Progress& progress) const {
  const std::size_t d = coordinates();
  progress.phase(fmt::format("principal components of {} parameters", parameters_));
  estimators::PrincipalComponents components(parameters_, (times_ - skipped_) * replicas_, d);
  for_each_block([&](std::size_t, std::size_t count, const double* rows) { components.add(rows, count * replicas_); });
  auto found = components.result();
  result.directions = std::move(found.directions);
  result.mean = std::move(found.mean);
  result.variance_share = found.variance / found.total;
  result.component_rows = found.rows;
  result.projection = fmt::format("{} principal component{} of {} parameters: {:.1f} % of the variance", d, d == 1 ? "" : "s", parameters_, 100 * result.variance_share.sum());
}

void TrajectoryFile::set_directions(ProjectedPaths& result) const {
  const input::ProjectionSpec& p = spec_.projection;
  const auto d = static_cast<Index>(coordinates()), n = static_cast<Index>(parameters_);
  result.directions = Eigen::MatrixXd::Zero(d, n);
  result.mean = VectorXd::Zero(n);
  if (!p.directions_dataset.value.empty()) {
    const auto [values, shape] = reader_.read(path_of(p.directions_dataset));
    result.directions = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(values.data(), d, n);
    if (!result.directions.allFinite() || (result.directions.rowwise().norm().array() == 0).any())
      throw invalid(p.directions_dataset.origin, fmt::format("dataset \"{}\" holds a direction that is 0 or not finite", p.directions_dataset.value), {"finite numbers, not all 0", "", {}});
  }
  for (Index a = 0; a < d; ++a) {
    const auto i = static_cast<std::size_t>(a);
    if (!p.directions.empty()) result.directions.row(a) = Eigen::Map<const VectorXd>(p.directions[i].value.data(), n);
    else if (p.directions_dataset.value.empty()) result.directions(a, p.parameters.empty() ? a : static_cast<Index>(p.parameters[i].value)) = 1;
  }
  result.projection = p.directions.empty() && p.directions_dataset.value.empty() ? fmt::format("{} of {} parameters", d, parameters_) : fmt::format("{} direction{} in {} parameters", d, d == 1 ? "" : "s", parameters_);
}

ProjectedPaths TrajectoryFile::project(Progress& progress) const {
  ProjectedPaths result;
  const input::ProjectionSpec& p = spec_.projection;
  const bool components = p.components > 0 || (!p.given() && parameters_ > plain_parameters);
  if (components) set_components(result, progress);
  else set_directions(result);
  const std::size_t d = coordinates();
  for (std::size_t a = 0; a < d; ++a) {
    const bool directed = !p.directions.empty() || !p.directions_dataset.value.empty();
    result.names.push_back(!spec_.names.empty() ? spec_.names[a].value : components ? fmt::format("pc{}", a + 1) : directed ? fmt::format("u{}", a + 1)
                                                : fmt::format("w{}", p.parameters.empty() ? static_cast<std::int64_t>(a) : p.parameters[a].value));
  }
  progress.phase(fmt::format("reading {} samples of {} replica{}", times_ - skipped_, replicas_, replicas_ == 1 ? "" : "s"));
  estimators::Trajectories& paths = result.paths;
  paths = {d, replicas_, times_ - skipped_, time_step_, std::vector<double>(d * replicas_ * (times_ - skipped_))};
  for_each_block([&](std::size_t first, std::size_t count, const double* rows) {
#pragma omp parallel for schedule(static)
    for (std::size_t i = 0; i < count * replicas_; ++i) {
      const Eigen::Map<const VectorXd> row(rows + i * parameters_, static_cast<Index>(parameters_));
      for (std::size_t a = 0; a < d; ++a)
        paths.path(a, i % replicas_)[first + i / replicas_] = result.directions.row(static_cast<Index>(a)).dot((row - result.mean).transpose());
    }
  });
  return result;
}

} // namespace driftwell::run
