// Multi-layer perceptron of any widths: hidden layers with an activation, then cross-entropy (classes) or squared loss. detail/network.hpp
// has the equations.
#include "detail/network.hpp"

namespace driftwell::sgd {

namespace {

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset> data) -> std::unique_ptr<Loss> {
  return std::make_unique<detail::Network>(options, options.hidden, std::move(data));
};

const LossCatalogue::Entry entry{"mlp", "multi-layer perceptron", [] {
                                   return std::make_unique<LossFamilyOf<decltype(make)>>(
                                       std::vector<std::string>{"hidden", "activation", "objective", "weight_decay", "bias"}, true, make);
                                 }};

} // namespace

} // namespace driftwell::sgd
