#pragma once
// Section [trajectories]: paths that another program has saved, their drift, noise and steady state, group /trajectories.
#include "section.hpp"
#include "trajectory_analysis.hpp"
#include "trajectory_file.hpp"

#include <optional>

namespace driftwell::run {

class TrajectoriesSection : public Section {
public:
  TrajectoriesSection(const input::Spec& spec, Progress& progress) : spec_(spec), trajectories_(*spec.trajectories), progress_(progress) {}

  [[nodiscard]] std::string name() const override { return "trajectories"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {static_cast<std::size_t>(written_), 1}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

private:
  void check_lengths(std::size_t coordinates) const;
  [[nodiscard]] Grid grid_of(const estimators::Trajectories& paths);
  void warn();
  void declare(record::Group& group) const;
  void write_fields(record::Group& group) const;
  void write_attributes(record::Group& group) const;
  [[nodiscard]] std::string number_name(const std::string& name) const;

  const input::Spec& spec_;
  const input::TrajectoriesSpec& trajectories_;
  Progress& progress_;
  std::vector<std::string> warnings_;
  std::optional<TrajectoryFile> file_;
  ProjectedPaths projected_;
  std::optional<estimators::KramersMoyal> estimator_;
  std::optional<TrajectoryAnalysis> analysis_;
  bool written_ = false;
};

} // namespace driftwell::run
