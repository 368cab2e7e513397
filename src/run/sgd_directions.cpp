#include "sgd_directions.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/random.hpp"
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/minimise.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t most_snapshots = 512;

Index index_of(std::size_t n) { return static_cast<Index>(n); }

/// A sign that does not depend on the solver: the largest entry is positive.
void orient(MatrixXd& columns) {
  for (Index c = 0; c < columns.cols(); ++c) {
    Index largest = 0;
    columns.col(c).cwiseAbs().maxCoeff(&largest);
    if (columns(largest, c) < 0) columns.col(c) *= -1;
  }
}

/// Leading principal components of a copy's way through the steps that are left.
MatrixXd principal(sgd::Process ahead, std::uint64_t steps, std::size_t count) {
  const std::size_t replicas = std::min<std::size_t>(ahead.replicas(), most_snapshots / 8), times = std::max<std::size_t>(8, most_snapshots / replicas);
  const Index d = index_of(ahead.dimension());
  MatrixXd X(d, index_of(replicas * times));
  Index column = 0;
  const std::uint64_t from = ahead.steps();
  for (std::size_t i = 0; i < times; ++i) {
    ahead.advance(from + steps / times * i + steps % times * i / times - ahead.steps());
    for (std::size_t r = 0; r < replicas; ++r) X.col(column++) = Eigen::Map<const VectorXd>(ahead.weights(r), d);
  }
  X.colwise() -= X.rowwise().mean().eval();
  const bool gram = X.cols() < d; // the smaller of both matrices
  const MatrixXd square = gram ? MatrixXd(X.transpose() * X) : MatrixXd(X * X.transpose());
  const SymmetricEigen modes(square);
  const Index kept = std::min<Index>(index_of(count), square.cols());
  MatrixXd U = modes.eigenvectors().rightCols(kept).rowwise().reverse();
  if (gram) U = X * U;
  for (Index c = 0; c < U.cols(); ++c) U.col(c).normalize(); // leaves 0 where nothing moves
  return U;
}

MatrixXd random_frame(std::uint64_t seed, std::size_t d, std::size_t count) {
  std::uint64_t state = seed * 0x9E3779B97F4A7C15ULL + 0x5851F42D4C957F2DULL;
  const auto uniform = [&] { // splitmix64
    std::uint64_t z = state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return (static_cast<double>((z ^ (z >> 31U)) >> 11U) + 0.5) * 0x1p-53;
  };
  MatrixXd G(index_of(d), index_of(count));
  for (Index k = 0; k < G.size(); ++k) {
    const double u = uniform(), v = uniform();
    G.data()[k] = std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
  }
  const Eigen::HouseholderQR<MatrixXd> qr(G);
  return qr.householderQ() * MatrixXd::Identity(index_of(d), index_of(count));
}

MatrixXd hessian_frame(const sgd::Loss& loss, const sgd::Process& process, std::size_t count) {
  const VectorXd mean = sgd::spread(process).mean;
  const sgd::Minimum minimum = sgd::minimise(loss, {mean.data(), mean.data() + mean.size()});
  const sgd::Operator H = [&](const double* v, double* result) { sgd::full_hessian_product(loss, minimum.weights.data(), v, result); };
  return sgd::leading_eigenpairs(H, loss.dimension(), count).vectors;
}

} // namespace

SgdDirections::SgdDirections(const input::Spec& spec, const sgd::Loss& loss) : spec_(*spec.sgd), loss_(loss) {
  const double steps = static_cast<double>(spec_.steps.value);
  first_ = static_cast<std::uint64_t>(std::ceil(spec_.stationary_from.value * steps));
  const std::size_t d = loss.dimension();
  count_ = spec_.directions_at ? spec_.directions_at->value.size() : std::min(static_cast<std::size_t>(spec_.direction_count.value), d);
  if (!spec_.directions_at) return;
  directions_.resize(index_of(d), index_of(count_));
  for (std::size_t k = 0; k < count_; ++k) {
    const std::vector<double>& row = spec_.directions_at->value[k];
    if (row.size() != d) throw invalid(spec_.directions_at->origin, fmt::format("direction {} has {} entries for {} weights", k + 1, row.size(), d), {fmt::format("lists of {} numbers", d), {}, {}});
    directions_.col(index_of(k)) = Eigen::Map<const VectorXd>(row.data(), index_of(d));
    const double length = directions_.col(index_of(k)).norm();
    if (!(length > 0) || !std::isfinite(length)) throw invalid(spec_.directions_at->origin, fmt::format("direction {} has no length", k + 1), {"vectors other than 0", {}, {}});
    directions_.col(index_of(k)) /= length;
  }
}

const MatrixXd& SgdDirections::at(const sgd::Process& process) {
  if (directions_.size() > 0) return directions_;
  const std::string& kind = spec_.directions.value;
  if (kind == "random") {
    directions_ = random_frame(static_cast<std::uint64_t>(spec_.seed.value), loss_.dimension(), count_);
  } else if (kind == "hessian") {
    directions_ = hessian_frame(loss_, process, count_);
  } else {
    const auto last = static_cast<std::uint64_t>(spec_.steps.value);
    directions_ = principal(process, last - std::min(last, process.steps()), count_);
  }
  if (kind != "random") orient(directions_);
  if (const Index found = directions_.cols(); found < index_of(count_)) {
    directions_.conservativeResize(Eigen::NoChange, index_of(count_));
    directions_.rightCols(index_of(count_) - found).setZero();
  }
  return directions_;
}

void SgdDirections::declare(record::Group& group) const {
  group.dimension("direction", count_);
  group.variable("direction_vector", {"direction", "parameter"}, {{"long_name", std::string("unit vectors along which the cloud is measured")}});
  if (spec_.replicas.value > 1) {
    group.variable("direction_variance", {"direction"}, {{"long_name", std::string("variance of the weights along the direction, averaged over the stationary part")}});
    group.variable("direction_variance_stderr", {"direction"}, {{"long_name", std::string("standard error of direction_variance")}});
  }
  group.attribute("directions", spec_.directions.value);
}

void SgdDirections::write_output(record::Group&, std::size_t, const sgd::Process& process) {
  if (process.steps() < first_ || process.replicas() < 2) return;
  const MatrixXd& U = at(process);
  const Index d = index_of(process.dimension()), R = index_of(process.replicas());
  MatrixXd Y = U.transpose() * Eigen::Map<const MatrixXd>(process.weights(0), d, R);
  Y.colwise() -= Y.rowwise().mean().eval();
  squares_.resize(count_, std::vector<double>(process.replicas()));
  const double unbias = static_cast<double>(R) / static_cast<double>(R - 1);
  for (std::size_t k = 0; k < count_; ++k)
    for (std::size_t r = 0; r < process.replicas(); ++r) {
      const double y = Y(index_of(k), index_of(r));
      squares_[k][r] += y * y * unbias;
    }
  ++outputs_;
}

void SgdDirections::keep(SectionState& state) {
  state("directions", directions_);
  state("direction_outputs", outputs_);
  if (outputs_ > 0) squares_.resize(count_);
  state("direction_squares", squares_);
}

std::vector<sgd::Estimate> SgdDirections::variances() const {
  std::vector<sgd::Estimate> all;
  for (std::vector<double> sums : squares_) {
    for (double& x : sums) x /= static_cast<double>(outputs_);
    all.push_back(sgd::estimate(sums));
  }
  return all;
}

void SgdDirections::predict(const MatrixXd& diffusion, const MatrixXd& exact) {
  predicted_.clear();
  exact_.clear();
  for (Index k = 0; k < directions_.cols(); ++k) {
    predicted_.push_back(directions_.col(k).dot(diffusion * directions_.col(k)));
    exact_.push_back(exact.size() > 0 ? directions_.col(k).dot(exact * directions_.col(k)) : std::nan(""));
  }
}

void SgdDirections::write(record::Group& group, const sgd::Process& process, std::vector<std::string>&) {
  const MatrixXd& U = at(process);
  group.write("direction_vector", {U.data(), static_cast<std::size_t>(U.size())});
  const std::vector<sgd::Estimate> measured = variances();
  if (measured.empty()) return;
  std::vector<double> value, error;
  for (const sgd::Estimate& e : measured) {
    value.push_back(e.value);
    error.push_back(e.standard_error);
  }
  group.write("direction_variance", value);
  group.write("direction_variance_stderr", error);
}

void SgdDirections::json(nlohmann::ordered_json& json) const {
  for (const sgd::Estimate& e : variances()) json["direction_variance"].push_back({{"value", e.value}, {"standard_error", e.standard_error}});
  if (!predicted_.empty()) json["direction_variance_predicted"] = predicted_;
  if (!exact_.empty()) json["direction_variance_predicted_discrete"] = exact_;
}

std::string SgdDirections::words() const {
  std::string text;
  const std::vector<sgd::Estimate> measured = variances();
  for (std::size_t k = 0; k < measured.size(); ++k)
    text += fmt::format("  {:<20} {:<14.8g} +- {:.1e}{}\n", fmt::format("variance, {} {}", spec_.directions.value, k + 1), measured[k].value, measured[k].standard_error,
                        k < predicted_.size() ? fmt::format(" (diffusion {:.8g}, exact {:.8g})", predicted_[k], exact_[k]) : "");
  return text;
}

} // namespace driftwell::run
