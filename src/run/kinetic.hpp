#pragma once
// Section [fokker_planck] of an underdamped model: the density of position and momentum by Hermite functions, error bars from two
// thirds of the nodes and of the functions, group /fokker_planck of the result file.
#include "density_results.hpp"
#include "kinetic_rates.hpp"
#include "kinetic_run.hpp"
#include "section.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

class KineticSection : public Section, public DensitySeries {
public:
  KineticSection(const input::Spec& spec, const Model& model, Progress& progress);
  ~KineticSection() override;

  [[nodiscard]] std::string name() const override { return "fokker_planck"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {done_, all_}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;
  [[nodiscard]] const std::map<std::string, std::vector<Row>>& rows() const override { return rows_; }

private:
  std::map<std::string, std::vector<Row>> rows_; ///< for the comparison with a cloud
  void declare(record::Group& group) const;
  void write_fields(record::Group& group) const;
  void write_gap(record::Group& group);
  void coarse_series();
  void write_row(record::Group& group, std::size_t index, const std::string& name, const std::vector<double>& row);
  void write_density(record::Group& group, std::size_t snapshot, const Eigen::VectorXd& u) const;
  void write_staircase(record::Group& group);
  void report(record::Group& group, const kinetic::KineticReport& report, double tail);

  const input::Spec& spec_;
  const Model& model_;
  Progress& progress_;
  std::unique_ptr<KineticRun> fine_, coarse_;
  std::map<std::string, std::vector<std::vector<double>>> coarse_series_; ///< empty: no error bars
  double time_error_ = 0; ///< bound of the coarse evolution
  std::vector<std::size_t> snapshots_; ///< output indices whose density is kept
  Eigen::VectorXd q_, p_;              ///< points of the density
  std::vector<double> decay_rate_;     ///< at the outputs so far
  std::map<std::string, std::pair<double, double>> last_; ///< scalar observables: value and error bar at the last output
  std::optional<std::complex<double>> gap_;
  std::vector<double> steps_; ///< times of the staircase's steps
  std::size_t done_ = 0, all_ = 0;
  std::string report_;
  KineticRates rates_;
  std::vector<std::string> warnings_;
};

} // namespace driftwell::run
