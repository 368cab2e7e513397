#include "network.hpp"

#include "exponential.hpp"
#include "product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::sgd::detail {

namespace {

bool wants_cross_entropy(const LossOptions& options, const Dataset& data) {
  if (options.objective == "auto") return data.classes > 0;
  if (options.objective == "cross_entropy") return true;
  if (options.objective == "squared") return false;
  throw std::invalid_argument("no objective \"" + options.objective + "\"; allowed: cross_entropy or squared");
}

} // namespace

Network::Network(const LossOptions& options, std::vector<std::size_t> hidden, std::shared_ptr<const Dataset> data)
    : data_(std::move(data)), activation_(options.activation), activation_name_(options.activation), decay_(options.weight_decay), bias_(options.bias),
      cross_entropy_(wants_cross_entropy(options, *data_)) {
  if (cross_entropy_) require_classes(*data_);
  std::vector<std::size_t> widths{data_->features};
  widths.insert(widths.end(), hidden.begin(), hidden.end());
  widths.push_back(data_->classes > 0 ? data_->classes : 1);
  for (std::size_t l = 1; l < widths.size(); ++l) {
    if (widths[l] == 0) throw std::invalid_argument("a hidden layer of width 0; allowed: at least 1");
    layers_.push_back({widths[l - 1], widths[l], dimension_, dimension_ + widths[l - 1] * widths[l]});
    dimension_ += (widths[l - 1] + (bias_ ? 1 : 0)) * widths[l];
  }
  widest_ = *std::max_element(widths.begin(), widths.end());
}

std::string Network::description() const {
  std::string widths = fmt::format("{}", layers_[0].inputs);
  for (const Layer& layer : layers_) widths += fmt::format("-{}", layer.outputs);
  return fmt::format("{} {}{}{}, {}{}", layers_.size() > 1 ? "perceptron" : "softmax regression", widths, layers_.size() > 1 ? ", " + activation_name_ : "",
                     bias_ ? "" : ", no bias", cross_entropy_ ? "cross-entropy" : "squared loss", decay_ != 0 ? " + weight_decay |w|^2/2" : "");
}

std::vector<double> Network::initial_std() const {
  std::vector<double> std(dimension_, 0.0);
  for (const Layer& layer : layers_) std::fill_n(std.begin() + static_cast<std::ptrdiff_t>(layer.weights), layer.inputs * layer.outputs, 1 / std::sqrt(static_cast<double>(layer.inputs)));
  return std;
}

Network::Pass Network::pass(std::size_t n, bool second, Workspace& workspace) const {
  Pass pass;
  std::size_t number = 0;
  pass.a.push_back(workspace.buffer(number++, n * layers_[0].inputs));
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::size_t size = padded(n * layers_[l].outputs);
    pass.z.push_back(workspace.buffer(number++, size));
    pass.a.push_back(workspace.buffer(number++, size));
    pass.slope.push_back(workspace.buffer(number++, size));
    pass.bend.push_back(second ? workspace.buffer(number++, size) : nullptr);
  }
  pass.delta = workspace.buffer(number++, n * widest_);
  pass.next = workspace.buffer(number++, n * widest_);
  pass.turned = workspace.buffer(number, widest_ * widest_);
  return pass;
}

void Network::forward(const double* w, const Batch& batch, const Pass& pass, Workspace& workspace) const {
  const std::size_t n = batch.samples.size();
  for (std::size_t k = 0; k < n; ++k) std::copy_n(data_->input(batch.samples[k]), data_->features, pass.a[0] + k * data_->features);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto& [inputs, outputs, weights, bias] = layers_[l];
    if (bias_)
      for (std::size_t k = 0; k < n; ++k) std::copy_n(w + bias, outputs, pass.z[l] + k * outputs);
    multiply(n, outputs, inputs, pass.a[l], inputs, 1, w + weights, outputs, pass.z[l], outputs, bias_);
    if (l + 1 < layers_.size()) activation_(n * outputs, pass.z[l], pass.a[l + 1], pass.slope[l], pass.bend[l], workspace);
  }
}

double Network::output(const Batch& batch, double* z, double* probabilities, bool wanted) const {
  const std::size_t n = batch.samples.size(), width = layers_.back().outputs;
  const double share = 1 / static_cast<double>(n);
  const bool classes = data_->classes > 0;
  double loss = 0;
  if (!cross_entropy_) {
    for (std::size_t k = 0; k < n; ++k) {
      const double y = target(batch, k);
      for (std::size_t j = 0; j < width; ++j) {
        const double r = z[k * width + j] - (classes ? (static_cast<std::size_t>(y) == j ? 1.0 : 0.0) : y);
        loss += r * r / 2;
        z[k * width + j] = r * share;
      }
    }
    return loss * share;
  }
  for (std::size_t k = 0; k < n; ++k) {
    double* row = z + k * width;
    const double most = *std::max_element(row, row + width);
    for (std::size_t j = 0; j < width; ++j) row[j] -= most;
    if (wanted) loss -= row[static_cast<std::size_t>(target(batch, k))];
  }
  exponential(z, n * width);
  for (std::size_t k = 0; k < n; ++k) {
    double* row = z + k * width;
    double sum = 0;
    for (std::size_t j = 0; j < width; ++j) sum += row[j];
    if (wanted) loss += std::log(sum);
    for (std::size_t j = 0; j < width; ++j) row[j] /= sum;
    if (probabilities) std::copy_n(row, width, probabilities + k * width);
    row[static_cast<std::size_t>(target(batch, k))] -= 1;
    for (std::size_t j = 0; j < width; ++j) row[j] *= share;
  }
  return loss * share;
}

void Network::backward(const double* w, std::size_t n, const Pass& pass, double* gradient, Workspace&) const {
  const double* delta = pass.z.back();
  double *next = pass.next, *spare = pass.delta;
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const auto& [inputs, outputs, weights, bias] = layers_[l];
    multiply(inputs, outputs, n, pass.a[l], 1, inputs, delta, outputs, gradient + weights, outputs, false);
    if (bias_) {
      std::fill_n(gradient + bias, outputs, 0.0);
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t j = 0; j < outputs; ++j) gradient[bias + j] += delta[k * outputs + j];
    }
    if (l == 0) break;
    transpose(inputs, outputs, w + weights, pass.turned);
    multiply(n, inputs, outputs, delta, outputs, 1, pass.turned, inputs, next, inputs, false);
    for (std::size_t k = 0; k < n * inputs; ++k) next[k] *= pass.slope[l - 1][k];
    delta = next;
    std::swap(next, spare);
  }
}

void Network::decay(const double* w, double factor, double* gradient) const {
  if (factor != 0)
    for (std::size_t j = 0; j < dimension_; ++j) gradient[j] += factor * w[j];
}

double Network::evaluate(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const {
  const Pass way = pass(batch.samples.size(), false, workspace);
  forward(w, batch, way, workspace);
  double loss = output(batch, way.z.back(), nullptr, true), norm = 0;
  backward(w, batch.samples.size(), way, gradient, workspace);
  decay(w, decay_, gradient);
  if (decay_ != 0)
    for (std::size_t j = 0; j < dimension_; ++j) norm += w[j] * w[j];
  return loss + decay_ * norm / 2;
}

void Network::gradient(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const {
  const Pass way = pass(batch.samples.size(), false, workspace);
  forward(w, batch, way, workspace);
  output(batch, way.z.back(), nullptr, false);
  backward(w, batch.samples.size(), way, gradient, workspace);
  decay(w, decay_, gradient);
}

/// Backwards everything is linear in the derivatives by z_L, one row a sample.
void Network::weighted_gradient(const double* w, const Batch& batch, const double* weights, double* result, Workspace& workspace) const {
  const std::size_t n = batch.samples.size(), width = layers_.back().outputs;
  const Pass way = pass(n, false, workspace);
  forward(w, batch, way, workspace);
  output(batch, way.z.back(), nullptr, false);
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < width; ++j) way.z.back()[k * width + j] *= weights[k] * static_cast<double>(n);
    sum += weights[k];
  }
  backward(w, n, way, result, workspace);
  decay(w, decay_ * sum, result);
}

double Network::accuracy(const double* w, const Batch& batch, Workspace& workspace) const {
  if (data_->classes == 0) return std::nan("");
  const Pass way = pass(batch.samples.size(), false, workspace);
  forward(w, batch, way, workspace);
  const std::size_t width = layers_.back().outputs;
  std::size_t right = 0;
  for (std::size_t k = 0; k < batch.samples.size(); ++k) {
    const double* row = way.z.back() + k * width;
    right += static_cast<double>(std::max_element(row, row + width) - row) == data_->targets[batch.samples[k]];
  }
  return static_cast<double>(right) / static_cast<double>(batch.samples.size());
}

} // namespace driftwell::sgd::detail
