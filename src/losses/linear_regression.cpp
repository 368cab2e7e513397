// l_i(w) = (x_i . w - y_i)^2 / 2 + weight_decay |w|^2 / 2; with bias, x_i ends in a 1.
//
// Gradient (x . w - y) x, Hessian x x^T: the mean Hessian does not depend on w.
#include "detail/glm.hpp"

namespace driftwell::sgd {

namespace {

class LinearRegression final : public Loss {
public:
  LinearRegression(const LossOptions& options, std::shared_ptr<const Dataset> data)
      : data_(std::move(data)), X_(*data_, options.bias), decay_(options.weight_decay), bias_(options.bias) {}

  [[nodiscard]] std::size_t dimension() const override { return X_.dimension(); }
  [[nodiscard]] std::size_t samples() const override { return data_->samples; }
  [[nodiscard]] const Dataset* data() const override { return data_.get(); }
  [[nodiscard]] Targets targets() const override { return Targets::numbers; }
  [[nodiscard]] std::string description() const override {
    return std::string("(x.w") + (bias_ ? " + bias" : "") + " - y)^2/2" + (decay_ != 0 ? " + weight_decay |w|^2/2" : "");
  }

  double evaluate(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override {
    double* r = residuals(w, batch, 1, workspace);
    const auto n = static_cast<double>(batch.samples.size());
    double squares = 0, norm = 0;
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      squares += r[k] * r[k];
      r[k] *= 1 / n;
    }
    detail::combine_rows(X_, detail::rows_of(batch), r, 0, decay_, w, gradient);
    if (decay_ != 0)
      for (std::size_t j = 0; j < dimension(); ++j) norm += w[j] * w[j];
    return squares / (2 * n) + decay_ * norm / 2;
  }

  void gradient(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override {
    detail::combine_rows(X_, detail::rows_of(batch), residuals(w, batch, 1 / static_cast<double>(batch.samples.size()), workspace), 0, decay_, w, gradient);
  }

  void add_gradients(const double* w, const Batches& batches, double keep, double scale, double* y, Workspace& workspace) const override {
    detail::add_gradients(X_, decay_, w, batches, keep, scale, y, workspace,
                          [&](double* z, const Batch& batch, double factor) { detail::subtract_targets(*data_, batch, factor, z); });
  }

  void hessian_product(const double*, const Batch& batch, const double* v, double* result, Workspace& workspace) const override {
    double* z = workspace.buffer(0, batch.samples.size());
    detail::project_rows(X_, detail::rows_of(batch), v, z);
    for (std::size_t k = 0; k < batch.samples.size(); ++k) z[k] *= 1 / static_cast<double>(batch.samples.size());
    detail::combine_rows(X_, detail::rows_of(batch), z, 0, decay_, v, result);
  }

  void weighted_gradient(const double* w, const Batch& batch, const double* weights, double* result, Workspace& workspace) const override {
    double* r = residuals(w, batch, 1, workspace);
    double sum = 0;
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      r[k] *= weights[k];
      sum += weights[k];
    }
    detail::combine_rows(X_, detail::rows_of(batch), r, 0, decay_ * sum, w, result);
  }

private:
  /// scale (x . w - y).
  double* residuals(const double* w, const Batch& batch, double scale, Workspace& workspace) const {
    double* r = workspace.buffer(0, batch.samples.size());
    detail::project_rows(X_, detail::rows_of(batch), w, r);
    detail::subtract_targets(*data_, batch, scale, r);
    return r;
  }

  std::shared_ptr<const Dataset> data_;
  detail::Design X_;
  double decay_;
  bool bias_;
};

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset> data) -> std::unique_ptr<Loss> {
  return std::make_unique<LinearRegression>(options, std::move(data));
};

const LossCatalogue::Entry entry{"linear_regression", "least squares, (x.w - y)^2/2",
                                 [] { return std::make_unique<LossFamilyOf<decltype(make)>>(std::vector<std::string>{"bias", "weight_decay"}, true, make); }};

} // namespace

} // namespace driftwell::sgd
