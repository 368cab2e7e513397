// Terms from a formula l(w, x, y): the weights by their names, the inputs of a sample as x1 ... xp and its target as y. Derivatives are
// exact: the gradient of the formula, and the gradient of its derivative along v.
#include "driftwell/expression/tape.hpp"
#include "driftwell/sgd/loss.hpp"

#include <algorithm>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

using expression::Expression;
using expression::Tape;

class ExpressionLoss final : public Loss {
public:
  ExpressionLoss(const LossOptions& options, std::shared_ptr<const Dataset> data) : data_(std::move(data)), term_text_(options.term), d_(options.weights.size()), decay_(options.weight_decay) {
    if (options.term.empty()) throw std::invalid_argument("the loss \"expression\" needs a term, e.g. term = \"(a*x1 + b - y)^2/2\"");
    if (d_ == 0) throw std::invalid_argument("the loss \"expression\" needs the names of its weights, e.g. weights = [\"a\", \"b\"]");
    expression::Symbols symbols;
    symbols.variables = options.weights;
    for (std::size_t j = 0; j < data_->features; ++j) symbols.variables.push_back("x" + std::to_string(j + 1));
    symbols.variables.emplace_back("y");
    for (std::size_t j = 0; j < d_; ++j) symbols.variables.push_back(options.weights[j] + "'"); // directions: no text can name them
    symbols.parameters = options.parameters;
    check_names(symbols.variables);
    const Expression term = Expression::parse(options.term, symbols);
    std::vector<Expression> gradient = term.gradient(symbols.variables.size());
    gradient.resize(d_);
    Expression along(0.0);
    for (std::size_t j = 0; j < d_; ++j) along = along + gradient[j] * Expression::variable(d_ + data_->features + 1 + j);
    std::vector<Expression> outputs = gradient;
    outputs.push_back(term);
    first_ = Tape(outputs, symbols.variables.size());
    std::vector<Expression> product = along.gradient(symbols.variables.size());
    product.resize(d_);
    second_ = Tape(product, symbols.variables.size());
  }

  [[nodiscard]] std::size_t dimension() const override { return d_; }
  [[nodiscard]] std::size_t samples() const override { return data_->samples; }
  [[nodiscard]] const Dataset* data() const override { return data_.get(); }
  [[nodiscard]] Targets targets() const override { return data_->classes > 0 ? Targets::classes : Targets::numbers; }
  [[nodiscard]] std::string description() const override { return term_text_ + (decay_ != 0 ? " + weight_decay |w|^2/2" : ""); }

  double evaluate(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const override {
    run(first_, 0, w, w, batch, workspace);
    double loss = mean(batch.samples.size(), d_, workspace), norm = 0;
    for (std::size_t j = 0; j < d_; ++j) {
      gradient[j] = mean(batch.samples.size(), j, workspace) + decay_ * w[j];
      norm += w[j] * w[j];
    }
    return loss + decay_ * norm / 2;
  }

  void sample_gradients(const double* w, const Batch& batch, double* rows, Workspace& workspace) const override {
    const std::size_t n = batch.samples.size();
    run(first_, 0, w, w, batch, workspace);
    const double* out = workspace.buffer(1, (d_ + 1) * n);
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < d_; ++j) rows[k * d_ + j] = out[j * n + k] + decay_ * w[j];
  }

  void hessian_product(const double* w, const Batch& batch, const double* v, double* result, Workspace& workspace) const override {
    run(second_, 1, w, v, batch, workspace);
    for (std::size_t j = 0; j < d_; ++j) result[j] = mean(batch.samples.size(), j, workspace) + decay_ * v[j];
  }

private:
  static void check_names(const std::vector<std::string>& names) {
    std::vector<std::string> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) throw std::invalid_argument("the name " + *twice + " stands for two things; the inputs are x1 ... xp and the target is y");
  }

  /// A tape over the samples of the batch: columns of equal w and v beside those of the data.
  void run(const Tape& tape, std::size_t kept, const double* w, const double* v, const Batch& batch, Workspace& workspace) const {
    const std::size_t n = batch.samples.size(), p = data_->features, width = tape.dimension();
    double* in = workspace.buffer(0, width * n);
    double* out = workspace.buffer(1, (d_ + 1) * n);
    for (std::size_t j = 0; j < d_; ++j) {
      std::fill_n(in + j * n, n, w[j]);
      std::fill_n(in + (d_ + p + 1 + j) * n, n, v[j]);
    }
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t j = 0; j < p; ++j) in[(d_ + j) * n + k] = data_->input(batch.samples[k])[j];
      in[(d_ + p) * n + k] = batch.targets ? batch.targets[k] : data_->targets[batch.samples[k]];
    }
    std::vector<const double*> inputs(width);
    std::vector<double*> outputs(tape.outputs());
    for (std::size_t j = 0; j < inputs.size(); ++j) inputs[j] = in + j * n;
    for (std::size_t j = 0; j < outputs.size(); ++j) outputs[j] = out + j * n;
    if (workspace.objects.size() < 2) workspace.objects.resize(2);
    if (!workspace.objects[kept]) workspace.objects[kept] = std::make_shared<Tape::Workspace>(tape);
    tape.evaluate(inputs, outputs, n, *static_cast<Tape::Workspace*>(workspace.objects[kept].get()));
  }

  [[nodiscard]] double mean(std::size_t n, std::size_t output, Workspace& workspace) const {
    const double* values = workspace.buffer(1, (d_ + 1) * n) + output * n;
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += values[k];
    return sum / static_cast<double>(n);
  }

  std::shared_ptr<const Dataset> data_;
  std::string term_text_;
  std::size_t d_;
  double decay_;
  Tape first_, second_;
};

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset> data) -> std::unique_ptr<Loss> {
  return std::make_unique<ExpressionLoss>(options, std::move(data));
};

const LossCatalogue::Entry entry{"expression", "a formula in the weights, the inputs x1 ... xp and the target y", [] {
                                   return std::make_unique<LossFamilyOf<decltype(make)>>(std::vector<std::string>{"term", "weights", "parameters", "weight_decay"}, true, make);
                                 }};

} // namespace

} // namespace driftwell::sgd
