#include "driftwell/expression/interval_tape.hpp"

#include "expression_impl.hpp"
#include "interval_functions.hpp"
#include "program.hpp"

#include <stdexcept>
#include <string>

namespace driftwell::expression {

namespace {

void take_flags(Image& image, const Image& from) {
  image.defined = image.defined && from.defined;
  image.continuous = image.continuous && from.continuous;
}

Image linear_image(const Node& node, std::span<const Operand> terms, const std::vector<Image>& images) {
  Image sum{node.value};
  for (const Operand& term : terms) {
    const Image& a = images[term.node];
    sum.range = sum.range + (term.factor == 1 ? a.range : term.factor == -1 ? -a.range : Interval(term.factor) * a.range);
    take_flags(sum, a);
  }
  return sum;
}

/// Numerators over denominators; whole powers keep even ones >= 0.
Image product_image(std::span<const Operand> factors, const std::vector<Image>& images) {
  Image product{1.0};
  Interval denominator(1.0);
  for (const Operand& factor : factors) {
    const Image& a = images[factor.node];
    take_flags(product, a);
    if (factor.factor > 0) {
      product.range = product.range * integer_power(a.range, factor.factor);
    } else {
      denominator = denominator * integer_power(a.range, -factor.factor);
      if (a.range.contains(0.0)) product.defined = product.continuous = false;
    }
  }
  if (!(denominator == Interval(1.0))) product.range = product.range / denominator;
  return product;
}

} // namespace

struct IntervalTape::Impl {
  Graph graph;
  std::vector<NodeId> roots, order;
  std::size_t dimension = 0;

  [[nodiscard]] Image image_of(NodeId id, std::span<const Interval> box, const std::vector<Image>& images) const {
    const Node& node = graph[id];
    const auto operand = [&](std::size_t i) -> const Image& { return images[graph.operand(id, i)]; };
    switch (node.kind) {
    case Kind::constant: return node.value == node.value ? Image{node.value} : Image{Interval::empty(), false, false};
    case Kind::variable: return {box[node.first]};
    case Kind::linear: return linear_image(node, graph.operands(id), images);
    case Kind::product: return product_image(graph.operands(id), images);
    case Kind::power: return power_image(operand(0), operand(1));
    case Kind::call: return node.count == 1 ? image(node.function(), operand(0)) : image(node.function(), operand(0), operand(1));
    case Kind::select: return select_image(node.comparison(), operand(0), operand(1), operand(2), operand(3));
    }
    return {Interval::whole(), false, false};
  }
};

IntervalTape::IntervalTape(const std::vector<Expression>& outputs, std::size_t dimension) {
  auto [graph, roots] = Expression::Impl::gather(outputs, dimension);
  const std::vector<NodeId> factorised = factorise(graph, roots); // a(b + c) is never wider than ab + ac
  auto impl = std::make_shared<Impl>(Impl{Graph(), factorised, {}, dimension});
  impl->graph = graph.extract(impl->roots);
  impl->order = impl->graph.reachable(impl->roots);
  impl_ = std::move(impl);
}

std::size_t IntervalTape::dimension() const { return impl_ ? impl_->dimension : 0; }
std::size_t IntervalTape::outputs() const { return impl_ ? impl_->roots.size() : 0; }
std::size_t IntervalTape::nodes() const { return impl_ ? impl_->order.size() : 0; }

void IntervalTape::evaluate(std::span<const Interval> box, std::span<Image> images, std::vector<Image>& scratch) const {
  if (box.size() != dimension() || images.size() != outputs())
    throw std::invalid_argument("an interval tape of " + std::to_string(dimension()) + " inputs and " + std::to_string(outputs()) + " outputs got " +
                                std::to_string(box.size()) + " and " + std::to_string(images.size()));
  if (!impl_) return;
  scratch.resize(std::max(scratch.size(), impl_->graph.size()));
  for (const NodeId id : impl_->order) {
    Image result = impl_->image_of(id, box, scratch);
    if (result.range.is_empty()) result = {Interval::empty(), false, false};
    scratch[id] = result;
  }
  for (std::size_t o = 0; o < images.size(); ++o) images[o] = scratch[impl_->roots[o]];
}

std::vector<Image> IntervalTape::operator()(std::span<const Interval> box) const {
  std::vector<Image> images(outputs()), scratch;
  evaluate(box, images, scratch);
  return images;
}

} // namespace driftwell::expression
