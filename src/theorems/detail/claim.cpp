#include "driftwell/theorems/claim.hpp"

#include <boost/math/special_functions/erf.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace driftwell::theorems {

namespace {

constexpr std::array names{"holds", "violated", "undecided", "not applicable"};

} // namespace

const char* name_of(Verdict verdict) { return names[static_cast<std::size_t>(verdict)]; }

const std::vector<std::string>& verdict_names() {
  static const std::vector<std::string> all(names.begin(), names.end());
  return all;
}

Verdict verdict_of(const std::string& name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<Verdict>(i);
  throw std::invalid_argument("no verdict \"" + name + "\"");
}

Measured operator+(const Measured& a, const Measured& b) {
  return {a.value + b.value, a.error + b.error, std::hypot(a.standard_error, b.standard_error)};
}

Measured operator-(const Measured& a, const Measured& b) { return a + -1.0 * b; }

Measured operator*(double factor, const Measured& a) { return {factor * a.value, std::abs(factor) * a.error, std::abs(factor) * a.standard_error}; }

Measured operator*(const Measured& a, const Measured& b) {
  return {a.value * b.value, std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error,
          std::hypot(a.value * b.standard_error, b.value * a.standard_error)};
}

Measured operator/(const Measured& a, const Measured& b) {
  const double q = a.value / b.value, scale = std::abs(b.value);
  // A divisor whose bar reaches 0 bounds nothing.
  const double error = b.error < scale ? (a.error + std::abs(q) * b.error) / (scale - b.error) : std::numeric_limits<double>::infinity();
  return {q, error, std::hypot(a.standard_error, q * b.standard_error) / scale};
}

Measured exp(const Measured& a) {
  const double e = std::exp(a.value);
  return {e, e * std::expm1(a.error), e * a.standard_error};
}

Measured log(const Measured& a) {
  const double error = a.error < a.value ? -std::log1p(-a.error / a.value) : a.error == 0 ? 0 : std::numeric_limits<double>::infinity();
  return {std::log(a.value), error, a.standard_error / a.value};
}

Measured sqrt(const Measured& a) {
  const double root = std::sqrt(a.value), least = std::sqrt(std::max(a.value - a.error, 0.0));
  return {root, root - least, a.standard_error > 0 ? a.standard_error / (2 * root) : 0};
}

Measured abs(const Measured& a) { return {std::abs(a.value), a.error, a.standard_error}; }

double sampling_quantile(double confidence, std::size_t comparisons) {
  return M_SQRT2 * boost::math::erfc_inv((1 - confidence) / static_cast<double>(std::max<std::size_t>(comparisons, 1)));
}

} // namespace driftwell::theorems
