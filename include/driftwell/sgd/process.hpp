#pragma once
// Stochastic gradient descent in many replicas:
//   g = (1/b) sum over the batch of grad l_i(w)                   (two batches for SVAG)
//   v = momentum v - eta g,   w = w + v                           heavy ball (Polyak 1964); momentum 0: plain SGD
//   v as above with g taken at w + momentum v                     Nesterov (1983, in the form of Sutskever and others 2013)
// Clock: t = sum of the learning rates of the steps made. Schedules are read at the time before the step; a scheduled batch size is
// rounded. SVAG (Li, Malladi & Arora 2021): eta/l and the loss (1 + sqrt(2l - 1))/2 L_1 + (1 - sqrt(2l - 1))/2 L_2 of two batches.
// Label noise: for numbers y + s e with e standard normal; a class becomes another one with probability s, each equally likely.
#include "driftwell/model/schedule.hpp"
#include "driftwell/sgd/loss.hpp"
#include "driftwell/sgd/sampler.hpp"

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace driftwell::sgd {

/// Weights of the two batches of a step of SVAG, (1 +- sqrt(2l - 1))/2: they sum to 1, and their squares to l.
[[nodiscard]] std::pair<double, double> svag_weights(std::size_t l);

struct ProcessOptions {
  Schedule learning_rate{0.1}, batch_size{1.0};
  Sampling sampling = Sampling::with_replacement;
  double momentum = 0;       ///< in [0, 1)
  bool nesterov = false;
  double label_noise = 0;    ///< s
  std::size_t svag = 1;      ///< l; 1: none
  std::size_t replicas = 1;
  std::uint64_t seed = 1;
};

class Process {
public:
  /// Throws std::invalid_argument: batches larger than the data without replacement, label noise without targets, momentum outside [0, 1).
  Process(const Loss& loss, const ProcessOptions& options);

  /// All replicas at w; velocities 0, clock 0.
  void start(const std::vector<double>& w);
  /// w + std_j * e_j, with e standard normal, another one for every replica.
  void start(const std::vector<double>& w, const std::vector<double>& std);

  /// Makes `steps` steps. Throws NumericalFailure where a weight stops being finite (replica, steps and weight named), Interrupted.
  void advance(std::uint64_t steps);
  /// Steps that advance() makes from here between two looks at signals and at whether the weights are finite.
  [[nodiscard]] std::uint64_t stride() const;

  [[nodiscard]] const double* weights(std::size_t replica) const { return w_.data() + replica * d_; }
  [[nodiscard]] const double* velocity(std::size_t replica) const { return v_.empty() ? nullptr : v_.data() + replica * d_; }
  [[nodiscard]] std::size_t dimension() const { return d_; }
  [[nodiscard]] std::size_t replicas() const { return options_.replicas; }
  [[nodiscard]] std::uint64_t steps() const { return next_.number; }
  [[nodiscard]] double time() const;
  /// Learning rate and batch size of the next step.
  [[nodiscard]] Step next() const { return next_; }
  [[nodiscard]] const ProcessOptions& options() const { return options_; }

  /// All that changes, to go on from later with the same bits.
  struct State {
    std::vector<double> weights, velocities;
    Step next;
  };
  [[nodiscard]] State state() const { return {w_, v_, next_}; }
  void restore(const State& state);

private:
  struct Thread;
  void plan();
  void move_block(std::size_t first, std::size_t count, std::span<const Step> steps, Thread& thread);
  void draw(std::size_t first, std::size_t count, std::span<const Step> steps, Thread& thread);
  void move(std::size_t first, std::size_t count, const Step& step, std::span<const Batches> batches, Thread& thread);
  void spoil_targets(std::size_t first, std::size_t count, const Step& step, std::uint32_t half, std::size_t place, Thread& thread);
  void check(std::uint64_t from) const;

  const Loss& loss_;
  ProcessOptions options_;
  std::size_t d_;
  std::vector<double> w_, v_;
  Step next_;
};

} // namespace driftwell::sgd
