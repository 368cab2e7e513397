#pragma once
// The next order of Eyring and Kramers' law in any dimension: E[tau] = law (1 + T a + O(T^2)).
#include "passage_law.hpp"

namespace driftwell::theorems {

/// What a minimum or a saddle adds to a, from third and fourth derivatives V of Phi in coordinates in which D = I and H = Hess Phi = diag(k):
///
///   minimum   a_m =  A,    the well's integral of e^{-Phi/T} over its Gaussian one
///   saddle    a_s = -A + (1/2) sum_jk V_1jk^2 / (|k_j k_k| (|k_j| + |k_k| + |k_1|)) + (1/(4 |k_1|)) (sum_j V_1jj / |k_j|)^2
///   A = (1/8) sum_j (sum_i V_iij / |k_i|)^2 / |k_j| + (1/12) sum_ijk V_ijk^2 / |k_i k_j k_k| - (1/8) sum_ij V_iijj / |k_i k_j|
///
/// The saddle's: the capacity of { h = 1/2 } is the least Dirichlet form T int |grad h|^2 e^{-Phi/T}. In units of sqrt(T), h = h_0 + sqrt(T) h_0' g with
/// h_0' ~ e^{-|k_1| y_1^2/2} along the way down and (L - |k_1|) g = d_1 C, C the cubic part of Phi, L the Ornstein-Uhlenbeck operator of |H|; d_1 C
/// is a sum of its eigenfunctions y_j y_k - delta_jk/|k_j| and a constant. As the form is stationary at the minimiser, g gives all of the order T:
/// capacity / its Gaussian value = 1 + T (A + <g d_1 C>), <.> over exp(-y.|H|y/2). On the line: 5 V'''^2 / (24 |V''|^3) + V'''' / (8 V''^2).
/// D has to be constant, and nothing may circulate.
[[nodiscard]] double next_order_at(const CriticalPoint& point, const Model& model, const Expression& phi);

/// a = a_m + sum over the gates of a_s times the share of the passes' resistance.
[[nodiscard]] double next_order(const PassageLaw& law, const Model& model, const Expression& phi);

} // namespace driftwell::theorems
