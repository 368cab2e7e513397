#pragma once
// The limit-cycle test: spectrum of the increments of the weights and autocorrelations in the stationary part, with the bands of white noise,
// averaged over all weights and along directions; and the area swept in the plane of the first two directions.
//
// In detailed balance E[x_k y_(k+1) - y_k x_(k+1)] = 0 for any x(w), y(w): the mean area says whether the replicas go round.
#include "driftwell/estimators/autocorrelation.hpp"
#include "driftwell/estimators/white_noise_test.hpp"
#include "sgd_directions.hpp"

#include <optional>

namespace driftwell::run {

class SgdSpectrum : public SgdProbe {
public:
  SgdSpectrum(const input::Spec& spec, const sgd::Loss& loss, SgdDirections& directions);

  [[nodiscard]] std::uint64_t next(std::uint64_t step) const override;
  void look(const sgd::Process& process) override;
  void keep(SectionState& state) override;
  void declare(record::Group& group) const override;
  void write(record::Group& group, const sgd::Process& process, std::vector<std::string>& warnings) override;
  void json(nlohmann::ordered_json& json) const override;
  [[nodiscard]] std::string words() const override;

private:
  void sweep_area(const Eigen::MatrixXd& Y, double time);
  void write_weights(record::Group& group) const;
  void write_directions(record::Group& group, std::vector<std::string>& warnings);

  const input::SgdSpec& spec_;
  SgdDirections& directions_;
  std::uint64_t every_;
  std::size_t length_, replicas_;
  std::vector<std::size_t> weights_;                  ///< which enter the average over all weights
  estimators::WhiteNoiseTest all_;
  std::vector<estimators::WhiteNoiseTest> along_;     ///< one a direction
  std::vector<estimators::AutocorrelationAccumulator> values_; ///< of the projections themselves; none for a single replica
  Eigen::MatrixXd last_;                              ///< replica, first two directions
  std::vector<double> areas_;                         ///< swept so far: (x dy - y dx) / 2 of the chords
  Eigen::MatrixXd centre_;                            ///< 1 x 2
  double first_time_ = 0, last_time_ = 0;
  std::optional<estimators::WhiteNoise> white_;
  std::optional<sgd::Estimate> area_;
};

} // namespace driftwell::run
