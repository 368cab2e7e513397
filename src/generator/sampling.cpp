#include "sampling.hpp"

#include <algorithm>
#include <functional>

namespace driftwell {

using expression::Expression;
using expression::Tape;
using Eigen::Index;
using Eigen::VectorXd;

namespace {

/// Values at `size` points of d coordinates; `fill(first, count, in)` writes the coordinates of a strip.
std::vector<VectorXd> evaluate(const std::vector<Expression>& outputs, std::size_t d, std::size_t size,
                               const std::function<void(std::size_t, std::size_t, double* const*)>& fill) {
  const std::size_t strip = Tape::strip, strips = (size + strip - 1) / strip;
  const Tape tape(outputs, d);
  std::vector<VectorXd> values(outputs.size(), VectorXd(static_cast<Index>(size)));
#pragma omp parallel if (strips > 8)
  {
    Tape::Workspace workspace(tape);
    std::vector<double> buffer(d * strip);
    std::vector<double*> in(d), out(outputs.size());
    for (std::size_t a = 0; a < d; ++a) in[a] = buffer.data() + a * strip;
    std::vector<const double*> in_const(in.begin(), in.end());
#pragma omp for schedule(static)
    for (std::size_t s = 0; s < strips; ++s) {
      const std::size_t first = s * strip, count = std::min(strip, size - first);
      fill(first, count, in.data());
      for (std::size_t o = 0; o < outputs.size(); ++o) out[o] = values[o].data() + first;
      tape.evaluate(in_const, out, count, workspace);
    }
  }
  return values;
}

} // namespace

std::vector<VectorXd> sample(const std::vector<Expression>& outputs, const Grid& grid) {
  return evaluate(outputs, grid.dimension(), grid.size(),
                  [&](std::size_t first, std::size_t count, double* const* in) { grid.centres(first, count, in); });
}

std::vector<VectorXd> sample_moved(const std::vector<Expression>& outputs, const Grid& grid, std::size_t axis,
                                   const std::vector<double>& at) {
  return evaluate(outputs, grid.dimension(), grid.size(), [&](std::size_t first, std::size_t count, double* const* in) {
    grid.centres(first, count, in);
    for (std::size_t k = 0; k < count; ++k) in[axis][k] = at[grid.coordinate(first + k, axis)];
  });
}

std::vector<VectorXd> sample_layer(const std::vector<Expression>& outputs, const Grid& grid,
                                   const std::vector<std::size_t>& cells, std::size_t axis, double at) {
  std::vector<std::vector<double>> points(grid.dimension(), std::vector<double>(cells.size(), at));
  for (std::size_t k = 0; k < cells.size(); ++k)
    for (std::size_t a = 0; a < grid.dimension(); ++a)
      if (a != axis) points[a][k] = grid.axis(a).centre(grid.coordinate(cells[k], a));
  return sample_points(outputs, points);
}

std::vector<VectorXd> sample_points(const std::vector<Expression>& outputs, const std::vector<std::vector<double>>& points) {
  const std::size_t d = points.size();
  return evaluate(outputs, d, points[0].size(), [&](std::size_t first, std::size_t count, double* const* in) {
    for (std::size_t a = 0; a < d; ++a) std::copy_n(points[a].data() + first, count, in[a]);
  });
}

} // namespace driftwell
