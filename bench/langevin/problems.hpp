#pragma once
// The problems of bench_langevin.py for the C++ contenders: drift, loss and numbers on the command line.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace bench {

struct OrnsteinUhlenbeck {
  static constexpr const char* name = "sde_1d";
  static constexpr int d = 1;
  static void drift(const double* x, double* b) { b[0] = -x[0]; }
  static double loss(const double* x) { return x[0] * x[0] / 2; }
};

struct DoubleWell {
  static constexpr const char* name = "sde_2d";
  static constexpr int d = 2;
  static void drift(const double* x, double* b) {
    b[0] = -(x[0] * x[0] - 1) * x[0];
    b[1] = -x[1];
  }
  static double loss(const double* x) { return (x[0] * x[0] - 1) * (x[0] * x[0] - 1) / 4 + x[1] * x[1] / 2; }
};

struct Chain {
  static constexpr const char* name = "sde_10d";
  static constexpr int d = 10;
  static void drift(const double* x, double* b) {
    for (int i = 0; i < d; ++i) b[i] = -(x[i] * x[i] - 1) * x[i] - 0.1 * ((i > 0 ? x[i - 1] : 0) + (i + 1 < d ? x[i + 1] : 0));
  }
  static double loss(const double* x) {
    double sum = 0;
    for (int i = 0; i < d; ++i) sum += (x[i] * x[i] - 1) * (x[i] * x[i] - 1) / 4 + (i > 0 ? 0.1 * x[i - 1] * x[i] : 0);
    return sum;
  }
};

struct Dense {
  static constexpr const char* name = "sde_100d";
  static constexpr int d = 100;
  static const std::array<double, d * d>& matrix() {
    static const std::array<double, d * d> A = [] {
      std::array<double, d * d> a{};
      for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) a[static_cast<std::size_t>(i * d + j)] = (i == j ? 1 : 0) + 0.5 * std::exp(-std::abs(i - j) / 20.0);
      return a;
    }();
    return A;
  }
  static void drift(const double* x, double* b) { // by columns, so that the inner loop is a vector one
    const double* A = matrix().data();
    for (int i = 0; i < d; ++i) b[i] = 0;
    for (int j = 0; j < d; ++j)
      for (int i = 0; i < d; ++i) b[i] -= A[j * d + i] * x[j];
  }
  static double loss(const double* x) {
    double b[d], sum = 0;
    drift(x, b);
    for (int i = 0; i < d; ++i) sum -= x[i] * b[i] / 2;
    return sum;
  }
};

struct MuellerBrown {
  static constexpr const char* name = "mueller_brown";
  static constexpr int d = 2;
  static constexpr double A[4] = {-200, -100, -170, 15}, a[4] = {-1, -1, -6.5, 0.7}, b[4] = {0, 0, 11, 0.6}, c[4] = {-10, -10, -6.5, 0.7}, x0[4] = {1, 0, -0.5, -1},
                          y0[4] = {0, 0.5, 1.5, 1};
  static double term(const double* x, int k, double& u, double& v) {
    u = x[0] - x0[k], v = x[1] - y0[k];
    return A[k] * std::exp(a[k] * u * u + b[k] * u * v + c[k] * v * v);
  }
  static void drift(const double* x, double* slope) {
    double u, v, sx = 0, sy = 0;
    for (int k = 0; k < 4; ++k) {
      const double value = term(x, k, u, v);
      sx -= value * (2 * a[k] * u + b[k] * v);
      sy -= value * (b[k] * u + 2 * c[k] * v);
    }
    slope[0] = sx, slope[1] = sy;
  }
  static double loss(const double* x) {
    double u, v, sum = 0;
    for (int k = 0; k < 4; ++k) sum += term(x, k, u, v);
    return sum;
  }
};

/// PROBLEM PARTICLES STEPS DT TEMPERATURE STD START...
struct Arguments {
  const char* problem;
  long particles, steps;
  double dt, temperature, std;
  std::vector<double> start;
  Arguments(int argc, char** argv) {
    if (argc < 8) std::fprintf(stderr, "usage: %s PROBLEM PARTICLES STEPS DT TEMPERATURE STD START...\n", argv[0]), std::exit(2);
    problem = argv[1], particles = std::atol(argv[2]), steps = std::atol(argv[3]), dt = std::atof(argv[4]), temperature = std::atof(argv[5]), std = std::atof(argv[6]);
    for (int i = 7; i < argc; ++i) start.push_back(std::atof(argv[i]));
  }
};

inline double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Mean of f and its standard error, as JSON.
inline void print(const std::vector<double>& f, double loop) {
  const double n = static_cast<double>(f.size());
  double mean = 0, squares = 0;
  for (const double v : f) mean += v / n;
  for (const double v : f) squares += (v - mean) * (v - mean);
  std::printf("{\"loop\": %.6f, \"mean\": %.17g, \"stderr\": %.17g}\n", loop, mean, std::sqrt(squares / (n - 1) / n));
}

/// Calls work(Problem{}) for the problem of that name.
template <class Work> int for_problem(const Arguments& a, Work&& work) {
  const auto try_one = [&]<class P>(P problem) {
    if (std::strcmp(a.problem, P::name) != 0 || a.start.size() != static_cast<std::size_t>(P::d)) return false;
    work(problem);
    return true;
  };
  if (try_one(OrnsteinUhlenbeck{}) || try_one(DoubleWell{}) || try_one(Chain{}) || try_one(Dense{}) || try_one(MuellerBrown{})) return 0;
  std::fprintf(stderr, "no problem %s in %zu dimensions\n", a.problem, a.start.size());
  return 2;
}

} // namespace bench
