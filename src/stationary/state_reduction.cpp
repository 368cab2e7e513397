#include "driftwell/stationary/state_reduction.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "elimination_order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

namespace driftwell {

namespace {

using Eigen::Index;
using Real = long double;
using Vector = StateReduction::Vector;
using Sparse = Eigen::SparseMatrix<double>;
template <class T> using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// A product would leave the range of the number type: start again with a wider one.
struct OutOfRange {};

/// What the elimination of one front leaves behind, for its states k and the states i, j that were still there.
template <class T> struct Eliminated {
  Front front;
  Dense<T> share; ///< q_ik / s_k, rows: states of the front, then beyond; below the diagonal
  Dense<T> rate;  ///< q_kj, columns: the same; above the diagonal
  Eigen::Matrix<T, Eigen::Dynamic, 1> exit; ///< s_k
};

template <class T> T least_positive(const Eigen::Ref<const Dense<T>>& block) {
  T least = std::numeric_limits<T>::max();
  for (Index j = 0; j < block.cols(); ++j)
    for (Index i = 0; i < block.rows(); ++i)
      if (block(i, j) > 0) least = std::min(least, block(i, j));
  return least;
}

/// target += left * right; the order of the additions depends on nothing but the sizes.
template <class T> void add_product(Eigen::Ref<Dense<T>> target, const Dense<T>& left, const Dense<T>& right) {
  constexpr Index strip = 256;
  for (Index j = 0; j < target.cols(); j += strip)
    for (Index i = 0; i < target.rows(); i += strip) {
      const Index rows = std::min(strip, target.rows() - i), columns = std::min(strip, target.cols() - j);
      if (rows * columns < 64) target.block(i, j, rows, columns) += left.middleRows(i, rows).lazyProduct(right.middleCols(j, columns));
      else target.block(i, j, rows, columns).noalias() += left.middleRows(i, rows) * right.middleCols(j, columns);
    }
}

/// Eliminates the first `count` states of a dense chain of F.rows() states; the last column of F is the killing.
template <class T> Eigen::Matrix<T, Eigen::Dynamic, 1> eliminate(Dense<T>& F, Index count) {
  constexpr Index block = 24;
  const Index m = F.rows();
  // Smallest numbers whose product is still a normal one: below, entries might vanish that matter elsewhere.
  const T floor = std::is_same_v<T, double> ? T(1e-290) : T(0);
  Eigen::Matrix<T, Eigen::Dynamic, 1> exit(count);
  for (Index first = 0; first < count; first += block) {
    const Index last = std::min(first + block, count);
    for (Index k = first; k < last; ++k) {
      T s = 0;
      for (Index j = k + 1; j <= m; ++j) s += F(k, j);
      exit[k] = s;
      if (s > 0) F.col(k).tail(m - k - 1) /= s;
      else { // what comes here stays: for those that are left it is gone
        F.col(m).tail(m - k - 1) += F.col(k).tail(m - k - 1);
        F.col(k).tail(m - k - 1).setZero();
      }
      for (Index j = k + 1; j < last; ++j) // the columns of this block
        for (Index i = k + 1; i < m; ++i) F(i, j) += F(i, k) * F(k, j);
      for (Index i = k + 1; i < last; ++i) // and its rows
        for (Index j = last; j <= m; ++j) F(i, j) += F(i, k) * F(k, j);
    }
    const Dense<T> left = F.block(last, first, m - last, last - first), right = F.block(first, last, last - first, m + 1 - last);
    if (floor > 0) {
      T share = std::numeric_limits<T>::max(), rate = share;
      for (Index k = first; k < last; ++k) {
        share = std::min(share, least_positive<T>(F.block(k + 1, k, m - k - 1, 1)));
        rate = std::min(rate, least_positive<T>(F.block(k, k + 1, 1, m - k)));
      }
      if (std::min(share, rate) < floor || (share < 1 && rate < 1 && share * rate < floor)) throw OutOfRange{};
    }
    add_product<T>(F.block(last, last, m - last, m + 1 - last), left, right);
  }
  return exit;
}

template <class T> using Factor = std::vector<Eliminated<T>>;

/// Multifrontal: a front is its own rates and what its children left to it.
template <class T> Factor<T> factorise(const Sparse& rates, const Sparse& rates_by_row, const Vector& killing) {
  std::vector<Front> fronts = elimination_fronts(rates);
  Factor<T> factor;
  factor.reserve(fronts.size());
  std::vector<std::vector<std::size_t>> children(fronts.size());
  std::vector<Dense<T>> left_over(fronts.size());
  std::vector<Index> place(static_cast<std::size_t>(rates.cols()));
  for (std::size_t f = 0; f < fronts.size(); ++f) {
    if (f % 64 == 0) poll_interrupt();
    Front& front = fronts[f];
    const Index own = front.count, m = own + static_cast<Index>(front.beyond.size());
    for (int k = 0; k < front.count; ++k) place[static_cast<std::size_t>(front.first + k)] = k;
    for (std::size_t i = 0; i < front.beyond.size(); ++i) place[static_cast<std::size_t>(front.beyond[i])] = own + static_cast<Index>(i);
    Dense<T> F = Dense<T>::Zero(m, m + 1);
    for (Index k = 0; k < own; ++k) {
      const Index state = front.first + k;
      for (Sparse::InnerIterator it(rates, state); it; ++it) // from k
        if (it.row() >= front.first && it.row() != state) F(k, place[static_cast<std::size_t>(it.row())]) += static_cast<T>(it.value());
      for (Sparse::InnerIterator it(rates_by_row, state); it; ++it) // into k
        if (it.row() >= front.first + own) F(place[static_cast<std::size_t>(it.row())], k) += static_cast<T>(it.value());
      F(k, m) += static_cast<T>(killing[state]);
    }
    for (const std::size_t child : children[f]) {
      const std::vector<int>& states = fronts[child].beyond;
      const Dense<T>& rest = left_over[child];
      const auto size = static_cast<Index>(states.size());
      for (Index j = 0; j <= size; ++j) {
        const Index column = j < size ? place[static_cast<std::size_t>(states[static_cast<std::size_t>(j)])] : m;
        for (Index i = 0; i < size; ++i)
          if (i != j) F(place[static_cast<std::size_t>(states[static_cast<std::size_t>(i)])], column) += rest(i, j);
      }
      left_over[child] = Dense<T>();
    }
    Eliminated<T> done;
    done.exit = eliminate<T>(F, own);
    done.share = F.leftCols(own);
    done.rate = F.block(0, 0, own, m);
    if (front.parent >= 0) {
      left_over[f] = F.block(own, own, m - own, m + 1 - own);
      children[static_cast<std::size_t>(front.parent)].push_back(f);
    }
    done.front = front;
    factor.push_back(std::move(done));
  }
  return factor;
}

/// Calls visit(state, place in the front) for all states of a front.
template <class Visit> void each_state(const Front& front, Index from, const Visit& visit) {
  for (Index i = from; i < front.count; ++i) visit(front.first + i, i);
  for (std::size_t i = 0; i < front.beyond.size(); ++i) visit(front.beyond[i], front.count + static_cast<Index>(i));
}

template <class T> Vector stationary(const Factor<T>& factor, Index n) {
  Index root = -1;
  for (const Eliminated<T>& e : factor)
    for (Index k = 0; k < e.front.count; ++k)
      if (!(e.exit[k] > 0)) {
        if (root >= 0) throw NumericalFailure("steady state: the chain falls into parts that exchange nothing");
        root = e.front.first + k;
      }
  Vector p = Vector::Zero(n);
  if (root < 0) throw NumericalFailure("steady state: every state is killed");
  p[root] = 1;
  for (auto e = factor.rbegin(); e != factor.rend(); ++e)
    for (Index k = e->front.count; k-- > 0;) {
      const Index state = e->front.first + k;
      if (state >= root) continue;
      Real sum = 0;
      each_state(e->front, k + 1, [&](Index i, Index at) { sum += p[i] * static_cast<Real>(e->share(at, k)); });
      p[state] = sum;
    }
  return p / p.sum();
}

template <class T> void require_killed(const Factor<T>& factor) {
  for (const Eliminated<T>& e : factor)
    for (Index k = 0; k < e.front.count; ++k)
      if (!(e.exit[k] > 0)) throw NumericalFailure("first passage: the target cannot be reached from every state");
}

template <class T> Vector collected(const Factor<T>& factor, Vector b) {
  require_killed(factor);
  for (const Eliminated<T>& e : factor)
    for (Index k = 0; k < e.front.count; ++k) {
      const Real own = b[e.front.first + k];
      if (own != 0) each_state(e.front, k + 1, [&](Index i, Index at) { b[i] += static_cast<Real>(e.share(at, k)) * own; });
    }
  for (auto e = factor.rbegin(); e != factor.rend(); ++e)
    for (Index k = e->front.count; k-- > 0;) {
      Real& x = b[e->front.first + k];
      each_state(e->front, k + 1, [&](Index j, Index at) { x += static_cast<Real>(e->rate(k, at)) * b[j]; });
      x /= static_cast<Real>(e->exit[k]);
    }
  return b;
}

template <class T> Vector occupied(const Factor<T>& factor, Vector c) {
  require_killed(factor);
  for (const Eliminated<T>& e : factor)
    for (Index k = 0; k < e.front.count; ++k) {
      Real& own = c[e.front.first + k];
      own /= static_cast<Real>(e.exit[k]);
      if (own != 0) each_state(e.front, k + 1, [&](Index j, Index at) { c[j] += static_cast<Real>(e.rate(k, at)) * own; });
    }
  for (auto e = factor.rbegin(); e != factor.rend(); ++e)
    for (Index k = e->front.count; k-- > 0;) {
      Real& y = c[e->front.first + k];
      each_state(e->front, k + 1, [&](Index i, Index at) { y += static_cast<Real>(e->share(at, k)) * c[i]; });
    }
  return c;
}

Sparse in_order(const Sparse& rates, const std::vector<int>& ranks) {
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(static_cast<std::size_t>(rates.nonZeros()));
  for (int k = 0; k < rates.outerSize(); ++k)
    for (Sparse::InnerIterator it(rates, k); it; ++it) {
      if (it.row() == k || it.value() == 0) continue;
      if (!(it.value() > 0) || !std::isfinite(it.value())) throw NumericalFailure("state reduction: a rate is negative or not finite");
      entries.emplace_back(ranks[static_cast<std::size_t>(it.row())], ranks[static_cast<std::size_t>(k)], it.value());
    }
  Sparse result(rates.rows(), rates.cols());
  result.setFromTriplets(entries.begin(), entries.end());
  return result;
}

} // namespace

struct StateReduction::Impl {
  std::vector<int> ranks;
  std::variant<Factor<double>, Factor<Real>> factor;

  /// solve(factor, right side in the order of elimination), with the order of the states around it.
  template <class Solve> Vector in_order(const Vector& b, const Solve& solve) const {
    Vector ordered(b.size()), result(b.size());
    for (Index k = 0; k < b.size(); ++k) ordered[ranks[static_cast<std::size_t>(k)]] = b[k];
    ordered = std::visit([&](const auto& f) { return solve(f, std::move(ordered)); }, factor);
    for (Index k = 0; k < b.size(); ++k) result[k] = ordered[ranks[static_cast<std::size_t>(k)]];
    return result;
  }
};

StateReduction::StateReduction(const Sparse& rates, const Eigen::VectorXd& killing, const std::vector<int>& ranks) : impl_(std::make_unique<Impl>()) {
  impl_->ranks = ranks;
  const Sparse ordered = in_order(rates, ranks), by_row = ordered.transpose();
  Vector kappa = Vector::Zero(rates.cols());
  for (Index k = 0; k < killing.size(); ++k) {
    if (!(killing[k] >= 0) || !std::isfinite(killing[k])) throw NumericalFailure("state reduction: a rate is negative or not finite");
    kappa[ranks[static_cast<std::size_t>(k)]] = killing[k];
  }
  try {
    impl_->factor = factorise<double>(ordered, by_row, kappa);
  } catch (const OutOfRange&) {
    impl_->factor = factorise<Real>(ordered, by_row, kappa);
  }
}

StateReduction::~StateReduction() = default;
StateReduction::StateReduction(StateReduction&&) noexcept = default;
StateReduction& StateReduction::operator=(StateReduction&&) noexcept = default;

Vector StateReduction::stationary() const {
  return impl_->in_order(Vector::Zero(static_cast<Index>(impl_->ranks.size())), [](const auto& f, Vector zero) { return driftwell::stationary(f, zero.size()); });
}

Vector StateReduction::collected(const Vector& b) const {
  return impl_->in_order(b, [](const auto& f, Vector ordered) { return driftwell::collected(f, std::move(ordered)); });
}

Vector StateReduction::occupied(const Vector& c) const {
  return impl_->in_order(c, [](const auto& f, Vector ordered) { return driftwell::occupied(f, std::move(ordered)); });
}

} // namespace driftwell
