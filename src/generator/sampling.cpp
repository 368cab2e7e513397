#include "sampling.hpp"

#include <algorithm>
#include <array>

namespace driftwell {

using expression::Expression;
using expression::Tape;

std::vector<Eigen::VectorXd> sample(const std::vector<Expression>& outputs, const Grid& grid,
                                    const std::vector<double>& shift) {
  const std::size_t d = grid.dimension(), size = grid.size(), strip = Tape::strip;
  const Tape tape(outputs, d);
  std::vector<Eigen::VectorXd> values(outputs.size(), Eigen::VectorXd(static_cast<Eigen::Index>(size)));
  const std::size_t strips = (size + strip - 1) / strip;
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
      grid.centres(first, count, in.data());
      for (std::size_t a = 0; a < d; ++a)
        if (shift[a] != 0)
          for (std::size_t k = 0; k < count; ++k) in[a][k] += shift[a];
      for (std::size_t o = 0; o < outputs.size(); ++o) out[o] = values[o].data() + first;
      tape.evaluate(in_const, out, count, workspace);
    }
  }
  return values;
}

std::vector<Eigen::VectorXd> sample_layer(const std::vector<Expression>& outputs, const Grid& grid,
                                          const std::vector<std::size_t>& cells, std::size_t axis, double at) {
  const std::size_t d = grid.dimension(), n = cells.size();
  const Tape tape(outputs, d);
  Tape::Workspace workspace(tape);
  std::vector<std::vector<double>> points(d, std::vector<double>(n));
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t a = 0; a < d; ++a)
      points[a][k] = a == axis ? at : grid.axis(a).centre(grid.coordinate(cells[k], a));
  std::vector<Eigen::VectorXd> values(outputs.size(), Eigen::VectorXd(static_cast<Eigen::Index>(n)));
  std::vector<const double*> in(d);
  std::vector<double*> out(outputs.size());
  for (std::size_t a = 0; a < d; ++a) in[a] = points[a].data();
  for (std::size_t o = 0; o < outputs.size(); ++o) out[o] = values[o].data();
  tape.evaluate(in, out, n, workspace);
  return values;
}

} // namespace driftwell
