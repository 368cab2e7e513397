#pragma once
// Section [fokker_planck] with propagator = "spectral": the density on the points asked for, the same on three quarters of
// them an axis for the error bars, and group /fokker_planck of the result file.
#include "driftwell/spectral/spectral_gap.hpp"
#include "fokker_planck.hpp"
#include "spectral_density.hpp"

namespace driftwell::run {

class SpectralSection : public Section, public DensitySeries {
public:
  SpectralSection(const input::Spec& spec, const Model& model, Progress& progress);

  [[nodiscard]] std::string name() const override { return "fokker_planck"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {summary_.outputs_done, summary_.outputs}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return summary_.warnings; }
  [[nodiscard]] nlohmann::ordered_json json() const override { return json_of(summary_); }
  [[nodiscard]] std::string words(int verbosity) const override { return words_of(summary_, verbosity); }
  [[nodiscard]] const std::map<std::string, std::vector<Row>>& rows() const override { return rows_; }

private:
  std::map<std::string, std::vector<Row>> rows_; ///< for the comparison with a cloud
  [[nodiscard]] bool whole() const { return model_.dimension() <= 3; } ///< densities are kept, not only marginals
  void declare(record::Group& group) const;
  void declare_fields(record::Group& group) const;
  void write_fields(record::Group& group);
  void write_marginals(record::Group& group, const std::string& prefix, const Eigen::VectorXd& p, const std::size_t* frame) const;
  void write_gap(record::Group& group, const SpectralGap& gap, const SpectralGap& coarse);
  void write_row(record::Group& group, std::size_t index, const std::string& name, const std::vector<double>& row);

  const input::Spec& spec_;
  const Model& model_;
  Progress& progress_;
  DensitySummary summary_;
  std::vector<std::size_t> snapshots_;
  std::unique_ptr<SpectralDensity> fine_, coarse_;
  std::unique_ptr<InitialDensity> initial_;
  Series coarse_rows_;
  double unresolved_ = 0; ///< of the output that is being written
};

} // namespace driftwell::run
