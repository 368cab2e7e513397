#pragma once
// Section [sgd]: the replicas, what is measured of them, and group /sgd of the result file.
#include "build_sgd.hpp"
#include "driftwell/sgd/cloud.hpp"
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/minimise.hpp"
#include "section.hpp"
#include "sgd_probe.hpp"
#include "sgd_summary.hpp"

#include <array>
#include <optional>

namespace driftwell::run {

class SgdSection : public Section {
public:
  explicit SgdSection(const SectionContext& context);
  ~SgdSection() override;

  [[nodiscard]] std::string name() const override { return "sgd"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {outputs_done_, outputs_.size()}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

  /// After compute().
  [[nodiscard]] SgdSummary summary() const;

private:
  /// Averages over the stationary part: first over time in each replica, then over replicas, which are independent.
  struct Stationary {
    std::size_t count = 0;
    std::vector<double> loss, drift_work, batch_squared, squares;
    Eigen::MatrixXd covariance;
  };
  struct Last {
    double time = 0;
    sgd::Estimate loss, gradient_squared, variance, accuracy;
  };
  void declare(record::Group& group) const;
  void write_attributes(record::Group& group) const;
  void write_output(record::Group& group, std::size_t index);
  void write_snapshot(record::Group& group, std::size_t index);
  void write_noise(record::Group& group, std::size_t index, const sgd::GradientNoise& noise) const;
  void write_minimum(record::Group& group);
  void write_local(record::Group& group);
  void write_stationary(record::Group& group);
  void add_stationary(const sgd::FullMeasures& measures, const sgd::Spread& spread);
  /// E |g_b|^2 has a closed form, and Yaida's relation holds as it is: plain SGD with independent batches.
  [[nodiscard]] bool plain() const;
  /// Plain SGD with the heavy ball, whose relation has the squared steps in place of the gradients.
  [[nodiscard]] bool heavy_ball() const;
  [[nodiscard]] double temperature() const;
  [[nodiscard]] sgd::NoiseOptions noise_options() const;
  [[nodiscard]] std::size_t modes() const;
  void keep(SectionState& state);
  void save();
  /// Takes up the run where the checkpoint left it, if there is one; frames are kept from here on.
  void restore(record::Group& group);

  const input::Spec& spec_;
  const input::SgdSpec& sgd_;
  Progress& progress_;
  Checkpoints* checkpoints_;
  std::optional<SgdProblem> problem_;
  std::unique_ptr<sgd::Process> process_;
  std::vector<std::uint64_t> outputs_; ///< steps
  std::vector<std::size_t> snapshots_; ///< indices of outputs
  std::size_t outputs_done_ = 0, snapshots_done_ = 0;
  record::Frames frames_;              ///< all written so far
  Stationary stationary_;
  Last last_;
  std::optional<sgd::GradientNoise> noise_; ///< the last one measured
  std::optional<sgd::Minimum> minimum_;
  std::optional<std::pair<sgd::Estimate, sgd::Estimate>> yaida_;
  std::optional<std::array<double, 3>> local_; ///< distance of U from H, |Q|/|D|, KL of the local laws
  sgd::Estimate stationary_variance_, stationary_loss_;
  sgd::Estimate yaida_difference_;
  SgdProbes probes_;
  CloudEntropy entropy_;
  double predicted_variance_ = 0;      ///< trace of Sigma of the local potential; 0: not computed
  double predicted_discrete_ = std::numeric_limits<double>::quiet_NaN(); ///< trace of the exact stationary covariance on the parabola
  std::vector<std::string> warnings_;
};

} // namespace driftwell::run
