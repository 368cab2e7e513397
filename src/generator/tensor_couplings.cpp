// Couplings for a full diffusion matrix: lattice offsets with non-negative weights instead of a nine-point formula.
//
// In units of cells D becomes H^-1 D H^-1 = sum w e e^T (selling.hpp). The weight of a pair comes from its middle (midpoint_pairs.hpp); near
// walls half of it from each of its ends, so pairs stay symmetric. The drift along it is dphi = -(1/T) int g . dx, g = D^-1 (b - T div D).
//
// Along a reflecting wall the weights of oblique offsets are ramped and the flow along the wall is made up for
// (wall_ramp.hpp): no flux, to second order. At an absorbing wall the offset ends where it meets the wall.
#include "couplings.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/interrupt.hpp"
#include "flow_terms.hpp"
#include "link_fields.hpp"
#include "midpoint_pairs.hpp"
#include "offset_pairs.hpp"
#include "sampling.hpp"
#include "selling.hpp"
#include "wall_ramp.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::Matrix3d;
using Eigen::Vector3d;
using Eigen::VectorXd;

/// D x = v where D may be nearly singular: its smallest eigenvalues count as 1e-12 of the largest.
Vector3d solve(const Matrix3d& D, const Vector3d& v, Index d) {
  Eigen::MatrixXd A = D.topLeftCorner(d, d);
  A.diagonal().array() += 1e-14 * A.trace();
  Vector3d x = Vector3d::Zero();
  x.head(d) = A.ldlt().solve(v.head(d));
  return x;
}

class TensorBuilder {
public:
  TensorBuilder(const LinkFields& fields, const Grid& grid, const std::vector<VectorXd>& flows)
      : fields_(fields), grid_(grid), flows_(grid, flows, fields.temperature()), d_(grid.dimension()), n_(static_cast<Index>(grid.size())) {}

  Couplings build() {
    if (grid_.absorbing()) result_.loss = VectorXd::Zero(n_);
    result_.exact = fields_.exact(grid_);
    decompose();
    merge(pairs_, grid_.size());
    add_drift();
    return std::move(result_);
  }

private:
  void check(const Matrix3d& D, std::size_t k) const {
    if (!D.allFinite()) throw DomainError{DomainError::Quantity::diffusion, 0, grid_.centre(k), D.sum()};
    const auto d = static_cast<Index>(d_);
    const double least = SymmetricEigen(D.topLeftCorner(d, d), Eigen::EigenvaluesOnly).eigenvalues()[0];
    if (least < -1e-10 * std::abs(D.trace()) || D.trace() < 0)
      throw DomainError{DomainError::Quantity::diffusion_indefinite, 0, grid_.centre(k), least};
  }

  void keep_inverse(const Matrix3d& D, Index k) {
    const auto d = static_cast<Index>(d_);
    if (result_.inverse_diffusion.empty()) result_.inverse_diffusion.assign(d_ * (d_ + 1) / 2, VectorXd::Zero(n_));
    for (Index j = 0; j < d; ++j) {
      const Vector3d column = solve(D, Vector3d::Unit(j), d);
      for (Index i = 0, at = 0; i < d; ++i)
        for (Index c = i; c < d; ++c, ++at)
          if (c == j) result_.inverse_diffusion[static_cast<std::size_t>(at)][k] = column[i];
    }
  }

  void decompose() {
    const auto values = fields_.diffusion(grid_);
    std::array<int, 3> limits{};
    for (std::size_t a = 0; a < d_; ++a) limits[a] = std::max(1, static_cast<int>((grid_.axis(a).cells - 1) / 2));
    const int least = *std::min_element(limits.begin(), limits.begin() + static_cast<std::ptrdiff_t>(d_));
    Selling selling(limits, static_cast<int>(d_)), along({least, least, 0}, 2);
    std::vector<char> inner(grid_.size());
    for (std::size_t k = 0; k < grid_.size(); ++k) {
      if (k % 4096 == 0) poll_interrupt();
      Matrix3d D = unpacked(values, 0, d_, static_cast<Index>(k));
      check(D, k);
      keep_inverse(D, static_cast<Index>(k));
      for (std::size_t i = 0; i < d_; ++i)
        for (std::size_t j = 0; j < d_; ++j)
          D(static_cast<Index>(i), static_cast<Index>(j)) /=
              grid_.axis(i).width(grid_.coordinate(k, i)) * grid_.axis(j).width(grid_.coordinate(k, j));
      terms_ = FlowTerms::terms(D, flows_.find_share(D, k, selling), selling);
      inner[k] = away_from_walls(k);
      for (const LatticeTerm& term : terms_) add_term(k, term);
      for (std::size_t a = 0; a < d_; ++a)
        for (int side = 0; side < 2; ++side)
          if (grid_.axis(a).sides[static_cast<std::size_t>(side)] == Boundary::reflecting) add_along_wall(k, a, side, along);
    }
    const auto both = [&](const Pair& pair) { return inner[static_cast<std::size_t>(pair.cell)] && inner[end_of(grid_, static_cast<std::size_t>(pair.cell), pair.steps, 1).cell]; };
    std::erase_if(pairs_, both);
    add_midpoint_pairs(fields_, values, grid_, flows_, inner, selling, pairs_);
  }

  /// So far that no ramp is felt, and that neither the terms of this cell nor those of its neighbourhood reach a wall.
  bool away_from_walls(std::size_t k) {
    for (std::size_t a = 0; a < d_; ++a) {
      if (grid_.axis(a).periodic()) continue;
      int longest = 1;
      for (const LatticeTerm& term : terms_) longest = std::max(longest, std::abs(term.offset[a]));
      const WallRamp* wall = ramp(a);
      const std::size_t zone = static_cast<std::size_t>(longest) + std::max(static_cast<std::size_t>(longest), wall ? wall->reach() : 0);
      if (std::min(depth(k, a, 0), depth(k, a, 1)) < zone) return false;
    }
    return true;
  }

  [[nodiscard]] std::size_t depth(std::size_t k, std::size_t a, int side) const {
    const std::size_t i = grid_.coordinate(k, a);
    return side ? grid_.axis(a).cells - 1 - i : i;
  }

  /// The ramp of the terms of this cell at the walls of an axis; none where no term steps along it.
  const WallRamp* ramp(std::size_t a) {
    std::vector<int> steps;
    for (const LatticeTerm& term : terms_)
      if (term.offset[a] != 0) steps.push_back(std::abs(term.offset[a]));
    return steps.empty() ? nullptr : &ramps_.of(steps);
  }

  /// Factor of the edge from k to l along a term, from all reflecting walls.
  double factor(std::size_t k, std::size_t l, const LatticeTerm& term) {
    double product = 1;
    for (std::size_t a = 0; a < d_; ++a) {
      if (term.offset[a] == 0) continue;
      for (int side = 0; side < 2; ++side)
        if (grid_.axis(a).sides[static_cast<std::size_t>(side)] == Boundary::reflecting)
          product *= ramp(a)->factor(std::abs(term.offset[a]), std::min(depth(k, a, side), depth(l, a, side)));
    }
    return product;
  }

  void add_term(std::size_t k, const LatticeTerm& term) {
    const Steps steps{static_cast<std::int16_t>(term.offset[0]), static_cast<std::int16_t>(term.offset[1]), static_cast<std::int16_t>(term.offset[2])};
    const double weight = term.weight * measure(grid_, k);
    for (const int sign : {1, -1}) {
      const End end = end_of(grid_, k, steps, sign);
      if (end.kind == End::Kind::cell)
        pairs_.push_back({static_cast<std::int32_t>(sign > 0 ? k : end.cell), steps, weight / 2 * factor(k, end.cell, term)});
      else if (end.kind == End::Kind::absorbing)
        leaving_.push_back({{static_cast<std::int32_t>(k), steps, weight}, end, sign});
    }
  }

  /// What the ramp took from the flow along a wall: a share of the Schur complement of the terms that step along its normal.
  void add_along_wall(std::size_t k, std::size_t a, int side, Selling& along) {
    const WallRamp* at = ramp(a);
    if (!at || depth(k, a, side) >= at->reach()) return;
    Matrix3d oblique = Matrix3d::Zero();
    for (const LatticeTerm& term : terms_) {
      const Vector3d e(term.offset[0], term.offset[1], term.offset[2]);
      if (term.offset[a] != 0) oblique += term.weight * e * e.transpose();
    }
    const auto n = static_cast<Index>(a);
    const Matrix3d schur = oblique - oblique.col(n) * oblique.row(n) / oblique(n, n);
    std::array<std::size_t, 2> tangent{};
    for (std::size_t c = 0, i = 0; c < d_; ++c)
      if (c != a) tangent[i++] = c;
    const double share = at->taken(depth(k, a, side));
    if (d_ == 2) {
      LatticeTerm term{{}, share * schur(static_cast<Index>(tangent[0]), static_cast<Index>(tangent[0]))};
      term.offset[tangent[0]] = 1;
      if (term.weight > 1e-14 * oblique.trace()) add_plain(k, term);
      return;
    }
    Matrix3d plane = Matrix3d::Zero();
    for (Index i = 0; i < 2; ++i)
      for (Index j = 0; j < 2; ++j) plane(i, j) = schur(static_cast<Index>(tangent[static_cast<std::size_t>(i)]), static_cast<Index>(tangent[static_cast<std::size_t>(j)]));
    if (!(plane.trace() > 1e-14 * oblique.trace())) return;
    for (const LatticeTerm& flat : along.decompose(plane)) {
      LatticeTerm term{{}, share * flat.weight};
      for (std::size_t i = 0; i < 2; ++i) term.offset[tangent[i]] = flat.offset[i];
      add_plain(k, term);
    }
  }

  /// A term of this cell without a ramp.
  void add_plain(std::size_t k, const LatticeTerm& term) {
    const Steps steps{static_cast<std::int16_t>(term.offset[0]), static_cast<std::int16_t>(term.offset[1]), static_cast<std::int16_t>(term.offset[2])};
    for (const int sign : {1, -1})
      if (const End end = end_of(grid_, k, steps, sign); end.kind == End::Kind::cell)
        pairs_.push_back({static_cast<std::int32_t>(sign > 0 ? k : end.cell), steps, term.weight * measure(grid_, k) / 2});
  }

  /// From a cell a share of an offset away, periods counted.
  std::vector<double> moved(std::size_t k, const Steps& steps, int sign) const {
    std::vector<double> point(d_);
    for (std::size_t a = 0; a < d_; ++a) {
      const Axis& axis = grid_.axis(a);
      const auto n = static_cast<long>(axis.cells);
      const long to = static_cast<long>(grid_.coordinate(k, a)) + sign * steps[a];
      const long turns = axis.periodic() ? static_cast<long>(std::floor(static_cast<double>(to) / static_cast<double>(n))) : 0;
      if (to - turns * n < 0 || to - turns * n >= n) point[a] = axis.centre(grid_.coordinate(k, a)) + sign * steps[a] * axis.spacing(); // behind a wall
      else point[a] = axis.centre(static_cast<std::size_t>(to - turns * n)) + static_cast<double>(turns) * (axis.upper - axis.lower);
    }
    return point;
  }

  /// -(1/T) int D^-1 v . dx from each start to each end, by Gauss quadrature; 0 where v is.
  VectorXd work(const std::vector<std::vector<double>>& from, const std::vector<std::vector<double>>& to) const {
    const auto count = static_cast<Index>(from[0].size());
    VectorXd sum = VectorXd::Zero(count);
    if (fields_.rest_is_zero() || count == 0) return sum;
    const auto d = static_cast<Index>(d_);
    std::vector<std::vector<double>> at(d_, std::vector<double>(from[0].size()));
    for (std::size_t q = 0; q < gauss_nodes.size(); ++q) {
      for (std::size_t a = 0; a < d_; ++a)
        for (std::size_t i = 0; i < at[a].size(); ++i) at[a][i] = from[a][i] + gauss_nodes[q] * (to[a][i] - from[a][i]);
      const auto values = fields_.velocity_and_diffusion(at);
#pragma omp parallel for schedule(static) if (count > 20000)
      for (Index i = 0; i < count; ++i) {
        Vector3d v = Vector3d::Zero(), way = Vector3d::Zero();
        for (std::size_t a = 0; a < d_; ++a) {
          v[static_cast<Index>(a)] = values[a][i];
          way[static_cast<Index>(a)] = to[a][static_cast<std::size_t>(i)] - from[a][static_cast<std::size_t>(i)];
        }
        sum[i] -= gauss_weights[q] / fields_.temperature() * solve(unpacked(values, d_, d_, i), v, d).dot(way);
      }
    }
    return sum;
  }

  void add_drift() {
    std::vector<std::vector<double>> from(d_), to(d_);
    const auto add = [&](const std::vector<double>& a, const std::vector<double>& b) {
      for (std::size_t i = 0; i < d_; ++i) {
        from[i].push_back(a[i]);
        to[i].push_back(b[i]);
      }
    };
    for (const Pair& pair : pairs_) add(grid_.centre(static_cast<std::size_t>(pair.cell)), moved(static_cast<std::size_t>(pair.cell), pair.steps, 1));
    const VectorXd beyond = fields_.exact(to);
    VectorXd dphi = work(from, to);
    for (std::size_t a = 0; a < d_; ++a) {
      result_.dphi.push_back(VectorXd::Zero(n_));
      result_.conductance.push_back(VectorXd::Zero(n_));
    }
    std::vector<double> link_dphi, link_conductance;
    for (std::size_t q = 0; q < pairs_.size(); ++q) {
      const Pair& pair = pairs_[q];
      const auto i = static_cast<Index>(q), k = static_cast<Index>(pair.cell);
      const std::size_t upper = end_of(grid_, static_cast<std::size_t>(pair.cell), pair.steps, 1).cell;
      dphi[i] += unless_rounding(beyond[i], result_.exact[static_cast<Index>(upper)]) - result_.exact[k];
      if (!std::isfinite(dphi[i])) throw DomainError{DomainError::Quantity::force, 0, grid_.centre(static_cast<std::size_t>(k)), dphi[i]};
      const double conductance = fields_.temperature() * pair.weight;
      const int length = std::abs(pair.steps[0]) + std::abs(pair.steps[1]) + std::abs(pair.steps[2]);
      if (length == 1) {
        const std::size_t a = pair.steps[0] ? 0 : pair.steps[1] ? 1 : 2;
        result_.dphi[a][k] = dphi[i];
        result_.conductance[a][k] = conductance;
        continue;
      }
      result_.links.lower.push_back(pair.cell);
      result_.links.upper.push_back(static_cast<std::int32_t>(upper));
      result_.links.steps.push_back(pair.steps);
      link_dphi.push_back(dphi[i]);
      link_conductance.push_back(conductance);
    }
    result_.links.up = Eigen::Map<VectorXd>(link_dphi.data(), static_cast<Index>(link_dphi.size()));
    result_.links.down = Eigen::Map<VectorXd>(link_conductance.data(), static_cast<Index>(link_conductance.size()));
    add_walls();
  }

  void add_walls() {
    std::vector<std::vector<double>> from(d_), to(d_);
    for (const Leaving& leaving : leaving_) {
      const auto k = static_cast<std::size_t>(leaving.pair.cell);
      const std::vector<double> a = grid_.centre(k), b = moved(k, leaving.pair.steps, leaving.sign);
      for (std::size_t i = 0; i < d_; ++i) {
        from[i].push_back(a[i]);
        to[i].push_back(a[i] + leaving.end.share * (b[i] - a[i]));
      }
    }
    if (leaving_.empty()) return;
    const VectorXd at_wall = fields_.exact(to);
    const VectorXd dphi = work(from, to);
    for (std::size_t q = 0; q < leaving_.size(); ++q) {
      const Leaving& leaving = leaving_[q];
      const auto k = static_cast<Index>(leaving.pair.cell), i = static_cast<Index>(q);
      const double step = dphi[i] + at_wall[i] - result_.exact[k];
      const double rate = fields_.temperature() * leaving.pair.weight / leaving.end.share * bernoulli(step) / measure(grid_, static_cast<std::size_t>(k));
      if (!std::isfinite(rate)) throw DomainError{DomainError::Quantity::force, leaving.end.axis, grid_.centre(static_cast<std::size_t>(k)), rate};
      result_.loss[k] += rate;
      result_.walls.push_back({leaving.end.axis, leaving.end.side, static_cast<std::size_t>(k), rate});
    }
  }

  struct Leaving {
    Pair pair;
    End end;
    int sign;
  };

  const LinkFields& fields_;
  const Grid& grid_;
  FlowTerms flows_;
  std::size_t d_;
  Index n_;
  std::vector<LatticeTerm> terms_; ///< of the cell at hand
  WallRamps ramps_;
  std::vector<Pair> pairs_;
  std::vector<Leaving> leaving_;
  Couplings result_;
};

} // namespace

Couplings tensor_couplings(const LinkFields& fields, const Grid& grid, const std::vector<VectorXd>& flows) {
  return TensorBuilder(fields, grid, flows).build();
}

Couplings tensor_couplings(const Model& model, const Grid& grid, bool with_circulation, const std::vector<VectorXd>& flows) {
  return tensor_couplings(ModelFields(model, with_circulation), grid, flows);
}

} // namespace driftwell
