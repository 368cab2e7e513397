// M = A B^T seen entry by entry: sample (i, j, m) has l = (a_i . b_j - m)^2 / 2 + weight_decay |w|^2 / 2, where a_i and b_j are rows of
// rank numbers. The weights: A row by row, then B. The data: two columns of indices from 0 on and the entry as target.
#include "driftwell/sgd/loss.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

class MatrixFactorisation final : public Loss {
public:
  MatrixFactorisation(const LossOptions& options, std::shared_ptr<const Dataset> data) : data_(std::move(data)), rank_(options.rank), decay_(options.weight_decay) {
    if (rank_ == 0) throw std::invalid_argument("rank 0; allowed: at least 1");
    if (data_->features != 2)
      throw DataError(data_->name, 0, std::to_string(data_->features) + " features; a factorisation takes two, the indices of row and column, and the entry as target");
    for (std::size_t i = 0; i < data_->samples; ++i)
      for (std::size_t c = 0; c < 2; ++c) {
        const double index = data_->input(i)[c];
        if (index < 0 || index != std::floor(index) || index > 1e6)
          throw DataError(data_->name, 0, "sample " + std::to_string(i + 1) + ": index " + std::to_string(index) + "; allowed: whole numbers from 0 to 1000000");
        sides_[c] = std::max(sides_[c], static_cast<std::size_t>(index) + 1);
      }
  }

  [[nodiscard]] std::size_t dimension() const override { return (sides_[0] + sides_[1]) * rank_; }
  [[nodiscard]] std::size_t samples() const override { return data_->samples; }
  [[nodiscard]] const Dataset* data() const override { return data_.get(); }
  [[nodiscard]] Targets targets() const override { return Targets::numbers; }
  [[nodiscard]] std::string description() const override { return "(a_i.b_j - m)^2/2, rank " + std::to_string(rank_) + (decay_ != 0 ? ", + weight_decay |w|^2/2" : ""); }
  [[nodiscard]] std::vector<double> initial_std() const override { return std::vector<double>(dimension(), 1 / std::sqrt(static_cast<double>(rank_))); }

  double evaluate(const double* w, const Batch& batch, double* gradient, Workspace&) const override {
    const double share = 1 / static_cast<double>(batch.samples.size());
    double loss = 0, norm = 0;
    for (std::size_t j = 0; j < dimension(); ++j) {
      gradient[j] = decay_ * w[j];
      norm += w[j] * w[j];
    }
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      const auto [a, b] = places(batch.samples[k]);
      const double r = dot(w + a, w + b) - (batch.targets ? batch.targets[k] : data_->targets[batch.samples[k]]);
      loss += r * r / 2;
      for (std::size_t q = 0; q < rank_; ++q) {
        gradient[a + q] += share * r * w[b + q];
        gradient[b + q] += share * r * w[a + q];
      }
    }
    return loss * share + decay_ * norm / 2;
  }

  void hessian_product(const double* w, const Batch& batch, const double* v, double* result, Workspace&) const override {
    const double share = 1 / static_cast<double>(batch.samples.size());
    for (std::size_t j = 0; j < dimension(); ++j) result[j] = decay_ * v[j];
    for (std::size_t k = 0; k < batch.samples.size(); ++k) {
      const auto [a, b] = places(batch.samples[k]);
      const double r = dot(w + a, w + b) - (batch.targets ? batch.targets[k] : data_->targets[batch.samples[k]]);
      const double dr = dot(v + a, w + b) + dot(w + a, v + b);
      for (std::size_t q = 0; q < rank_; ++q) {
        result[a + q] += share * (dr * w[b + q] + r * v[b + q]);
        result[b + q] += share * (dr * w[a + q] + r * v[a + q]);
      }
    }
  }

private:
  struct Places {
    std::size_t a, b;
  };
  [[nodiscard]] Places places(std::size_t i) const {
    const double* index = data_->input(i);
    return {static_cast<std::size_t>(index[0]) * rank_, (sides_[0] + static_cast<std::size_t>(index[1])) * rank_};
  }
  [[nodiscard]] double dot(const double* a, const double* b) const {
    double sum = 0;
    for (std::size_t q = 0; q < rank_; ++q) sum += a[q] * b[q];
    return sum;
  }

  std::shared_ptr<const Dataset> data_;
  std::size_t rank_, sides_[2] = {0, 0};
  double decay_;
};

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset> data) -> std::unique_ptr<Loss> {
  return std::make_unique<MatrixFactorisation>(options, std::move(data));
};

const LossCatalogue::Entry entry{"matrix_factorisation", "a matrix of low rank, entry by entry",
                                 [] { return std::make_unique<LossFamilyOf<decltype(make)>>(std::vector<std::string>{"rank", "weight_decay"}, true, make); }};

} // namespace

} // namespace driftwell::sgd
