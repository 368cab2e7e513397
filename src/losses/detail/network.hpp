#pragma once
// A multi-layer perceptron z_l = a_{l-1} W_l + b_l, a_l = s(z_l), a_0 = x, with l(z_L, y) = -log softmax(z_L)_y or |z_L - y|^2 / 2 (classes
// as unit vectors). The weights in order: W_1 (inputs x outputs, row by row), b_1, W_2, ... Softmax regression has no hidden layer.
#include "activation.hpp"

namespace driftwell::sgd::detail {

class Network final : public Loss {
public:
  Network(const LossOptions& options, std::vector<std::size_t> hidden, std::shared_ptr<const Dataset> data);

  [[nodiscard]] std::size_t dimension() const override { return dimension_; }
  [[nodiscard]] std::size_t samples() const override { return data_->samples; }
  [[nodiscard]] const Dataset* data() const override { return data_.get(); }
  [[nodiscard]] Targets targets() const override { return data_->classes > 0 ? Targets::classes : Targets::numbers; }
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::vector<double> initial_std() const override;

  double evaluate(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override;
  void gradient(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override;
  void weighted_gradient(const double* w, const Batch& batch, const double* weights, double* result, Workspace& workspace) const override;
  void hessian_product(const double* w, const Batch& batch, const double* v, double* result, Workspace& workspace) const override;
  [[nodiscard]] bool classifies() const override { return data_->classes > 0; }
  double accuracy(const double* w, const Batch& batch, Workspace& workspace) const override;

private:
  struct Layer {
    std::size_t inputs, outputs, weights, bias; ///< sizes; where W and b begin
  };
  /// What a batch leaves behind on its way through: buffers of a workspace.
  /// a[l]: values of layer l, n x width (a[0]: the inputs); z[l]: before the activation; slope[l], bend[l]: s' and s'' there.
  struct Pass {
    std::vector<double*> a, z, slope, bend;
    double *delta, *next, *turned;
  };
  [[nodiscard]] Pass pass(std::size_t n, bool second, Workspace& workspace) const;
  void forward(const double* w, const Batch& batch, const Pass& pass, Workspace& workspace) const;
  /// z_L becomes the derivative of the mean loss by it; softmax probabilities stay where asked for. Returns the loss, or 0.
  double output(const Batch& batch, double* z, double* probabilities, bool wanted) const;
  void backward(const double* w, std::size_t n, const Pass& pass, double* gradient, Workspace& workspace) const;
  void decay(const double* w, double factor, double* gradient) const;
  /// The target of sample k of a batch: a number, or a class.
  [[nodiscard]] double target(const Batch& batch, std::size_t k) const { return batch.targets ? batch.targets[k] : data_->targets[batch.samples[k]]; }

  std::shared_ptr<const Dataset> data_;
  Activation activation_;
  std::string activation_name_;
  std::vector<Layer> layers_;
  std::size_t dimension_ = 0, widest_ = 0;
  double decay_;
  bool bias_, cross_entropy_;
};

} // namespace driftwell::sgd::detail
