#pragma once
// The file of [trajectories]: paths of all parameters, read in blocks of time and projected onto a few coordinates.
#include "driftwell/estimators/trajectories.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/record/reader.hpp"
#include "progress.hpp"

#include <Eigen/Core>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace driftwell::run {

/// What was seen of the parameters.
struct ProjectedPaths {
  estimators::Trajectories paths;  ///< without the burn-in
  std::vector<std::string> names;  ///< of the coordinates
  std::string projection;          ///< in words
  Eigen::MatrixXd directions;      ///< coordinate x parameter: value = direction . (parameters - mean)
  Eigen::VectorXd mean;
  Eigen::VectorXd variance_share;  ///< of principal components: of the total variance; else empty
  std::size_t component_rows = 0;  ///< samples from which the components come
};

class TrajectoryFile {
public:
  /// Opens it and looks at shapes and times. Throws InvalidExperiment (what the experiment asks of the file that it does not
  /// hold), IoError.
  explicit TrajectoryFile(const input::Spec& spec);

  [[nodiscard]] std::size_t times() const { return times_; } ///< of the file
  [[nodiscard]] std::size_t skipped() const { return skipped_; }
  [[nodiscard]] std::size_t replicas() const { return replicas_; }
  [[nodiscard]] std::size_t parameters() const { return parameters_; }
  [[nodiscard]] std::size_t coordinates() const; ///< of the projection
  [[nodiscard]] double time_step() const { return time_step_; }
  [[nodiscard]] double bytes() const; ///< of memory that project() takes

  /// Reads it all. Throws also where a value is not finite, with its place.
  [[nodiscard]] ProjectedPaths project(Progress& progress) const;

private:
  /// Samples times first .. first+count-1 after the burn-in: [time][replica][parameter].
  using Visit = std::function<void(std::size_t first, std::size_t count, const double* rows)>;
  void for_each_block(const Visit& visit) const;
  void read_shape();
  void read_times();
  void check_projection() const;
  void set_components(ProjectedPaths& result, Progress& progress) const;
  void set_directions(ProjectedPaths& result) const;
  [[nodiscard]] std::string path_of(const input::Text& name) const; ///< throws with the nearest name where there is none
  [[nodiscard]] std::vector<std::string> numbers_in_file() const;
  [[nodiscard]] std::vector<std::size_t> shape_of(const input::Text& name) const;

  const input::TrajectoriesSpec& spec_;
  std::filesystem::path path_;
  record::Reader reader_;
  std::size_t times_ = 0, replicas_ = 1, parameters_ = 1, skipped_ = 0;
  double time_step_ = 1;
};

} // namespace driftwell::run
