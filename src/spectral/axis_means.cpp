#include "axis_means.hpp"

#include "driftwell/expression/tape.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;
using expression::Expression;
using expression::Tape;

std::vector<VectorXd> sample_nodes(const std::vector<Expression>& outputs, const Grid& grid) {
  const std::size_t d = grid.dimension(), size = grid.size(), strip = Tape::strip, strips = (size + strip - 1) / strip;
  const Tape tape(outputs, d);
  std::vector<VectorXd> values(outputs.size(), VectorXd(static_cast<Index>(size)));
#pragma omp parallel if (strips > 8)
  {
    Tape::Workspace workspace(tape);
    std::vector<double> buffer(d * strip);
    std::vector<double*> in(d), out(outputs.size());
    for (std::size_t a = 0; a < d; ++a) in[a] = buffer.data() + a * strip;
    const std::vector<const double*> in_const(in.begin(), in.end());
#pragma omp for schedule(static)
    for (std::size_t s = 0; s < strips; ++s) {
      const std::size_t first = s * strip, count = std::min(strip, size - first);
      grid.centres(first, count, in.data());
      for (std::size_t o = 0; o < outputs.size(); ++o) out[o] = values[o].data() + first;
      tape.evaluate(in_const, out, count, workspace);
    }
  }
  return values;
}

AxisMeans axis_means(const Grid& grid, std::size_t a, const VectorXd& log_p, const VectorXd& slope, const VectorXd& curvature, double theta) {
  const auto n = static_cast<Index>(grid.axis(a).cells);
  const auto size = static_cast<Index>(grid.size()), stride = static_cast<Index>(grid.stride(a)), block = n * stride;
  AxisMeans means{VectorXd(n), VectorXd(n)};
  // One layer a thread, walked in order; weights relative to the largest of the layer, which may itself underflow.
#pragma omp parallel for schedule(static) if (size > 60000)
  for (Index i = 0; i < n; ++i) {
    const auto over_layer = [&](auto&& visit) {
      for (Index start = i * stride; start < size; start += block)
        for (Index k = start; k < start + stride; ++k) visit(k);
    };
    double top = log_p[i * stride];
    over_layer([&](Index k) { top = std::max(top, log_p[k]); });
    double mass = 0, force = 0, bend = 0;
    over_layer([&](Index k) {
      const double weight = std::exp(log_p[k] - top);
      mass += weight;
      force += weight * slope[k];
      bend += weight * curvature[k];
    });
    force /= mass;
    double variance = 0;
    over_layer([&](Index k) { variance += std::exp(log_p[k] - top) * (slope[k] - force) * (slope[k] - force); });
    means.force[i] = force;
    means.curvature[i] = bend / mass - variance / mass / theta;
  }
  return means;
}

} // namespace driftwell
