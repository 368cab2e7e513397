#include "driftwell/expression/tape.hpp"

#include "expression_impl.hpp"
#include "program.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <stdexcept>

namespace driftwell::expression {

namespace {

constexpr std::size_t cache = 32 * 1024; ///< bytes of registers that should stay in the first-level cache
constexpr std::size_t shortest = 128;    ///< points; below this the instructions' overhead shows

/// Fewer points a round when there are many registers. Every point is computed on its own: the bits do not depend on it.
std::size_t points_per_round(std::size_t registers) {
  std::size_t points = Tape::strip;
  while (points > shortest && registers * points * sizeof(double) > cache)
    points /= 2;
  return points;
}

/// Points before the first one that starts a cache line of the output: the vectors after it are then not split between
/// two lines. Worth a short round of its own only in long calls.
std::size_t points_before_line(const double* array, std::size_t n, std::size_t points) {
  if (n < 4 * points)
    return 0;
  return (64 - reinterpret_cast<std::uintptr_t>(array) % 64) % 64 / sizeof(double);
}

} // namespace

struct Tape::Impl {
  Program program;
  std::vector<Kernel> kernels;
  std::size_t points = Tape::strip;
  [[nodiscard]] std::size_t places() const { return program.inputs + program.registers + program.outputs; }
};

struct Tape::Workspace::Impl {
  struct Free {
    void operator()(double* memory) const { ::operator delete(memory, std::align_val_t{64}); }
  };
  std::unique_ptr<double, Free> memory;
  std::size_t size = 0;
  std::vector<double*> places;
};

Tape::Tape(const std::vector<Expression>& outputs, std::size_t dimension) {
  auto impl = std::make_shared<Impl>();
  auto [graph, roots] = Expression::Impl::gather(outputs, dimension);
  Values values = lower(graph, factorise(graph, roots));
  fuse(values);
  impl->program = allocate(values, dimension);
  for (const Instruction& instruction : impl->program.instructions)
    impl->kernels.push_back(kernel_of(instruction.op));
  impl->points = points_per_round(impl->program.registers);
  impl_ = std::move(impl);
}

std::size_t Tape::dimension() const { return impl_ ? impl_->program.inputs : 0; }
std::size_t Tape::outputs() const { return impl_ ? impl_->program.outputs : 0; }
std::size_t Tape::instructions() const { return impl_ ? impl_->program.instructions.size() : 0; }

Tape::Workspace::Workspace(const Tape& tape) : impl_(std::make_unique<Impl>()) {
  if (!tape.impl_)
    return;
  impl_->size = std::max<std::size_t>(1, tape.impl_->program.registers * tape.impl_->points);
  impl_->memory.reset(static_cast<double*>(::operator new(impl_->size * sizeof(double), std::align_val_t{64})));
  std::fill_n(impl_->memory.get(), impl_->size, 0.0);
  impl_->places.resize(tape.impl_->places());
}
Tape::Workspace::~Workspace() = default;
Tape::Workspace::Workspace(Workspace&&) noexcept = default;
Tape::Workspace& Tape::Workspace::operator=(Workspace&&) noexcept = default;

void Tape::evaluate(std::span<const double* const> in, std::span<double* const> out, std::size_t n, Workspace& workspace) const {
  if (!impl_)
    return;
  const Program& program = impl_->program;
  Workspace::Impl& scratch = *workspace.impl_;
  if (in.size() != program.inputs || out.size() != program.outputs)
    throw std::invalid_argument("a tape of " + std::to_string(program.inputs) + " inputs and " + std::to_string(program.outputs) +
                                " outputs got " + std::to_string(in.size()) + " and " + std::to_string(out.size()));
  if (scratch.places.size() < impl_->places() || scratch.size < program.registers * impl_->points)
    throw std::invalid_argument("the workspace was made for a smaller tape");
  double** const places = scratch.places.data();
  for (std::size_t r = 0; r < program.registers; ++r)
    places[program.inputs + r] = scratch.memory.get() + r * impl_->points;
  double** const ends = places + program.inputs + program.registers;
  std::size_t round = out.empty() ? 0 : points_before_line(out[0], n, impl_->points);
  for (std::size_t start = 0; start < n; start += round, round = 0) {
    round = std::min(round == 0 ? impl_->points : round, n - start);
    for (std::size_t i = 0; i < program.inputs; ++i)
      places[i] = const_cast<double*>(in[i]) + start; // NOLINT: inputs are never results
    for (std::size_t o = 0; o < program.outputs; ++o)
      ends[o] = out[o] + start;
    for (std::size_t i = 0; i < program.instructions.size(); ++i) {
      const Instruction& instruction = program.instructions[i];
      const auto& operand = instruction.operands;
      impl_->kernels[i]({places[instruction.result], places[operand[0]], places[operand[1]], places[operand[2]], places[operand[3]],
                         instruction.k, instruction.m, round});
    }
  }
}

std::vector<double> Tape::operator()(std::span<const double> point) const {
  std::vector<double> values(outputs());
  std::vector<const double*> in;
  std::vector<double*> out;
  for (const double& x : point)
    in.push_back(&x);
  for (double& value : values)
    out.push_back(&value);
  Workspace workspace(*this);
  evaluate(in, out, 1, workspace);
  return values;
}

std::string Tape::listing() const {
  if (!impl_)
    return {};
  const Program& program = impl_->program;
  const auto place = [&](Place p) -> std::string {
    if (p < program.inputs)
      return std::string("in").append(std::to_string(p + 1));
    p -= static_cast<Place>(program.inputs);
    const bool is_register = p < program.registers;
    return std::string(is_register ? "r" : "out").append(std::to_string(is_register ? p + 1 : p - program.registers + 1));
  };
  std::string text;
  for (const Instruction& instruction : program.instructions) {
    text += place(instruction.result) + " = ";
    const std::string_view formula = formula_of(instruction.op);
    const auto is_letter = [&](std::size_t at) { return at < formula.size() && ((formula[at] >= 'a' && formula[at] <= 'z') || formula[at] == '_'); };
    for (std::size_t at = 0; at < formula.size(); ++at) {
      const char c = formula[at];
      const bool alone = is_letter(at) && !is_letter(at + 1) && (at == 0 || !is_letter(at - 1));
      if (alone && c >= 'a' && c <= 'd')
        text += place(instruction.operands[static_cast<std::size_t>(c - 'a')]);
      else if (alone && (c == 'k' || c == 'm'))
        text += Expression(c == 'k' ? instruction.k : instruction.m).str({});
      else
        text += c;
    }
    text += '\n';
  }
  return text;
}

} // namespace driftwell::expression
