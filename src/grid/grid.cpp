#include "driftwell/grid/grid.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace driftwell {

Grid::Grid(std::vector<Axis> axes) : axes_(std::move(axes)), strides_(axes_.size()) {
  if (axes_.empty() || axes_.size() > 6) throw std::invalid_argument("a grid has 1 to 6 axes");
  for (std::size_t a = axes_.size(); a-- > 0;) {
    const Axis& axis = axes_[a];
    if (axis.cells < 2 || !(axis.lower < axis.upper)) throw std::invalid_argument("an axis needs 2 cells and lower < upper");
    if ((axis.sides[0] == Boundary::periodic) != (axis.sides[1] == Boundary::periodic))
      throw std::invalid_argument("an axis is periodic on both sides or on none");
    strides_[a] = size_;
    size_ *= axis.cells;
    volume_ *= axis.spacing();
    uniform_ = uniform_ && !axis.stretching;
  }
  log_volume_ = std::log(volume_);
}

double Grid::volume(std::size_t k) const {
  if (uniform_) return volume_;
  double product = 1;
  for (std::size_t a = 0; a < dimension(); ++a) product *= axes_[a].width(coordinate(k, a));
  return product;
}

double Grid::log_volume(std::size_t k) const {
  if (uniform_) return log_volume_;
  double sum = 0;
  for (std::size_t a = 0; a < dimension(); ++a)
    sum += axes_[a].stretching ? axes_[a].stretching->log_widths[coordinate(k, a)] : std::log(axes_[a].spacing());
  return sum;
}

bool Grid::absorbing() const {
  return std::any_of(axes_.begin(), axes_.end(), [](const Axis& axis) {
    return axis.sides[0] == Boundary::absorbing || axis.sides[1] == Boundary::absorbing;
  });
}

void Grid::centres(std::size_t first, std::size_t count, double* const* out) const {
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const Axis& axis = axes_[a];
    std::size_t i = coordinate(first, a);
    std::size_t left = strides_[a] - first % strides_[a]; // cells until the index of this axis moves on
    for (std::size_t k = 0; k < count;) {
      const std::size_t run = std::min(left, count - k);
      std::fill_n(out[a] + k, run, axis.centre(i));
      k += run;
      left = strides_[a];
      if (++i == axis.cells) i = 0;
    }
  }
}

std::vector<double> Grid::centre(std::size_t k) const {
  std::vector<double> point(dimension());
  for (std::size_t a = 0; a < dimension(); ++a) point[a] = axes_[a].centre(coordinate(k, a));
  return point;
}

std::vector<double> Grid::centres(std::size_t a) const {
  std::vector<double> result(axes_[a].cells);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = axes_[a].centre(i);
  return result;
}

std::vector<Grid::EdgeRun> Grid::edge_runs(std::size_t a, std::size_t longest) const {
  std::vector<EdgeRun> runs;
  const std::size_t s = strides_[a], layers = axes_[a].cells, block = s * layers;
  for (std::size_t start = 0; start < size_; start += block) {
    const std::size_t inner = block - s;
    for (std::size_t i = 0; i < inner; i += longest)
      runs.push_back({start + i, start + i + s, std::min(longest, inner - i)});
    if (!axes_[a].periodic()) continue;
    for (std::size_t i = 0; i < s; i += longest) runs.push_back({start + inner + i, start + i, std::min(longest, s - i)});
  }
  return runs;
}

Grid Grid::coarsened() const {
  std::vector<Axis> axes = axes_;
  for (Axis& axis : axes) axis = axis.with_cells((axis.cells + 1) / 2);
  return Grid(std::move(axes));
}

} // namespace driftwell
