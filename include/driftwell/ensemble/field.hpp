#pragma once
// Drift and noise that are computed, not written as formulas: what Dynamics holds in place of a Model.
//
//   dx = b(x, T) dt + sqrt(2 T) s(x) dW,   s d x q, W of q independent Brownian motions
#include "driftwell/ensemble/dynamics.hpp"

#include <memory>
#include <string>

namespace driftwell {

/// Immutable and shared by all threads; each has a Scratch. Functions take n <= Tape::strip particles and must give the same bits
/// however particles are put into blocks.
class Field {
public:
  virtual ~Field() = default;
  [[nodiscard]] virtual std::size_t dimension() const = 0; ///< d
  [[nodiscard]] virtual std::size_t noises() const { return dimension(); } ///< q
  /// `additive` where s does not depend on x, else `general`.
  [[nodiscard]] virtual NoiseClass noise_class() const = 0;
  [[nodiscard]] virtual std::string name(std::size_t variable) const = 0; ///< for messages

  class Scratch {
  public:
    virtual ~Scratch() = default;
  };
  [[nodiscard]] virtual std::unique_ptr<Scratch> scratch() const = 0;

  /// b_i(x_k), one row a variable.
  virtual void drift(ConstRows x, Rows b, std::size_t n, double T, Scratch& scratch) const = 0;
  /// out = sqrt(2 T) s(x) xi: q rows xi, d rows out.
  virtual void noise(ConstRows x, ConstRows xi, Rows out, std::size_t n, double T, Scratch& scratch) const = 0;
  /// sqrt(2 T) s_ij(x) as rows[i * d + j]; throws std::logic_error unless q = d.
  virtual void amplitude(ConstRows x, Rows sigma, std::size_t n, double T, Scratch& scratch) const = 0;
};

} // namespace driftwell
