#include "estimators/neighbours.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>
#include <nanoflann.hpp>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

struct Adaptor {
  const PointCloud& cloud;
  [[nodiscard]] std::size_t kdtree_get_point_count() const { return cloud.count; }
  [[nodiscard]] double kdtree_get_pt(std::size_t i, std::size_t a) const { return cloud.data[i * cloud.dimension + a]; }
  template <class Box> bool kdtree_get_bbox(Box&) const { return false; }
};

/// The k smallest distances, without the query itself.
class Nearest {
public:
  using DistanceType = double;
  Nearest(double* best, std::size_t k, std::size_t self) : best_(best), k_(k), self_(self) { std::fill_n(best, k, std::numeric_limits<double>::infinity()); }
  bool addPoint(double distance, std::uint32_t index) {
    // The tree compares with the worst distance at the start of a leaf, which may have fallen since.
    if (index == self_ || !(distance < worstDist())) return true;
    std::size_t place = k_ - 1;
    for (; place > 0 && best_[place - 1] > distance; --place) best_[place] = best_[place - 1];
    best_[place] = distance;
    return true;
  }
  [[nodiscard]] double worstDist() const { return best_[k_ - 1]; }
  [[nodiscard]] bool full() const { return std::isfinite(worstDist()); }
  [[nodiscard]] std::size_t size() const { return k_; }

private:
  double* best_;
  std::size_t k_, self_;
};

/// All shifts by whole periods that can hold a nearest image: 3^p for p periodic axes, the shift by nothing first.
std::vector<std::vector<double>> images(const PointCloud& cloud) {
  std::vector<std::vector<double>> shifts{std::vector<double>(cloud.dimension)};
  for (std::size_t a = 0; a < cloud.period.size(); ++a) {
    if (!(cloud.period[a] > 0)) continue;
    const std::size_t so_far = shifts.size();
    for (const double sign : {1.0, -1.0})
      for (std::size_t s = 0; s < so_far; ++s) {
        shifts.push_back(shifts[s]);
        shifts.back()[a] = sign * cloud.period[a];
      }
    if (shifts.size() > 800) throw std::invalid_argument("nearest neighbours: at most 6 periodic axes");
  }
  return shifts;
}

template <int Dimension>
std::vector<double> search(const PointCloud& cloud, const PointCloud& queries, std::size_t k, const std::vector<std::size_t>* self) {
  using Metric = nanoflann::L2_Simple_Adaptor<double, Adaptor>;
  const Adaptor adaptor{cloud};
  const int d = static_cast<int>(cloud.dimension);
  const nanoflann::KDTreeSingleIndexAdaptor<Metric, Adaptor, Dimension, std::uint32_t> tree(d, adaptor, nanoflann::KDTreeSingleIndexAdaptorParams(16));
  const auto shifts = images(cloud);
  std::vector<double> result(queries.count * k);
#pragma omp parallel for schedule(dynamic, 64) if (queries.count > 1000)
  for (std::size_t q = 0; q < queries.count; ++q) {
    Nearest nearest(&result[q * k], k, self ? (*self)[q] : static_cast<std::size_t>(-1));
    std::vector<double> at(cloud.dimension);
    for (const auto& shift : shifts) {
      for (std::size_t a = 0; a < at.size(); ++a) at[a] = queries.point(q)[a] + shift[a];
      tree.findNeighbors(nearest, at.data(), nanoflann::SearchParams());
    }
  }
  return result;
}

} // namespace

std::vector<double> nearest_squared(const PointCloud& cloud, const PointCloud& queries, std::size_t k, const std::vector<std::size_t>* self) {
  const std::size_t others = cloud.count - (self && cloud.count > 0 ? 1 : 0);
  if (others < k || cloud.count == 0) throw NumericalFailure(fmt::format("nearest neighbours: {} neighbours asked of {} points", k, cloud.count));
  if (cloud.count > std::numeric_limits<std::uint32_t>::max()) throw std::invalid_argument("nearest neighbours: more than 2^32 points");
  switch (cloud.dimension) {
    case 1: return search<1>(cloud, queries, k, self);
    case 2: return search<2>(cloud, queries, k, self);
    case 3: return search<3>(cloud, queries, k, self);
    default: return search<-1>(cloud, queries, k, self);
  }
}

bool within_half_period(const PointCloud& cloud, double squared) {
  return std::none_of(cloud.period.begin(), cloud.period.end(), [&](double p) { return p > 0 && !(4 * squared <= p * p); });
}

void require_within_half_period(const PointCloud& cloud, const std::vector<double>& squared, std::size_t k, std::size_t j) {
  for (std::size_t at = j - 1; at < squared.size(); at += k)
    if (!within_half_period(cloud, squared[at]))
      throw NumericalFailure(fmt::format("nearest neighbours: neighbour {} is more than half a period away: too few points ({}) in {} dimensions", j,
                                         cloud.count, cloud.dimension));
}

double log_unit_ball(std::size_t dimension) {
  const double half = static_cast<double>(dimension) / 2;
  return half * std::log(3.14159265358979323846) - std::lgamma(half + 1);
}

} // namespace driftwell::estimators
