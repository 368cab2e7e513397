#pragma once
// Group /sgd_diffusion of an [sgd] with `diffusion`: SGD again, bit for bit, and beside it the modified equations from the same start in the
// same clock; both projected to a few directions, where their divergences are measured over time and a Fokker-Planck equation of the projected
// drift and noise is solved.
#include "build_sgd.hpp"
#include "driftwell/estimators/moments.hpp"
#include "driftwell/sgd/modified_equation.hpp"
#include "driftwell/sgd/moving_fit.hpp"
#include "driftwell/steppers/integrate.hpp"
#include "projected_density.hpp"
#include "section.hpp"

#include <map>
#include <optional>

namespace driftwell::run {

class SgdDiffusionSection : public Section {
public:
  SgdDiffusionSection(const input::Spec& spec, Progress& progress);
  ~SgdDiffusionSection() override;

  [[nodiscard]] std::string name() const override { return "sgd_diffusion"; }
  [[nodiscard]] Outlook check() const override;
  void prepare() override;
  void compute(record::ResultFile& file) override;
  [[nodiscard]] Done done() const override { return {outputs_done_, outputs_.size()}; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] nlohmann::ordered_json json() const override;
  [[nodiscard]] std::string words(int verbosity) const override;

private:
  /// The particles of one modified equation.
  struct Cloud {
    int order;
    std::shared_ptr<const sgd::ModifiedEquation> equation;
    std::unique_ptr<Dynamics> dynamics;
    std::unique_ptr<Ensemble> particles;
  };
  using Matrix = Eigen::MatrixXd;
  static constexpr std::size_t least_for_divergences = 60;
  // sgd_diffusion.cpp: what is run
  [[nodiscard]] std::shared_ptr<const sgd::ModifiedEquation> equation(int order, std::vector<double> noise_at) const;
  void check_options() const;
  [[nodiscard]] std::size_t directions() const;
  [[nodiscard]] std::size_t steps_between(double from, double to) const;
  void first_pass();
  void start_clouds();
  void advance(Cloud& cloud, const Clock& clock, std::uint64_t from, std::uint64_t to) const;
  void advance_to(double t, std::uint64_t& step);
  [[nodiscard]] bool wants_density() const { return sgd_.projection.fokker_planck.value && directions() <= 2; }
  // sgd_diffusion_measures.cpp: what is measured of clouds
  void declare(record::Group& group) const;
  void measure(record::Group& group, std::size_t index);
  [[nodiscard]] Matrix project(const Ensemble& particles) const;
  [[nodiscard]] sgd::ProjectedSamples sample(const Cloud& cloud, double t) const;
  void divergences(const Matrix& p, const Matrix& q, estimators::Estimate& neighbours, estimators::Estimate& gaussian) const;
  // sgd_diffusion_density.cpp
  void solve_density(record::Group& group);
  void declare_density(record::Group& group, const Grid& grid) const;
  [[nodiscard]] Grid place_grid(std::size_t from) const;
  void density_frame(record::Group& group, std::size_t index, const ProjectedDensity& fine, const ProjectedDensity& half);

  const input::Spec& spec_;
  const input::SgdSpec& sgd_;
  Progress& progress_;
  std::optional<SgdProblem> problem_;
  std::unique_ptr<Stepper> stepper_;
  std::optional<Schedule> temperature_;
  std::unique_ptr<sgd::Process> process_;
  std::vector<Cloud> clouds_;
  Matrix P_;                                ///< d x m
  Eigen::VectorXd explained_;
  std::vector<double> minimum_;
  std::vector<std::uint64_t> outputs_;      ///< steps of SGD
  std::vector<double> times_;
  std::vector<std::size_t> snapshots_;      ///< indices of outputs
  std::size_t outputs_done_ = 0;
  std::vector<Matrix> sgd_y_, sde_y_;       ///< m x particles at every output; of the highest order
  sgd::MovingFit fit_;
  std::vector<std::optional<sgd::Frame>> frames_; ///< at every output; none where the particles are at one place
  std::vector<std::optional<sgd::ProjectedEquation>> fitted_; ///< on the interval that begins at each output
  struct Last {
    double time = 0;
    std::map<int, std::pair<estimators::Estimate, estimators::Estimate>> kl; ///< by order: neighbours, Gaussian
    std::map<int, double> score;            ///< largest |difference of means| in standard errors
    estimators::Estimate sgd_density, sde_density;
  };
  Last last_;
  std::vector<std::string> warnings_;
};

} // namespace driftwell::run
