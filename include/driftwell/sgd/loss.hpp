#pragma once
// The contract of the losses shelf: a loss is the mean of N terms, f(w) = (1/N) sum_i l_i(w), w in R^d, and gives exact
// derivatives of the mean over any batch of terms. Weight decay c adds c |w|^2 / 2 to every term.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/sgd/dataset.hpp"

#include <Eigen/Core>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace driftwell::sgd {

/// Which terms, with repetition allowed; `targets`, where given, stand in for those of the data (label noise).
struct Batch {
  std::span<const std::uint32_t> samples;
  const double* targets = nullptr;
};

/// The batches of one step, `size` samples for each of `count` replicas.
struct Batches {
  const std::uint32_t* samples;
  const double* targets; ///< or nullptr
  std::size_t size, count;
  [[nodiscard]] Batch of(std::size_t replica) const { return {{samples + replica * size, size}, targets ? targets + replica * size : nullptr}; }
};

/// Scratch of one thread: buffers by number, aligned to 64 bytes, that grow and stay.
class Workspace {
public:
  /// At least `size` doubles; what they hold is whatever was there.
  [[nodiscard]] double* buffer(std::size_t number, std::size_t size);
  /// Kept objects of other kinds (the registers of a tape), one a number.
  std::vector<std::shared_ptr<void>> objects;

private:
  std::vector<std::vector<double>> buffers_;
};

class Loss {
public:
  virtual ~Loss() = default;
  [[nodiscard]] virtual std::size_t dimension() const = 0; ///< d
  [[nodiscard]] virtual std::size_t samples() const = 0;   ///< N
  [[nodiscard]] virtual std::string description() const = 0; ///< the formula in words
  /// The data, or nullptr for a loss without.
  [[nodiscard]] virtual const Dataset* data() const { return nullptr; }

  /// Mean of the terms of the batch; their mean gradient into `gradient` (d). Same bits for any workspace and thread.
  virtual double evaluate(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const = 0;
  /// The gradient alone, where that is cheaper.
  virtual void gradient(const double* w, const Batch& batch, double* gradient, Workspace& workspace) const { evaluate(w, batch, gradient, workspace); }
  /// The inner loop of SGD: y[r] = keep y[r] + scale grad(w[r]) for replicas r whose weights follow each other, w[r] = w + r d and so y[r].
  /// With keep = 0 it does not matter what y holds; y and w may be the same. A replica has the same bits whatever the others are, but not to the
  /// last digit those of gradient().
  virtual void add_gradients(const double* w, const Batches& batches, double keep, double scale, double* y, Workspace& workspace) const;
  /// One gradient a row, (batch size) x d. The mean of the rows is the gradient.
  virtual void sample_gradients(const double* w, const Batch& batch, double* rows, Workspace& workspace) const;
  /// sum_k weights[k] grad l_k(w) over the batch: noise of the covariance D from weights that are independent and normal.
  virtual void weighted_gradient(const double* w, const Batch& batch, const double* weights, double* result, Workspace& workspace) const;
  /// Mean of |grad l_i(w)|^2 over the batch.
  virtual double squared_gradients(const double* w, const Batch& batch, Workspace& workspace) const;
  /// Hessian of the mean over the batch times v, exact.
  virtual void hessian_product(const double* w, const Batch& batch, const double* v, double* result, Workspace& workspace) const = 0;
  /// Share of samples whose class is the most probable one; NaN where there are no classes.
  virtual double accuracy(const double* w, const Batch& batch, Workspace& workspace) const;
  /// Whether it predicts classes, so that there is an accuracy.
  [[nodiscard]] virtual bool classifies() const { return false; }
  /// Standard deviation of each initial weight around 0: 1/sqrt(inputs of its neuron) for networks, 1 otherwise.
  [[nodiscard]] virtual std::vector<double> initial_std() const { return std::vector<double>(dimension(), 1.0); }
  /// How targets are spoilt by label noise: classes, numbers, or not at all.
  enum class Targets { none, numbers, classes };
  [[nodiscard]] virtual Targets targets() const { return Targets::none; }
};

/// What a file may say about a loss; each loss takes some of them (LossFamily::options()).
struct LossOptions {
  std::vector<std::size_t> hidden;            ///< widths of the hidden layers of a network
  std::string activation = "tanh";            ///< tanh, relu, sigmoid, gelu, softplus
  std::string objective = "auto";             ///< cross_entropy, squared; auto: the first where the targets are classes
  double weight_decay = 0;
  bool bias = true;                           ///< a constant term beside the inputs
  std::vector<std::vector<double>> hessian, covariance; ///< of the quadratic loss; no covariance: the identity
  std::vector<double> minimum;                ///< of the quadratic loss; empty: the origin
  std::size_t rank = 2;                       ///< of a factorisation
  std::string term;                           ///< l_i in w1 ... wd (or the names in weights), x1 ... xp and y
  std::vector<std::string> weights;           ///< names of the weights in `term`
  std::vector<std::pair<std::string, double>> parameters; ///< constants in `term`
};

class LossFamily {
public:
  virtual ~LossFamily() = default;
  [[nodiscard]] virtual std::vector<std::string> options() const = 0; ///< names of the fields of LossOptions it reads
  [[nodiscard]] virtual bool needs_data() const { return true; }
  /// Throws std::invalid_argument with a sentence for options that make no sense, DataError for data of another kind,
  /// expression::ParseError for a term.
  [[nodiscard]] virtual std::unique_ptr<Loss> make(const LossOptions& options, std::shared_ptr<const Dataset> data) const = 0;
};

} // namespace driftwell::sgd

namespace driftwell {
using LossCatalogue = Catalogue<sgd::LossFamily>;
template <> std::map<std::string, LossCatalogue::Item>& LossCatalogue::items();
} // namespace driftwell

namespace driftwell::sgd {

/// A family in one line: its options and a function.
template <class Make> class LossFamilyOf final : public LossFamily {
public:
  LossFamilyOf(std::vector<std::string> options, bool needs_data, Make make) : options_(std::move(options)), needs_data_(needs_data), make_(make) {}
  [[nodiscard]] std::vector<std::string> options() const override { return options_; }
  [[nodiscard]] bool needs_data() const override { return needs_data_; }
  [[nodiscard]] std::unique_ptr<Loss> make(const LossOptions& options, std::shared_ptr<const Dataset> data) const override { return make_(options, std::move(data)); }

private:
  std::vector<std::string> options_;
  bool needs_data_;
  Make make_;
};

/// 0 .. n-1, for batches of all samples.
[[nodiscard]] std::vector<std::uint32_t> all_samples(std::size_t n);

/// Loss, gradient and Hessian products of the whole data set, in fixed blocks of samples: the same bits for any number of threads.
[[nodiscard]] double full_loss(const Loss& loss, const double* w, double* gradient = nullptr);
void full_hessian_product(const Loss& loss, const double* w, const double* v, double* result);
/// Dense Hessian, column by column; d^2 numbers.
[[nodiscard]] Eigen::MatrixXd full_hessian(const Loss& loss, const double* w);
[[nodiscard]] double full_accuracy(const Loss& loss, const double* w);

} // namespace driftwell::sgd
