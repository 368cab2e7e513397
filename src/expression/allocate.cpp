// Order and places. Depth first from each output, the operand that needs more registers first (Sethi and Ullman), so
// that few strips are alive at once; then a register is free again after its last reader.
#include "program.hpp"

#include <algorithm>

namespace driftwell::expression {

namespace {

constexpr Place nowhere = 0xffffffffU;

class Allocator {
public:
  Allocator(const Values& values, std::size_t inputs) : values_(values), inputs_(inputs) {}

  Program run() {
    order_values();
    place_outputs();
    Program program;
    program.inputs = inputs_;
    program.outputs = values_.outputs.size();
    count_last_uses();
    for (std::size_t step = 0; step < order_.size(); ++step)
      program.instructions.push_back(emit(step));
    program.registers = registers_;
    for (Instruction& instruction : program.instructions) { // outputs come behind the registers, now that these are counted
      relocate(instruction.result);
      for (Place& operand : instruction.operands)
        relocate(operand);
    }
    for (std::size_t o = 0; o < values_.outputs.size(); ++o)
      if (const Place own = static_cast<Place>(inputs_ + registers_ + o); final_place(values_.outputs[o]) != own)
        program.instructions.push_back({Op::copy, own, {final_place(values_.outputs[o]), own, own, own}});
    return program;
  }

private:
  static constexpr Place output_bit = 0x80000000U;

  [[nodiscard]] std::span<const ValueId> arguments(ValueId id) const {
    const Value& value = values_.list[id];
    return std::span(value.arguments).first(value.op == input_op ? 0 : static_cast<std::size_t>(operands_of(value.op)));
  }

  /// Registers needed to evaluate each value as if it were a tree.
  [[nodiscard]] std::vector<std::uint32_t> register_needs() const {
    std::vector<std::uint32_t> needs(values_.list.size(), 0);
    for (ValueId id = 0; id < needs.size(); ++id) {
      if (values_.list[id].op == input_op)
        continue;
      std::array<std::uint32_t, 4> of{};
      std::size_t count = 0;
      for (const ValueId argument : arguments(id))
        of[count++] = needs[argument];
      std::sort(of.begin(), of.end(), std::greater<>{}); // the unused ones are 0 and come last
      std::uint32_t need = 1;
      for (std::uint32_t i = 0; i < count; ++i)
        if (of[i] != 0)
          need = std::max(need, of[i] + i);
      needs[id] = need;
    }
    return needs;
  }

  void order_values() {
    const std::vector<std::uint32_t> needs = register_needs();
    std::vector<bool> done(values_.list.size(), false);
    std::vector<std::pair<ValueId, bool>> stack; // value, whether its arguments have been visited
    for (const ValueId output : values_.outputs) {
      stack.emplace_back(output, false);
      while (!stack.empty()) {
        const auto [id, visited] = stack.back();
        stack.pop_back();
        if (done[id] || values_.list[id].op == input_op)
          continue;
        if (visited) {
          done[id] = true;
          order_.push_back(id);
          continue;
        }
        stack.emplace_back(id, true);
        std::array<ValueId, 4> sorted{};
        const auto list = arguments(id);
        std::copy(list.begin(), list.end(), sorted.begin());
        const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(list.size());
        std::stable_sort(sorted.begin(), end, [&](ValueId a, ValueId b) { return needs[a] < needs[b]; });
        for (auto it = sorted.begin(); it != end; ++it) // the last one pushed is visited first
          stack.emplace_back(*it, false);
      }
    }
  }

  void place_outputs() {
    places_.assign(values_.list.size(), nowhere);
    for (ValueId id = 0; id < places_.size(); ++id)
      if (values_.list[id].op == input_op)
        places_[id] = values_.list[id].arguments[0];
    for (std::size_t o = values_.outputs.size(); o-- > 0;) // the first of equal outputs is computed, the others are copied
      if (const ValueId id = values_.outputs[o]; values_.list[id].op != input_op)
        places_[id] = static_cast<Place>(o) | output_bit;
  }

  void count_last_uses() {
    last_use_.assign(values_.list.size(), 0);
    for (std::size_t step = 0; step < order_.size(); ++step)
      for (const ValueId argument : arguments(order_[step]))
        last_use_[argument] = step;
  }

  Place fresh() {
    if (free_.empty())
      return static_cast<Place>(inputs_ + registers_++);
    const Place place = free_.back();
    free_.pop_back();
    return place;
  }

  Instruction emit(std::size_t step) {
    const ValueId id = order_[step];
    const Value& value = values_.list[id];
    Instruction instruction{value.op, 0, {}, value.k, value.m};
    const bool own_place = places_[id] != nowhere;
    if (!own_place && is_elementary(value.op)) // these may not work in place
      places_[id] = fresh();
    std::array<ValueId, 4> released{};
    std::size_t count = 0;
    for (const ValueId argument : arguments(id)) {
      const bool in_register = places_[argument] >= inputs_ && (places_[argument] & output_bit) == 0;
      const auto end = released.begin() + static_cast<std::ptrdiff_t>(count);
      if (in_register && last_use_[argument] == step && std::find(released.begin(), end, argument) == end) {
        released[count++] = argument;
        free_.push_back(places_[argument]);
      }
    }
    if (places_[id] == nowhere)
      places_[id] = fresh();
    instruction.result = places_[id];
    instruction.operands.fill(places_[id]);
    std::size_t i = 0;
    for (const ValueId argument : arguments(id))
      instruction.operands[i++] = places_[argument];
    return instruction;
  }

  void relocate(Place& place) const {
    if ((place & output_bit) != 0)
      place = static_cast<Place>(inputs_ + registers_) + (place & ~output_bit);
  }

  [[nodiscard]] Place final_place(ValueId id) const {
    Place place = places_[id];
    relocate(place);
    return place;
  }

  const Values& values_;
  std::size_t inputs_;
  std::size_t registers_ = 0;
  std::vector<ValueId> order_;
  std::vector<Place> places_, free_;
  std::vector<std::size_t> last_use_;
};

} // namespace

Program allocate(const Values& values, std::size_t inputs) { return Allocator(values, inputs).run(); }

} // namespace driftwell::expression
