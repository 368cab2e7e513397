// Euler-Maruyama with GSL: Mersenne twister and the ziggurat of gsl_randist, one generator a thread, a particle at a time.
#include "problems.hpp"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <omp.h>

int main(int argc, char** argv) {
  const bench::Arguments a(argc, argv);
  return bench::for_problem(a, [&]<class P>(P) {
    const double start = bench::now(), scale = std::sqrt(2 * a.temperature * a.dt);
    std::vector<double> f(static_cast<std::size_t>(a.particles));
#pragma omp parallel
    {
      gsl_rng* random = gsl_rng_alloc(gsl_rng_mt19937);
      gsl_rng_set(random, static_cast<unsigned long>(1 + omp_get_thread_num()));
#pragma omp for schedule(static)
      for (long k = 0; k < a.particles; ++k) {
        double x[P::d], b[P::d];
        for (int i = 0; i < P::d; ++i) x[i] = a.start[static_cast<std::size_t>(i)] + (a.std > 0 ? gsl_ran_gaussian_ziggurat(random, a.std) : 0);
        for (long n = 0; n < a.steps; ++n) {
          P::drift(x, b);
          for (int i = 0; i < P::d; ++i) x[i] += a.dt * b[i] + gsl_ran_gaussian_ziggurat(random, scale);
        }
        f[static_cast<std::size_t>(k)] = P::loss(x);
      }
      gsl_rng_free(random);
    }
    bench::print(f, bench::now() - start);
  });
}
