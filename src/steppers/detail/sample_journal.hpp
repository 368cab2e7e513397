#pragma once
// All samples of an estimate in the order in which they were asked for: what was asked for follows from the samples before, so that a second run
// with the journal of the first goes the same way without taking them again.
#include "path_sampler.hpp"

#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace driftwell {

class SampleJournal {
public:
  using Keep = std::function<void(const std::vector<double>& numbers)>;
  /// `numbers`: of an earlier run, or empty. std::invalid_argument unless they are whole entries.
  SampleJournal(std::vector<double> numbers, Keep keep) : numbers_(std::move(numbers)), keep_(std::move(keep)) {
    if (numbers_.size() % entry != 0) throw std::invalid_argument("the samples taken are no journal");
  }

  /// As PathSampler::sample, from the journal as far as it goes. std::invalid_argument where another sample stands in it.
  [[nodiscard]] Moments sample(const PathSampler& sampler, std::size_t level, std::uint64_t first, std::uint64_t count) {
    const std::size_t at = entry * read_++;
    const double asked[] = {static_cast<double>(level), static_cast<double>(first), static_cast<double>(count)};
    if (at == numbers_.size()) numbers_.insert(numbers_.end(), {asked[0], asked[1], asked[2], 0, 0, 0});
    double* const e = numbers_.data() + at;
    if (e[0] != asked[0] || e[1] != asked[1] || e[2] != asked[2]) throw std::invalid_argument("the samples taken are of another estimate");
    return sampler.sample(level, first, count, {static_cast<std::uint64_t>(e[3]), e[4], e[5]}, [&](const Moments& total) {
      e[3] = static_cast<double>(total.n), e[4] = total.mean, e[5] = total.squares;
      if (keep_) keep_(numbers_);
    });
  }

private:
  static constexpr std::size_t entry = 6; ///< level, first, count; then particles so far, mean, squares
  std::vector<double> numbers_;
  std::size_t read_ = 0;
  Keep keep_;
};

} // namespace driftwell
