#include "midpoint_pairs.hpp"

#include "couplings.hpp"
#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::Matrix3d;
using Eigen::Vector3d;
using Eigen::VectorXd;

/// The lattice half a cell above the centres along the axes whose bit is set.
class ShiftedLattice {
public:
  ShiftedLattice(const Grid& grid, unsigned shift) : grid_(grid), shift_(shift) {}

  [[nodiscard]] bool shifted(std::size_t a) const { return shift_ >> a & 1; }
  /// Whether there is a point above cell k.
  [[nodiscard]] bool holds(std::size_t k) const {
    for (std::size_t a = 0; a < grid_.dimension(); ++a)
      if (shifted(a) && !has_edge(grid_, k, a)) return false;
    return true;
  }
  [[nodiscard]] double coordinate(std::size_t k, std::size_t a) const {
    const std::size_t i = grid_.coordinate(k, a);
    return shifted(a) ? grid_.axis(a).face(i + 1) : grid_.axis(a).centre(i);
  }
  [[nodiscard]] double width(std::size_t k, std::size_t a) const {
    const Axis& axis = grid_.axis(a);
    const std::size_t i = grid_.coordinate(k, a);
    return shifted(a) ? (axis.width(i) + axis.width((i + 1) % axis.cells)) / 2 : axis.width(i);
  }
  /// The cells around the point above cell k.
  template <class Visit> void around(std::size_t k, const Visit& visit) const {
    for (unsigned corner = shift_;; corner = (corner - 1) & shift_) {
      Steps steps{};
      for (std::size_t a = 0; a < grid_.dimension(); ++a) steps[a] = corner >> a & 1;
      visit(end_of(grid_, k, steps, 1).cell);
      if (corner == 0) break;
    }
  }
  [[nodiscard]] double cells_around() const { return std::ldexp(1.0, __builtin_popcount(shift_)); }
  /// Whether the middle of a pair along this offset lies on the lattice; `back` then leads from the cell below the point to the lower end.
  [[nodiscard]] bool carries(const LatticeTerm& term, Steps& back) const {
    for (std::size_t a = 0; a < grid_.dimension(); ++a) {
      const int odd = term.offset[a] & 1;
      if (odd != static_cast<int>(shifted(a))) return false;
      back[a] = static_cast<std::int16_t>((odd - term.offset[a]) / 2);
    }
    return true;
  }

private:
  const Grid& grid_;
  unsigned shift_;
};

class MidpointPairs {
public:
  MidpointPairs(const LinkFields& fields, const std::vector<VectorXd>& at_cells, const Grid& grid, const FlowTerms& flows, const std::vector<char>& inner, Selling& selling, std::vector<Pair>& pairs)
      : fields_(fields), at_cells_(at_cells), grid_(grid), flows_(flows), inner_(inner), selling_(selling), pairs_(pairs) {}

  void add(const ShiftedLattice& lattice) {
    constexpr std::size_t chunk = 1 << 16; // so that formulas need no arrays of the whole grid
    for (std::size_t first = 0; first < grid_.size(); first += chunk) {
      poll_interrupt();
      std::vector<std::size_t> cells;
      for (std::size_t k = first; k < std::min(first + chunk, grid_.size()); ++k)
        if (lattice.holds(k)) cells.push_back(k);
      if (!cells.empty()) add(lattice, cells);
    }
  }

private:
  void add(const ShiftedLattice& lattice, const std::vector<std::size_t>& cells) {
    const std::size_t d = grid_.dimension();
    LinkFields::Points points(d, std::vector<double>(cells.size()));
    for (std::size_t a = 0; a < d; ++a)
      for (std::size_t i = 0; i < cells.size(); ++i) points[a][i] = lattice.coordinate(cells[i], a);
    const std::vector<VectorXd> values = fields_.velocity_and_diffusion(points);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Matrix3d D = unpacked(values, d, d, static_cast<Index>(i));
      if (!D.allFinite()) D = mean_around(lattice, cells[i]); // a singularity that the centres do not meet
      add(lattice, cells[i], D);
    }
  }

  [[nodiscard]] Matrix3d mean_around(const ShiftedLattice& lattice, std::size_t k) const {
    Matrix3d sum = Matrix3d::Zero();
    lattice.around(k, [&](std::size_t cell) { sum += unpacked(at_cells_, 0, grid_.dimension(), static_cast<Index>(cell)); });
    return sum / lattice.cells_around();
  }

  void add(const ShiftedLattice& lattice, std::size_t k, Matrix3d D) {
    const std::size_t d = grid_.dimension();
    double measure = 1;
    for (std::size_t a = 0; a < d; ++a) {
      measure *= lattice.width(k, a) / grid_.axis(a).spacing();
      for (std::size_t b = 0; b < d; ++b) D(static_cast<Index>(a), static_cast<Index>(b)) /= lattice.width(k, a) * lattice.width(k, b);
    }
    Vector3d share = Vector3d::Zero();
    if (flows_.any()) {
      lattice.around(k, [&](std::size_t cell) { share += flows_.share(cell); });
      share = flows_.limited(share / lattice.cells_around(), D, 0.75);
    }
    for (const LatticeTerm& term : FlowTerms::terms(D, share, selling_)) {
      Steps back{};
      if (!lattice.carries(term, back)) continue;
      const Steps steps{static_cast<std::int16_t>(term.offset[0]), static_cast<std::int16_t>(term.offset[1]), static_cast<std::int16_t>(term.offset[2])};
      const End lower = end_of(grid_, k, back, 1);
      if (lower.kind != End::Kind::cell || !inner_[lower.cell]) continue;
      const End upper = end_of(grid_, lower.cell, steps, 1);
      if (upper.kind == End::Kind::cell && inner_[upper.cell]) pairs_.push_back({static_cast<std::int32_t>(lower.cell), steps, term.weight * measure});
    }
  }

  const LinkFields& fields_;
  const std::vector<VectorXd>& at_cells_;
  const Grid& grid_;
  const FlowTerms& flows_;
  const std::vector<char>& inner_;
  Selling& selling_;
  std::vector<Pair>& pairs_;
};

} // namespace

void add_midpoint_pairs(const LinkFields& fields, const std::vector<VectorXd>& at_cells, const Grid& grid, const FlowTerms& flows, const std::vector<char>& inner, Selling& selling, std::vector<Pair>& pairs) {
  MidpointPairs builder(fields, at_cells, grid, flows, inner, selling, pairs);
  for (unsigned shift = 1; shift < 1u << grid.dimension(); ++shift) builder.add(ShiftedLattice(grid, shift));
}

} // namespace driftwell
