// Softmax regression of any number of classes: z = x W + b, l = -log softmax(z)_y. A perceptron without hidden layer.
#include "detail/network.hpp"

namespace driftwell::sgd {

namespace {

const auto make = [](const LossOptions& options, std::shared_ptr<const Dataset> data) -> std::unique_ptr<Loss> {
  LossOptions fixed = options;
  fixed.objective = "cross_entropy";
  return std::make_unique<detail::Network>(fixed, std::vector<std::size_t>(), std::move(data));
};

const LossCatalogue::Entry entry{"softmax", "softmax regression of any number of classes",
                                 [] { return std::make_unique<LossFamilyOf<decltype(make)>>(std::vector<std::string>{"bias", "weight_decay"}, true, make); }};

} // namespace

} // namespace driftwell::sgd
