#pragma once
// Section [fokker_planck]: the density on the grid asked for, on half and on a quarter of its cells an axis, the error
// bars from the three, and group /fokker_planck of the result file.
#include "driftwell/observables/transport.hpp"
#include "driftwell/run/density_run.hpp"
#include "density_results.hpp"
#include "section.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

/// The numbers a person wants to see at the end.
struct DensitySummary {
  std::string propagator, reason, report;
  std::size_t outputs = 0, outputs_done = 0;
  std::map<std::string, std::pair<double, double>> last; ///< scalar observables: value and error bar at the last output
  double last_time = 0;
  std::optional<double> order;                           ///< measured when the grid is halved; 2 is right
  std::optional<std::array<double, 2>> gap;              ///< leading eigenvalue, real and imaginary part
  double entropy_production = 0;
  std::vector<std::string> warnings;
};

[[nodiscard]] nlohmann::ordered_json json_of(const DensitySummary& summary);
[[nodiscard]] std::string words_of(const DensitySummary& summary, int verbosity);
/// "x: reflecting, absorbing; y: periodic, periodic"
[[nodiscard]] std::string boundary_text(const Grid& grid, const std::vector<std::string>& names);

/// The grid asked for, half and a quarter of its cells an axis, as far as that goes.
[[nodiscard]] std::vector<Grid> halvings(const Grid& grid);
/// Variables <name>_width, and attribute cell_volume where all cells are equal.
void write_widths(record::Group& group, const Grid& grid, const std::vector<std::string>& names);
[[nodiscard]] std::vector<TransportAxis> transport_axes(const Grid& grid);

class FokkerPlanckSection : public Section, public DensityResults {
public:
  FokkerPlanckSection(const input::Spec& spec, const Model& model, Progress& progress);
  ~FokkerPlanckSection() override;

  [[nodiscard]] std::string name() const override { return "fokker_planck"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {summary_.outputs_done, summary_.outputs}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return summary_.warnings; }
  [[nodiscard]] nlohmann::ordered_json json() const override { return json_of(summary_); }
  [[nodiscard]] std::string words(int verbosity) const override { return words_of(summary_, verbosity); }

  [[nodiscard]] const Grid& grid() const override { return fine_->generator().grid(); }
  [[nodiscard]] const SteadyState* reference_state() const override { return fine_->schedule() ? nullptr : &fine_->steady(); }
  [[nodiscard]] bool gibbs() const override { return fine_->gibbs(); }
  [[nodiscard]] SteadyState start_state() const override { return fine_->start_state(); }
  [[nodiscard]] const std::map<std::string, std::vector<Row>>& rows() const override { return rows_; }
  [[nodiscard]] const std::map<std::size_t, Eigen::VectorXd>& densities() const override { return densities_; }

private:
  struct Coarse;
  struct Gap;
  struct Evolution;
  void declare(record::Group& group) const;
  void write_fields(record::Group& group);
  void write_entropy_production(record::Group& group);
  [[nodiscard]] bool fits_beside(const Choice& choice) const;
  void prepare_gap();
  void find_gap();
  void write_gap(record::Group& group);
  void coarse_series(const Propagator& propagator);
  void time_bars(const Propagator& propagator);
  void write_row(record::Group& group, std::size_t index, const std::string& name, const std::vector<double>& row,
                 double time_error);

  void write_output(Evolution& evolution, std::size_t index, const Eigen::VectorXd& p, const std::map<std::string, std::vector<double>>& values);

  void declare_transport(record::Group& group) const;
  void write_transport(record::Group& group, std::size_t snapshot, const Eigen::VectorXd& p);

  const input::Spec& spec_;
  const Model& model_;
  Progress& progress_;
  DensitySummary summary_; ///< filled as the run goes, so that an interrupted one has it too
  std::vector<std::size_t> snapshots_; ///< output indices whose density is kept
  std::unique_ptr<DensityRun> fine_;
  std::unique_ptr<InitialDensity> initial_;
  std::unique_ptr<PlanarTransport> transport_; ///< to the steady state, where it is asked for in two dimensions
  std::vector<Coarse> coarse_;         ///< half, quarter
  std::unique_ptr<Gap> gap_;           ///< none where the chain for it cannot be had
  std::vector<std::string> beside_warnings_; ///< of what runs beside the fine grid
  std::map<std::string, std::vector<Row>> rows_;      ///< for the sections that compare
  std::map<std::size_t, Eigen::VectorXd> densities_;  ///< kept only where one does
  Series time_bars_;                   ///< with a schedule: error in time of every observable, from the coarsest grid
};

} // namespace driftwell::run
