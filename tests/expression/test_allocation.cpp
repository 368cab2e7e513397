// Evaluation allocates nothing. This file replaces operator new for the whole program to count.
#include "driftwell/expression/tape.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

using namespace driftwell::expression;

// Counts every allocation of this program; sanitizers bring their own operator new.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static std::atomic<std::size_t> allocations{0};
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size))
    return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step))
    return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

TEST_CASE("evaluation allocates nothing") {
  Symbols symbols;
  symbols.variables = {"x", "y"};
  const Expression e = Expression::parse("exp(x)*sin(1e7*y) + where(x < y, erf(x), pow(abs(y), x)) + tanh(x*y)/(1+x^2)", symbols);
  std::vector<Expression> outputs = e.gradient(2);
  outputs.push_back(e);
  const Tape tape(outputs, 2);
  Tape::Workspace workspace(tape);
  std::vector<double> x(3000, 0.3), y(3000, -0.7), a(3000), b(3000), c(3000);
  const double* in[] = {x.data(), y.data()};
  double* out[] = {a.data(), b.data(), c.data()};
  const std::size_t before = allocations;
  tape.evaluate(in, out, x.size(), workspace);
  CHECK(allocations == before);
  CHECK(allocations > 0); // it does count
}
#endif
