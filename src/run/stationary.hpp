#pragma once
// Section [stationary]: the analysis of the steady state on three grids, error bars from them, group /stationary.
#include "section.hpp"
#include "stationary_analysis.hpp"

#include <map>

namespace driftwell::run {

class StationarySection : public Section {
public:
  StationarySection(const input::Spec& spec, const Model& model, Progress& progress) : spec_(spec), model_(model), progress_(progress) {}

  [[nodiscard]] std::string name() const override { return "stationary"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {static_cast<std::size_t>(written_), 1}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

private:
  struct Bar {
    double extrapolated, error;
  };
  [[nodiscard]] Bar bar(double fine, const double* middle, const double* coarse) const;
  [[nodiscard]] Bar bar_of(const std::string& name, double value) const;
  void estimate_bars();
  void declare(record::Group& group) const;
  void declare_minima(record::Group& group) const;
  void declare_modes(record::Group& group) const;
  void write_fields(record::Group& group) const;
  void write_numbers(record::Group& group) const;
  void write_minima(record::Group& group) const;
  void write_modes(record::Group& group) const;

  const input::Spec& spec_;
  const Model& model_;
  Progress& progress_;
  std::vector<std::string> warnings_;
  std::unique_ptr<StationaryAnalysis> fine_;
  std::vector<std::unique_ptr<StationaryAnalysis>> coarse_; ///< half, quarter
  std::map<std::string, Bar> bars_;
  std::vector<std::array<Bar, 2>> mode_bars_; ///< real and imaginary part
  std::vector<Bar> shift_bars_;
  bool written_ = false;
};

/// Eigenvalues of `values`, each with the nearest one of `others` that is still free.
[[nodiscard]] std::vector<std::complex<double>> nearest_values(const std::vector<std::complex<double>>& values, const std::vector<std::complex<double>>& others);

} // namespace driftwell::run
