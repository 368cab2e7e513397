#pragma once
// A box cut into cells, equal along each axis or stretched by a smooth map. Unknowns sit at cell centres; the last axis is
// contiguous in memory (C order), as in the result file.
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace driftwell {

/// What happens at a side of the box: no current through it, joined to the opposite side, or particles vanish there.
enum class Boundary { reflecting, periodic, absorbing };

/// Cells of unequal width: face i of n sits at lower + (upper - lower) map(i / n) and centre i at the image of i + 1/2, so
/// that every quantity is a smooth function of the index and halving the grid keeps its meaning.
struct Stretching {
  std::function<double(double)> map; ///< [0, 1] -> [0, 1], smooth, increasing
  std::vector<double> faces, centres, log_widths;
};

struct Axis {
  double lower = 0, upper = 1;
  std::size_t cells = 1;
  std::array<Boundary, 2> sides{Boundary::reflecting, Boundary::reflecting}; ///< lower, upper; periodic: both
  std::shared_ptr<const Stretching> stretching{};                            ///< none: equal cells

  /// Mean width of a cell.
  [[nodiscard]] double spacing() const { return (upper - lower) / static_cast<double>(cells); }
  [[nodiscard]] double centre(std::size_t i) const {
    return stretching ? stretching->centres[i] : lower + (static_cast<double>(i) + 0.5) * spacing();
  }
  [[nodiscard]] double face(std::size_t i) const {
    return stretching ? stretching->faces[i] : lower + static_cast<double>(i) * spacing();
  }
  [[nodiscard]] double width(std::size_t i) const {
    return stretching ? stretching->faces[i + 1] - stretching->faces[i] : spacing();
  }
  /// From centre i to the next one upwards, around the period after the last.
  [[nodiscard]] double step(std::size_t i) const {
    if (!stretching) return spacing();
    return i + 1 < cells ? centre(i + 1) - centre(i) : (upper - centre(i)) + (centre(0) - lower);
  }
  /// The cell that holds x, the first or last one beyond the ends.
  [[nodiscard]] std::size_t cell_of(double x) const;
  [[nodiscard]] bool periodic() const { return sides[0] == Boundary::periodic; }

  /// The same axis with another number of cells, or stretched by `map`. Throws std::invalid_argument when the
  /// map does not increase from 0 to 1.
  [[nodiscard]] Axis with_cells(std::size_t count) const;
  [[nodiscard]] Axis stretched(std::function<double(double)> map) const;
};

/// Tensor product of 1 to 6 axes; Markov chains are made of up to 3.
class Grid {
public:
  explicit Grid(std::vector<Axis> axes);

  [[nodiscard]] std::size_t dimension() const { return axes_.size(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Axis& axis(std::size_t a) const { return axes_[a]; }
  [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }
  [[nodiscard]] std::size_t stride(std::size_t a) const { return strides_[a]; }
  [[nodiscard]] bool uniform() const { return uniform_; } ///< equal cells on every axis
  [[nodiscard]] double volume(std::size_t k) const;
  [[nodiscard]] double log_volume(std::size_t k) const;
  [[nodiscard]] bool absorbing() const; ///< some side is

  /// Index of cell k along axis a.
  [[nodiscard]] std::size_t coordinate(std::size_t k, std::size_t a) const {
    return (k / strides_[a]) % axes_[a].cells;
  }
  /// Centres of cells first .. first+count-1, one array an axis.
  void centres(std::size_t first, std::size_t count, double* const* out) const;
  [[nodiscard]] std::vector<double> centre(std::size_t k) const;
  /// All centres of one axis.
  [[nodiscard]] std::vector<double> centres(std::size_t a) const;

  /// Edges along one axis as runs of consecutive cells: cell first + i and its upper neighbour neighbour + i, i < count.
  /// The edges around a period are runs of their own. No run is longer than `longest`.
  struct EdgeRun {
    std::size_t first, neighbour, count;
  };
  [[nodiscard]] std::vector<EdgeRun> edge_runs(std::size_t a, std::size_t longest = 4096) const;

  /// Nested dissection: rank[k] is the place of cell k in an order that puts planes between halves of the box last, at every
  /// scale. Factors of neighbour operators fill in least so, and need no search for an ordering.
  [[nodiscard]] std::vector<int> dissection_ranks() const;

  /// Half the cells an axis (rounded up): the grid of the error bars.
  [[nodiscard]] Grid coarsened() const;

private:
  std::vector<Axis> axes_;
  std::vector<std::size_t> strides_;
  std::size_t size_ = 1;
  double volume_ = 1, log_volume_ = 0; ///< of a cell where all are equal
  bool uniform_ = true;
};

} // namespace driftwell
