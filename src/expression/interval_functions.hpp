#pragma once
// Images of intervals under the functions of the language.
#include "functions.hpp"

#include "driftwell/expression/interval_tape.hpp"

namespace driftwell::expression {

/// Of a function of one argument, or of two (min, max); `defined` and `continuous` of the arguments are handed on.
[[nodiscard]] Image image(Function function, const Image& a, const Image& b = {});
/// base ^ exponent, as the tape takes it: for negative bases whole exponents only.
[[nodiscard]] Image power_image(const Image& base, const Image& exponent);
[[nodiscard]] Image select_image(Comparison comparison, const Image& left, const Image& right, const Image& yes, const Image& no);

} // namespace driftwell::expression
