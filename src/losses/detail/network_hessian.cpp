// Hessian times vector by differentiating the two passes along v (Pearlmutter, Neural Computation 6, 1994): the prefix d means the
// derivative of a quantity along v. d z_l = d a_{l-1} W_l + a_{l-1} V_l + v_l, d a_l = s' d z_l; backwards, with e = delta_l W_l^T:
// delta_{l-1} = s' e, d delta_{l-1} = s'' dz e + s' (d delta_l W_l^T + delta_l V_l^T).
#include "network.hpp"
#include "lanes.hpp"
#include "product.hpp"

#include <algorithm>

namespace driftwell::sgd::detail {

namespace {

/// Buffers behind those of a pass.
constexpr std::size_t first_buffer = 1000;

struct Along {
  std::vector<double*> a, z; ///< d a_l (a[0]: unused), d z_l
  double *probabilities, *ddelta, *dnext, *error;
};

} // namespace

void Network::hessian_product(const double* w, const Batch& batch, const double* v, double* result, Workspace& workspace) const {
  const std::size_t n = batch.samples.size(), L = layers_.size(), width = layers_.back().outputs;
  const Pass way = pass(n, true, workspace);
  std::size_t number = first_buffer;
  Along along;
  along.a.push_back(nullptr);
  for (const Layer& layer : layers_) {
    along.z.push_back(workspace.buffer(number++, n * layer.outputs));
    along.a.push_back(workspace.buffer(number++, n * layer.outputs));
  }
  for (double** place : {&along.probabilities, &along.ddelta, &along.dnext, &along.error}) *place = workspace.buffer(number++, n * widest_);
  forward(w, batch, way, workspace);
  for (std::size_t l = 0; l < L; ++l) {
    const auto& [inputs, outputs, weights, bias] = layers_[l];
    if (bias_)
      for (std::size_t k = 0; k < n; ++k) std::copy_n(v + bias, outputs, along.z[l] + k * outputs);
    multiply(n, outputs, inputs, way.a[l], inputs, 1, v + weights, outputs, along.z[l], outputs, bias_);
    if (l > 0) multiply(n, outputs, inputs, along.a[l], inputs, 1, w + weights, outputs, along.z[l], outputs, true);
    if (l + 1 < L)
      for (std::size_t k = 0; k < n * outputs; ++k) along.a[l + 1][k] = way.slope[l][k] * along.z[l][k];
  }
  output(batch, way.z.back(), along.probabilities, false);
  const double share = 1 / static_cast<double>(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double *p = along.probabilities + k * width, *dz = along.z[L - 1] + k * width;
    double mean = 0;
    if (cross_entropy_)
      for (std::size_t j = 0; j < width; ++j) mean += p[j] * dz[j];
    for (std::size_t j = 0; j < width; ++j) along.ddelta[k * width + j] = share * (cross_entropy_ ? p[j] * (dz[j] - mean) : dz[j]);
  }
  const double* delta = way.z.back();
  double *ddelta = along.ddelta, *dnext = along.dnext, *next = way.next, *spare = way.delta;
  for (std::size_t l = L; l-- > 0;) {
    const auto& [inputs, outputs, weights, bias] = layers_[l];
    multiply(inputs, outputs, n, way.a[l], 1, inputs, ddelta, outputs, result + weights, outputs, false);
    if (l > 0) multiply(inputs, outputs, n, along.a[l], 1, inputs, delta, outputs, result + weights, outputs, true);
    if (bias_) {
      std::fill_n(result + bias, outputs, 0.0);
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t j = 0; j < outputs; ++j) result[bias + j] += ddelta[k * outputs + j];
    }
    if (l == 0) break;
    transpose(inputs, outputs, w + weights, way.turned);
    multiply(n, inputs, outputs, delta, outputs, 1, way.turned, inputs, along.error, inputs, false);
    multiply(n, inputs, outputs, ddelta, outputs, 1, way.turned, inputs, dnext, inputs, false);
    transpose(inputs, outputs, v + weights, way.turned);
    multiply(n, inputs, outputs, delta, outputs, 1, way.turned, inputs, dnext, inputs, true);
    const double *slope = way.slope[l - 1], *bend = way.bend[l - 1], *dz = along.z[l - 1];
    for (std::size_t k = 0; k < n * inputs; ++k) {
      dnext[k] = bend[k] * dz[k] * along.error[k] + slope[k] * dnext[k];
      next[k] = slope[k] * along.error[k];
    }
    delta = next;
    std::swap(next, spare);
    std::swap(ddelta, dnext);
  }
  decay(v, decay_, result);
}

} // namespace driftwell::sgd::detail
