#pragma once
// Section [sweep]: the experiment at every combination of the values, each computed as `run` would, and what their sections end with
// side by side in group /sweep. The laws of SGD over such points: sgd_laws.hpp.
#include "section.hpp"
#include "sgd_laws.hpp"

#include <map>
#include <optional>

namespace driftwell::run {

/// The numbers of a section's JSON, flat: "sgd_mean_loss", "sgd_mean_loss_stderr", "stationary_eigenvalue_1"; null is NaN, truth is 1.
/// { "value", "standard_error" } becomes two. Texts are left out, and lists of more than 20.
[[nodiscard]] std::vector<std::pair<std::string, double>> flat_numbers(const std::string& name, const nlohmann::ordered_json& json);

class SweepSection : public Section {
public:
  explicit SweepSection(const SectionContext& context);

  [[nodiscard]] std::string name() const override { return "sweep"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {done_, sweep_.points()}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

private:
  struct Point;
  void keep(SectionState& state);
  void save();
  /// Takes over the points that a run before has finished.
  void restore();
  void compute_point(std::size_t point);
  void declare(record::Group& group) const;
  void collect(std::size_t point, const Section& section);
  void write(record::Group& group);
  [[nodiscard]] std::string label(std::size_t point) const;
  [[nodiscard]] std::filesystem::path file_of(std::size_t point) const;
  [[nodiscard]] std::vector<std::string> columns() const;

  SectionContext context_;
  const input::SweepSpec& sweep_;
  std::size_t done_ = 0, failed_ = 0;
  std::vector<std::string> names_;                    ///< of results, in the order in which they appeared
  std::map<std::string, std::vector<double>> results_; ///< one a point
  std::map<std::string, bool> declared_;
  std::vector<std::string> status_;                   ///< "done", or why a point failed
  std::optional<SgdLaws> laws_;
  double save_seconds_ = 0;                           ///< of the last checkpoint
  std::vector<std::string> warnings_;
};

} // namespace driftwell::run
