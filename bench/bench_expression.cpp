// Evaluation of compiled formulas: ns a point on one core, beside a hand-written C++ loop, with the difference; and
// beside muParser's bulk mode where that library is installed (looked up at run time: nothing to link).
#include "driftwell/core/simd.hpp"
#include "driftwell/expression/tape.hpp"

#include <dlfcn.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <new>
#include <random>
#include <string>
#include <vector>

using namespace driftwell::expression;

namespace {

constexpr std::size_t points = 4096;

struct Aligned {
  explicit Aligned(std::size_t n) : data(static_cast<double*>(::operator new(n * sizeof(double), std::align_val_t{64}))) {}
  ~Aligned() { ::operator delete(data, std::align_val_t{64}); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  double* data;
};

/// Best of many short runs: the machine is shared.
template <class Work>
double ns_per_point(Work&& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e300;
  for (int run = 0; run < 300; ++run) {
    constexpr int rounds = 10;
    const auto start = Clock::now();
    for (int i = 0; i < rounds; ++i)
      work();
    best = std::min(best, std::chrono::duration<double, std::nano>(Clock::now() - start).count() / rounds / points);
  }
  return best;
}

DRIFTWELL_MULTIVERSION void double_well_drift(const double* x, const double* y, double* a, double* b) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < points; ++i) {
    a[i] = -(x[i] * x[i] * x[i] - x[i]);
    b[i] = -y[i];
  }
}

void mueller_brown_drift(const double* x, const double* y, double* a, double* b) {
  constexpr double A[] = {-200, -100, -170, 15}, p[] = {-1, -1, -6.5, 0.7}, q[] = {0, 0, 11, 0.6}, r[] = {-10, -10, -6.5, 0.7}, X[] = {1, 0, -0.5, -1}, Y[] = {0, 0.5, 1.5, 1};
  for (std::size_t i = 0; i < points; ++i) {
    double gx = 0, gy = 0;
    for (int k = 0; k < 4; ++k) {
      const double u = x[i] - X[k], v = y[i] - Y[k];
      const double e = A[k] * std::exp(p[k] * u * u + q[k] * u * v + r[k] * v * v);
      gx += e * (2 * p[k] * u + q[k] * v);
      gy += e * (q[k] * u + 2 * r[k] * v);
    }
    a[i] = -gx;
    b[i] = -gy;
  }
}

void rastrigin_drift(const double* x, const double* y, double* a, double* b) {
  const double w = 2 * 3.14159265358979323846;
  for (std::size_t i = 0; i < points; ++i) {
    a[i] = -(2 * x[i] + 10 * w * std::sin(w * x[i]));
    b[i] = -(2 * y[i] + 10 * w * std::sin(w * y[i]));
  }
}

struct Problem {
  const char* name;
  const char* potential;
  void (*native)(const double*, const double*, double*, double*);
};

/// muParser through its C interface; 0 when the library is not there. Debian's opens threads in bulk mode, so one is asked for.
double muparser_ns(const std::vector<std::string>& drift, const double* x, const double* y) {
#ifdef _OPENMP
  omp_set_num_threads(1);
#endif
  void* const library = dlopen("libmuparser.so.2", RTLD_NOW);
  if (library == nullptr)
    return 0.0;
  const auto create = reinterpret_cast<void* (*)(int)>(dlsym(library, "mupCreate"));
  const auto set = reinterpret_cast<void (*)(void*, const char*)>(dlsym(library, "mupSetExpr"));
  const auto define = reinterpret_cast<void (*)(void*, const char*, double*)>(dlsym(library, "mupDefineVar"));
  const auto bulk = reinterpret_cast<void (*)(void*, double*, int)>(dlsym(library, "mupEvalBulk"));
  if (create == nullptr || set == nullptr || define == nullptr || bulk == nullptr)
    return 0.0;
  std::vector<double> in[] = {{x, x + points}, {y, y + points}};
  std::vector<double> out(points);
  std::vector<void*> parsers;
  for (const std::string& text : drift) {
    parsers.push_back(create(0));
    define(parsers.back(), "x", in[0].data());
    define(parsers.back(), "y", in[1].data());
    set(parsers.back(), text.c_str());
  }
  return ns_per_point([&] {
    for (void* parser : parsers)
      bulk(parser, out.data(), static_cast<int>(points));
  });
}

void run(const Problem& problem) {
  Symbols symbols;
  symbols.variables = {"x", "y"};
  const Expression potential = Expression::parse(problem.potential, symbols);
  const std::vector<Expression> gradient = potential.gradient(2);
  const Tape tape({-gradient[0], -gradient[1]}, 2);
  Tape::Workspace workspace(tape);
  Aligned x(points), y(points), a(points), b(points), c(points), d(points);
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < points; ++i) {
    x.data[i] = std::uniform_real_distribution(-1.5, 1.2)(random);
    y.data[i] = std::uniform_real_distribution(-0.2, 2.0)(random);
  }
  const double* in[] = {x.data, y.data};
  double* out[] = {a.data, b.data};
  const double tape_ns = ns_per_point([&] { tape.evaluate(in, out, points, workspace); });
  const double native_ns = ns_per_point([&] { problem.native(x.data, y.data, c.data, d.data); });
  double error = 0.0, size = 0.0;
  for (std::size_t i = 0; i < points; ++i) {
    error = std::max({error, std::abs(a.data[i] - c.data[i]), std::abs(b.data[i] - d.data[i])});
    size = std::max({size, std::abs(c.data[i]), std::abs(d.data[i])});
  }
  std::printf("%-16s tape %7.3f ns/point (%2zu instructions)   native %7.3f ns/point   difference %.1e of %.1e", problem.name, tape_ns, tape.instructions(), native_ns, error, size);
  const double other = muparser_ns({(-gradient[0]).str(symbols.variables), (-gradient[1]).str(symbols.variables)}, x.data, y.data);
  if (other > 0.0)
    std::printf("   muParser bulk %8.2f ns/point (%.0fx)", other, other / tape_ns);
  std::printf("\n");
}

void run_functions() {
  Symbols symbols;
  symbols.variables = {"x"};
  Aligned x(points), y(points);
  for (std::size_t i = 0; i < points; ++i)
    x.data[i] = 0.01 + 0.98 * static_cast<double>(i) / points;
  for (const char* name : {"exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "sigmoid", "softplus"}) {
    const Tape tape({Expression::parse(std::string(name) + "(x)", symbols)}, 1);
    Tape::Workspace workspace(tape);
    const double* in[] = {x.data};
    double* out[] = {y.data};
    std::printf("  %-9s %6.3f", name, ns_per_point([&] { tape.evaluate(in, out, points, workspace); }));
  }
  std::printf("  ns/point\n");
}

void run_chain() {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  Symbols symbols;
  symbols.indexed = true;
  symbols.variables.resize(1000);
  const Expression chain = Expression::parse("sum(i,1,d,(x[i]^2-1)^2/4) + 0.05*sum(i,1,d-1,(x[i+1]-x[i])^2)", symbols);
  std::vector<Expression> outputs = chain.gradient(1000);
  const Tape tape(outputs, 1000);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  constexpr std::size_t n = 512;
  std::vector<double> data(2000 * n, 0.5);
  std::vector<const double*> in;
  std::vector<double*> out;
  for (std::size_t i = 0; i < 1000; ++i) {
    in.push_back(data.data() + i * n);
    out.push_back(data.data() + (1000 + i) * n);
  }
  Tape::Workspace workspace(tape);
  double best = 1e300;
  for (int i = 0; i < 50; ++i) {
    const auto begin = Clock::now();
    tape.evaluate(in, out, n, workspace);
    best = std::min(best, std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
  }
  std::printf("chain of 1000    text to tape %.3f s, %zu instructions, %.3f ns a point and coordinate\n", seconds, tape.instructions(), best / n / 1000);
}

} // namespace

int main() {
  run({"double well", "(x^2-1)^2/4 + y^2/2", double_well_drift});
  run({"Mueller-Brown",
       "-200*exp(-(x-1)^2 - 10*y^2) - 100*exp(-x^2 - 10*(y-0.5)^2) - 170*exp(-6.5*(x+0.5)^2 + 11*(x+0.5)*(y-1.5) - 6.5*(y-1.5)^2)"
       " + 15*exp(0.7*(x+1)^2 + 0.6*(x+1)*(y-1) + 0.7*(y-1)^2)",
       mueller_brown_drift});
  run({"Rastrigin", "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)", rastrigin_drift});
  run_functions();
  run_chain();
  return 0;
}
