// Two classes y in {0, 1}, z = x . w: l_i(w) = log(1 + e^z) - y z + weight_decay |w|^2 / 2; with bias, x_i ends in a 1.
//
// Gradient (s(z) - y) x, Hessian s (1 - s) x x^T, s(z) = 1 / (1 + e^-z).
#include "detail/exponential.hpp"
#include "detail/glm.hpp"

#include <cmath>

namespace driftwell::sgd {

namespace {

class Logistic final : public Loss {
public:
  Logistic(const LossOptions& options, std::shared_ptr<const Dataset> data)
      : data_(std::move(data)), X_(*data_, options.bias), decay_(options.weight_decay), bias_(options.bias) {
    require_classes(*data_, 2);
  }

  [[nodiscard]] std::size_t dimension() const override { return X_.dimension(); }
  [[nodiscard]] std::size_t samples() const override { return data_->samples; }
  [[nodiscard]] const Dataset* data() const override { return data_.get(); }
  [[nodiscard]] Targets targets() const override { return Targets::classes; }
  [[nodiscard]] std::string description() const override {
    return std::string("log(1 + exp z) - y z, z = x.w") + (bias_ ? " + bias" : "") + (decay_ != 0 ? ", + weight_decay |w|^2/2" : "");
  }

  double evaluate(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override {
    const std::size_t n = batch.samples.size();
    double* z = project(w, batch, workspace);
    double sum = 0, norm = 0;
    for (std::size_t k = 0; k < n; ++k) sum += std::max(z[k], 0.0) + std::log1p(std::exp(-std::abs(z[k]))) - target(batch, k) * z[k];
    spoil(batch, z, gradient, w);
    if (decay_ != 0)
      for (std::size_t j = 0; j < dimension(); ++j) norm += w[j] * w[j];
    return sum / static_cast<double>(n) + decay_ * norm / 2;
  }

  void gradient(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override {
    spoil(batch, project(w, batch, workspace), gradient, w);
  }

  void add_gradients(const double* w, const Batches& batches, double keep, double scale, double* y, Workspace& workspace) const override {
    detail::add_gradients(X_, decay_, w, batches, keep, scale, y, workspace, [&](double* z, const Batch& batch, double factor) { derivatives(batch, factor, z); });
  }

  void weighted_gradient(const double* w, const Batch& batch, const double* weights, double* result, Workspace& workspace) const override {
    double* z = project(w, batch, workspace);
    derivatives(batch, 1, z);
    double sum = 0;
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      z[k] *= weights[k];
      sum += weights[k];
    }
    detail::combine_rows(X_, detail::rows_of(batch), z, 0, decay_ * sum, w, result);
  }

  void hessian_product(const double* w, const Batch& batch, const double* v, double* result, Workspace& workspace) const override {
    const std::size_t n = batch.samples.size();
    double* z = project(w, batch, workspace);
    double* u = workspace.buffer(1, n);
    detail::project_rows(X_, detail::rows_of(batch), v, u);
    detail::sigmoid(z, n);
    for (std::size_t k = 0; k < n; ++k) u[k] *= z[k] * (1 - z[k]) / static_cast<double>(n);
    detail::combine_rows(X_, detail::rows_of(batch), u, 0, decay_, v, result);
  }

  [[nodiscard]] bool classifies() const override { return true; }
  double accuracy(const double* w, const Batch& batch, Workspace& workspace) const override {
    const double* z = project(w, batch, workspace);
    std::size_t right = 0;
    for (std::size_t k = 0; k < batch.samples.size(); ++k) right += (z[k] > 0) == (target(batch, k) > 0.5);
    return static_cast<double>(right) / static_cast<double>(batch.samples.size());
  }

private:
  [[nodiscard]] double target(const Batch& batch, std::size_t k) const { return batch.targets ? batch.targets[k] : data_->targets[batch.samples[k]]; }

  double* project(const double* w, const Batch& batch, Workspace& workspace) const {
    double* z = workspace.buffer(0, detail::padded(batch.samples.size()));
    detail::project_rows(X_, detail::rows_of(batch), w, z);
    return z;
  }

  /// z becomes scale (s(z) - y).
  void derivatives(const Batch& batch, double scale, double* z) const {
    detail::sigmoid(z, batch.samples.size());
    detail::subtract_targets(*data_, batch, scale, z);
  }

  void spoil(const Batch& batch, double* z, double* gradient, const double* w) const {
    derivatives(batch, 1 / static_cast<double>(batch.samples.size()), z);
    detail::combine_rows(X_, detail::rows_of(batch), z, 0, decay_, w, gradient);
  }

  std::shared_ptr<const Dataset> data_;
  detail::Design X_;
  double decay_;
  bool bias_;
};

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset> data) -> std::unique_ptr<Loss> {
  return std::make_unique<Logistic>(options, std::move(data));
};

const LossCatalogue::Entry entry{"logistic", "logistic regression of two classes",
                                 [] { return std::make_unique<LossFamilyOf<decltype(make)>>(std::vector<std::string>{"bias", "weight_decay"}, true, make); }};

} // namespace

} // namespace driftwell::sgd
