#pragma once
// Section [verify]: theorems tested on the experiment, group /theorems of the result file.
#include "driftwell/theorems/theorem.hpp"
#include "section.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

class LangevinSection;
class DensityResults;

/// A verdict that [verify] expect did not expect, or a violation that it did not name.
struct Surprise {
  std::string what;   ///< "bakry_emery" or "bakry_emery.kl"
  std::string found, expected; ///< verdicts
};

class VerifySection : public Section {
public:
  /// `cloud`: section [langevin], computed before this one; nullptr where there is none.
  VerifySection(const input::Spec& spec, const Model* model, Progress& progress);
  ~VerifySection() override;

  void set_cloud(const LangevinSection& cloud) { cloud_ = &cloud; }
  /// A result file whose series are tested, too.
  void set_stored(std::shared_ptr<const theorems::StoredEvidence> stored) { stored_ = std::move(stored); }
  /// The density side as the cloud may use it; nullptr where there is none.
  [[nodiscard]] const DensityResults* density();
  /// What is tested, built when first asked for.
  [[nodiscard]] theorems::Subject& subject();

  [[nodiscard]] std::string name() const override { return "theorems"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {certificates_.size(), chosen_.size()}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;
  /// 5 where a theorem is violated or a verdict is not the expected one.
  [[nodiscard]] ExitCode exit_code() const override { return surprises_.empty() ? ExitCode::done : ExitCode::certificate_violated; }

  [[nodiscard]] const std::vector<theorems::Certificate>& certificates() const { return certificates_; }
  [[nodiscard]] const std::vector<Surprise>& surprises() const { return surprises_; }

private:
  void choose();
  void find_surprises();
  void write(record::ResultFile& file) const;

  const input::Spec& spec_;
  const Model* model_;
  Progress& progress_;
  const LangevinSection* cloud_ = nullptr;
  std::shared_ptr<const theorems::StoredEvidence> stored_;
  std::optional<theorems::Subject> subject_;
  std::unique_ptr<DensityResults> density_;
  std::vector<std::string> chosen_, warnings_;
  std::vector<theorems::Certificate> certificates_;
  std::vector<Surprise> surprises_;
};

/// One line a theorem; with `details` every claim and hypothesis. Verdicts in colour where `colour`.
[[nodiscard]] std::string certificate_table(const std::vector<theorems::Certificate>& certificates, bool details, bool colour);
/// "12 hold, 1 violated, 3 not applicable"
[[nodiscard]] std::string verdict_counts(const std::vector<theorems::Certificate>& certificates);
/// A table and the claims behind it, as Markdown.
[[nodiscard]] std::string certificate_markdown(const input::Spec& spec, const Model* model, const std::vector<theorems::Certificate>& certificates);
[[nodiscard]] nlohmann::ordered_json json_of(const theorems::Certificate& certificate);

} // namespace driftwell::run
