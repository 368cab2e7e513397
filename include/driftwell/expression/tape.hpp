#pragma once
// Evaluation of expressions: a straight-line program run over strips of points, so that each instruction is one
// vectorised loop whose data stay in the first-level cache. No allocation, no lock, no locale while evaluating.
#include "driftwell/expression/expression.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace driftwell::expression {

/// Several expressions compiled together; common subexpressions are computed once.
class Tape {
public:
  static constexpr std::size_t strip = 512; ///< points a strip (the last one of a call may be shorter)

  Tape() = default;
  Tape(const std::vector<Expression>& outputs, std::size_t dimension);

  [[nodiscard]] std::size_t dimension() const;
  [[nodiscard]] std::size_t outputs() const;
  [[nodiscard]] std::size_t instructions() const;
  [[nodiscard]] std::string listing() const; ///< the program in words, one instruction a line

  /// Scratch registers of one thread; reuse it between calls. Made for one tape (or any smaller one).
  class Workspace {
  public:
    explicit Workspace(const Tape& tape);
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;

  private:
    friend class Tape;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

  /// out[o][k] = expression o at the point (in[0][k], ..., in[d-1][k]), k < n. Structure of arrays; in and out must
  /// not overlap. NaN and infinity follow IEEE rules through every function; nothing is clipped.
  /// Same bits for every n, strip position, thread and instruction set. Elementary functions are our own, within about
  /// 1 to 2.5 units in the last place; only sin, cos and tan of |x| > 2^20 and powers of bases that are not positive and
  /// finite are the C library's. x^n is multiplied out for |n| <= 64 (error about n/2 units).
  void evaluate(std::span<const double* const> in, std::span<double* const> out, std::size_t n, Workspace& workspace) const;

  /// One point, for convenience; allocates.
  [[nodiscard]] std::vector<double> operator()(std::span<const double> point) const;

private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

} // namespace driftwell::expression
