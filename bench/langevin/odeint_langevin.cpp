// Euler-Maruyama with Boost.Odeint: a stepper of one's own by its documented interface (types, order, do_step), a system that is a
// pair of drift and noise, integrate_const through time; normal variates from Boost.Random (ziggurat).
#include "problems.hpp"

#include <boost/numeric/odeint/integrate/integrate_const.hpp>
#include <boost/numeric/odeint/stepper/stepper_categories.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <omp.h>

#include <utility>

namespace {

template <int d> class StochasticEuler {
public:
  using state_type = std::array<double, d>;
  using deriv_type = std::array<double, d>;
  using value_type = double;
  using time_type = double;
  using order_type = unsigned short;
  using stepper_category = boost::numeric::odeint::stepper_tag;
  static order_type order() { return 1; }

  template <class System> void do_step(System system, state_type& x, time_type, time_type dt) const {
    deriv_type drift, noise;
    const double root = std::sqrt(dt);
    system.first(x, drift);
    system.second(x, noise);
    for (std::size_t i = 0; i < d; ++i) x[i] += dt * drift[i] + root * noise[i];
  }
};

template <class P> struct Drift {
  using State = std::array<double, P::d>;
  void operator()(const State& x, State& dxdt) const { P::drift(x.data(), dxdt.data()); }
};

template <class P> struct Noise {
  using State = std::array<double, P::d>;
  boost::random::mt19937& random;
  boost::random::normal_distribution<>& normal;
  double amplitude;
  void operator()(const State&, State& dxdt) const {
    for (double& w : dxdt) w = amplitude * normal(random);
  }
};

} // namespace

int main(int argc, char** argv) {
  const bench::Arguments a(argc, argv);
  return bench::for_problem(a, [&]<class P>(P) {
    const double start = bench::now();
    std::vector<double> f(static_cast<std::size_t>(a.particles));
#pragma omp parallel
    {
      boost::random::mt19937 random(static_cast<unsigned>(1 + omp_get_thread_num()));
      boost::random::normal_distribution<> normal;
      const auto system = std::make_pair(Drift<P>{}, Noise<P>{random, normal, std::sqrt(2 * a.temperature)});
#pragma omp for schedule(static)
      for (long k = 0; k < a.particles; ++k) {
        std::array<double, P::d> x;
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = a.start[i] + a.std * (a.std > 0 ? normal(random) : 0);
        // Half a step less, so that rounding cannot add a step.
        boost::numeric::odeint::integrate_const(StochasticEuler<P::d>(), system, x, 0.0, a.dt * (static_cast<double>(a.steps) + 0.5), a.dt);
        f[static_cast<std::size_t>(k)] = P::loss(x.data());
      }
    }
    bench::print(f, bench::now() - start);
  });
}
