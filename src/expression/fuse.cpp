// Superinstructions: a value used once is folded into its user. Each fused formula (kernels.hpp) rounds exactly as its
// parts did: x + k*y for y*k + x, and k*(-1) or adding instead of subtracting a negated number are exact.
#include "program.hpp"

#include <algorithm>

namespace driftwell::expression {

namespace {

class Fuser {
public:
  explicit Fuser(Values& values) : list_(values.list), uses_(list_.size()) {
    for (const ValueId output : values.outputs)
      uses_[output] += 2; // an output stays a value of its own
    for (std::size_t id = list_.size(); id-- > 0;) // users first: what nobody needs does not count as a user
      if (uses_[id] != 0)
        for (int i = 0; i < arguments_of(list_[id]); ++i)
          ++uses_[list_[id].arguments[static_cast<std::size_t>(i)]];
  }

  void run() {
    for (Value& value : list_) {
      switch (value.op) {
      case Op::add: fuse_add(value); break;
      case Op::sub: fuse_sub(value); break;
      case Op::add_k: fuse_add_k(value); break;
      case Op::k_sub: fuse_k_sub(value); break;
      case Op::mul: fuse_mul(value); break;
      case Op::mul_k: fuse_mul_k(value); break;
      case Op::k_div: fuse_k_div(value); break;
      default: break;
      }
    }
  }

private:
  static int arguments_of(const Value& value) { return value.op == input_op ? 0 : operands_of(value.op); }

  /// The value, if this use is its only one and it is an instruction.
  [[nodiscard]] const Value* only(ValueId id) const { return uses_[id] == 1 && list_[id].op != input_op ? &list_[id] : nullptr; }

  /// term + other, term * k folded in: true when done.
  bool fuse_term(Value& value, ValueId term, ValueId other) {
    const Value* const t = only(term);
    if (t == nullptr)
      return false;
    const auto [a, b, c, d] = t->arguments;
    switch (t->op) {
    case Op::mul: value = {Op::mul_add, {a, b, other, 0}}; return true;
    case Op::mul_mul_k: value = {Op::mul_scale_add, {a, b, other, 0}, t->k}; return true;
    case Op::mul_mul: value = {Op::mul_mul_add, {a, b, c, other}}; return true;
    case Op::scale_scale: value = {Op::scale_scale_add, {a, b, other, 0}, t->k, t->m}; return true;
    case Op::mul_k: {
      const Value* const inner = only(a);
      const Value* const o = only(other);
      if (inner != nullptr && inner->op == Op::mul_mul)
        value = {Op::mul_mul_scale_add, {inner->arguments[0], inner->arguments[1], inner->arguments[2], other}, t->k};
      else if (o != nullptr && o->op == Op::mul_k)
        value = {Op::scale_scale, {o->arguments[0], a, 0, 0}, o->k, t->k};
      else
        value = {Op::scale_add, {a, other, 0, 0}, t->k};
      return true;
    }
    default: return false;
    }
  }

  void fuse_add(Value& value) {
    const ValueId a = value.arguments[0];
    const ValueId b = value.arguments[1];
    if (a != b && !fuse_term(value, b, a))
      fuse_term(value, a, b);
  }

  void fuse_sub(Value& value) {
    const ValueId left = value.arguments[0];
    const ValueId right = value.arguments[1];
    if (left == right)
      return;
    if (const Value* const r = only(right)) {
      if (r->op == Op::mul)
        return void(value = {Op::sub_mul, {r->arguments[0], r->arguments[1], left, 0}});
      if (r->op == Op::mul_k)
        return void(value = {Op::scale_add, {r->arguments[0], left, 0, 0}, -r->k});
      if (r->op == Op::mul_mul_k)
        return void(value = {Op::mul_scale_add, {r->arguments[0], r->arguments[1], left, 0}, -r->k});
    }
    if (const Value* const l = only(left)) {
      if (l->op == Op::mul)
        value = {Op::mul_sub, {l->arguments[0], l->arguments[1], right, 0}};
      else if (l->op == Op::mul_k)
        value = {Op::scale_scale, {l->arguments[0], right, 0, 0}, l->k, -1.0};
    }
  }

  void fuse_add_k(Value& value) {
    const double m = value.k;
    if (const Value* const a = only(value.arguments[0])) {
      if (a->op == Op::mul)
        value = {Op::mul_add_m, a->arguments, 0.0, m};
      else if (a->op == Op::mul_k)
        value = {Op::scale_add_m, a->arguments, a->k, m};
      else if (a->op == Op::mul_mul_k)
        value = {Op::mul_scale_add_m, a->arguments, a->k, m};
    }
  }

  void fuse_k_sub(Value& value) {
    const double m = value.k;
    if (const Value* const a = only(value.arguments[0])) {
      if (a->op == Op::mul)
        value = {Op::m_sub_mul, a->arguments, 0.0, m};
      else if (a->op == Op::mul_k)
        value = {Op::scale_add_m, a->arguments, -a->k, m};
      else if (a->op == Op::mul_mul_k)
        value = {Op::mul_scale_add_m, a->arguments, -a->k, m};
    }
  }

  bool fuse_factor(Value& value, ValueId factor, ValueId other) {
    const Value* const f = only(factor);
    if (f == nullptr)
      return false;
    const auto [a, b, c, d] = f->arguments;
    switch (f->op) {
    case Op::mul: value = {Op::mul_mul, {a, b, other, 0}}; return true;
    case Op::add_k: value = {Op::add_m_mul, {a, other, 0, 0}, 0.0, f->k}; return true;
    case Op::k_sub: value = {Op::m_sub_times, {a, other, 0, 0}, 0.0, f->k}; return true;
    case Op::scale_add_m: value = {Op::scale_add_m_mul, {a, other, 0, 0}, f->k, f->m}; return true;
    case Op::add: value = {Op::add_times, {a, b, other, 0}}; return true;
    case Op::sub: value = {Op::sub_times, {a, b, other, 0}}; return true;
    case Op::mul_add_m: value = {Op::mul_add_m_times, {a, b, other, 0}, 0.0, f->m}; return true;
    case Op::m_sub_mul: value = {Op::m_sub_mul_times, {a, b, other, 0}, 0.0, f->m}; return true;
    case Op::mul_scale_add_m: value = {Op::mul_scale_add_m_times, {a, b, other, 0}, f->k, f->m}; return true;
    case Op::scale_scale: value = {Op::scale_scale_times, {a, b, other, 0}, f->k, f->m}; return true;
    case Op::scale_add: value = {Op::scale_add_times, {a, b, other, 0}, f->k}; return true;
    case Op::mul_add: value = {Op::mul_add_times, {a, b, c, other}}; return true;
    default: return false;
    }
  }

  void fuse_mul(Value& value) {
    const ValueId a = value.arguments[0];
    const ValueId b = value.arguments[1];
    if (a != b && !fuse_factor(value, a, b))
      fuse_factor(value, b, a);
  }

  void fuse_mul_k(Value& value) {
    if (const Value* const a = only(value.arguments[0]); a != nullptr && a->op == Op::mul)
      value = {Op::mul_mul_k, a->arguments, value.k};
  }

  void fuse_k_div(Value& value) {
    if (const Value* const a = only(value.arguments[0]); a != nullptr && a->op == Op::sqrt)
      value = {Op::inverse_sqrt, a->arguments, value.k};
  }

  std::vector<Value>& list_;
  std::vector<std::uint32_t> uses_;
};

} // namespace

void fuse(Values& values) { Fuser(values).run(); }

} // namespace driftwell::expression
