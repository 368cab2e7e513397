#pragma once
// Scratch of blocks: rows of numbers, and the loops every stepper needs.
#include "driftwell/expression/tape.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace driftwell {

using Rows = std::span<double* const>;
using ConstRows = std::span<const double* const>;

/// Some rows of Tape::strip numbers each, on cache lines of their own. The rows are not multiples of 4096 bytes apart: then a store to
/// one would look to the processor like a store to all of them.
class RowBuffer {
public:
  explicit RowBuffer(std::size_t rows = 0);
  [[nodiscard]] Rows rows() const { return rows_; }
  [[nodiscard]] Rows rows(std::size_t from, std::size_t count) const { return Rows(rows_).subspan(from, count); }
  [[nodiscard]] ConstRows const_rows() const { return {rows_.data(), rows_.size()}; }
  [[nodiscard]] ConstRows const_rows(std::size_t from, std::size_t count) const { return const_rows().subspan(from, count); }
  double* operator[](std::size_t i) const { return rows_[i]; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

private:
  struct Free {
    void operator()(double* memory) const;
  };
  std::unique_ptr<double, Free> memory_;
  std::vector<double*> rows_;
};

[[nodiscard]] inline ConstRows as_const(Rows rows) { return {rows.data(), rows.size()}; }

/// x = (x + dt b) + scale z
void euler_step(double* x, const double* b, double dt, const double* z, double scale, std::size_t n);
/// x = x + a y
void add_scaled(double* x, const double* y, double a, std::size_t n);
/// x = a x + c y
void scale_and_add(double* x, double a, const double* y, double c, std::size_t n);
void copy_rows(ConstRows from, Rows to, std::size_t n);
/// false as soon as a NaN or an infinity is among them
[[nodiscard]] bool all_finite(const double* x, std::size_t n);

} // namespace driftwell
