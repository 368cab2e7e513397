#include "sgd_summary.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/estimators/entropy.hpp"

#include <Eigen/Cholesky>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <fmt/format.h>

#include <array>
#include <cmath>

namespace driftwell::run {

namespace {

constexpr std::size_t most_for_neighbours = 6, fewest_for_neighbours = 100, most_for_gaussian = 1000, most_queries = 20'000;

CloudEntropy none(const std::string& why) {
  CloudEntropy result;
  result.method = why;
  return result;
}

CloudEntropy from_neighbours(const sgd::Process& process) {
  const std::size_t d = process.dimension(), R = process.replicas();
  std::vector<std::vector<double>> columns(d, std::vector<double>(R));
  std::vector<const double*> pointers;
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t j = 0; j < d; ++j) columns[j][r] = process.weights(r)[j];
  for (const auto& column : columns) pointers.push_back(column.data());
  estimators::NeighbourOptions options;
  options.bias_particles = 0;
  if (R > most_queries) options.queries = most_queries;
  try {
    const estimators::Estimate e = estimators::neighbour_entropy(pointers, R, options).entropy;
    return {{e.value, e.standard_error}, "nearest_neighbours"};
  } catch (const NumericalFailure& failure) {
    return none(failure.what());
  }
}

CloudEntropy from_covariance(const sgd::Process& process) {
  const auto d = static_cast<double>(process.dimension()), R = static_cast<double>(process.replicas());
  const Eigen::MatrixXd C = sgd::cloud_covariance(process);
  const Eigen::VectorXd values = SymmetricEigen(C, Eigen::EigenvaluesOnly).eigenvalues();
  if (!(values[0] > 1e-13 * values[values.size() - 1])) return none("the cloud lies in a plane of fewer dimensions: its entropy is -infinity");
  // Wishart: E log det S = log det C + sum_i psi((R - i)/2) + d log(2/(R - 1)), variance sum_i psi'((R - i)/2)
  double bias = d * std::log(2 / (R - 1)), variance = 0;
  for (double i = 1; i <= d; ++i) {
    bias += boost::math::digamma((R - i) / 2);
    variance += boost::math::trigamma((R - i) / 2);
  }
  return {{(d * std::log(2 * 3.14159265358979323846 * std::exp(1.0)) + values.array().log().sum() - bias) / 2, std::sqrt(variance) / 2}, "gaussian"};
}

} // namespace

void SgdSummary::keep(SectionState& state, const std::string& name) {
  std::vector<double> numbers{learning_rate, batch_size, momentum, temperature, predicted, exact}, values, errors;
  std::array estimates{&variance, &entropy, &passage_time};
  for (const sgd::Estimate* e : estimates) numbers.insert(numbers.end(), {e->value, e->standard_error});
  for (const sgd::Estimate& e : along) values.push_back(e.value), errors.push_back(e.standard_error);
  state(name, numbers);
  state(name + "/constant", constant);
  state(name + "/dimension", dimension);
  state(name + "/replicas", replicas);
  state(name + "/along", values);
  state(name + "/along_stderr", errors);
  state(name + "/along_predicted", along_predicted);
  state(name + "/along_exact", along_exact);
  state(name + "/passages", passages);
  state(name + "/weights", weights);
  if (!state.loading) return;
  std::size_t at = 0;
  for (double* x : {&learning_rate, &batch_size, &momentum, &temperature, &predicted, &exact}) *x = numbers.at(at++);
  for (sgd::Estimate* e : estimates) {
    e->value = numbers.at(at++);
    e->standard_error = numbers.at(at++);
  }
  along.clear();
  for (std::size_t k = 0; k < values.size(); ++k) along.push_back({values[k], errors.at(k)});
}

CloudEntropy cloud_entropy(const sgd::Process& process) {
  const std::size_t d = process.dimension(), R = process.replicas();
  if (d <= most_for_neighbours && R >= fewest_for_neighbours) return from_neighbours(process);
  if (d > most_for_gaussian || R < d + 2) return none(fmt::format("{} replicas of {} weights: the covariance is singular", R, d));
  return from_covariance(process);
}

} // namespace driftwell::run
