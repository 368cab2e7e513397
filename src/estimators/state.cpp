#include "driftwell/estimators/state.hpp"

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {

void State::operator()(std::span<double> x) {
  if (!giving_) {
    numbers_.insert(numbers_.end(), x.begin(), x.end());
    return;
  }
  if (x.size() > numbers_.size() - at_) throw std::invalid_argument("the state of an accumulator ends too early: it is that of another one");
  std::copy_n(numbers_.begin() + static_cast<std::ptrdiff_t>(at_), x.size(), x.begin());
  at_ += x.size();
}

void State::check_end() const {
  if (giving_ && at_ != numbers_.size()) throw std::invalid_argument("the state of an accumulator is too long: it is that of another one");
}

} // namespace driftwell::estimators
