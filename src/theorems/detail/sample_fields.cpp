#include "sample_fields.hpp"

#include "driftwell/expression/tape.hpp"

#include <algorithm>

namespace driftwell::theorems {

using expression::Expression;
using expression::Tape;
using Eigen::Index;
using Eigen::VectorXd;

std::vector<VectorXd> sample_fields(const std::vector<Expression>& formulas, const Grid& grid, std::size_t axis, const std::vector<double>& at) {
  const std::size_t d = grid.dimension();
  const Tape tape(formulas, d);
  Tape::Workspace workspace(tape);
  std::vector<VectorXd> values(formulas.size(), VectorXd(static_cast<Index>(grid.size())));
  std::vector<std::vector<double>> x(d, std::vector<double>(Tape::strip));
  std::vector<double*> in(d), out(formulas.size());
  for (std::size_t a = 0; a < d; ++a) in[a] = x[a].data();
  const std::vector<const double*> in_const(in.begin(), in.end());
  for (std::size_t first = 0; first < grid.size(); first += Tape::strip) {
    const std::size_t count = std::min(Tape::strip, grid.size() - first);
    grid.centres(first, count, in.data());
    if (!at.empty())
      for (std::size_t k = 0; k < count; ++k) x[axis][k] = at[grid.coordinate(first + k, axis)];
    for (std::size_t o = 0; o < formulas.size(); ++o) out[o] = values[o].data() + first;
    tape.evaluate(in_const, out, count, workspace);
  }
  return values;
}

std::vector<VectorXd> sample_fields(const std::vector<Expression>& formulas, const Grid& grid) { return sample_fields(formulas, grid, 0, {}); }

} // namespace driftwell::theorems
