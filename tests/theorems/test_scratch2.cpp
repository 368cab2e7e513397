#include "density_subject.hpp"
#include "propagators/random_models.hpp"
using namespace engine;
namespace {
void show(const Subject& s) {
  const auto& e = s.density();
  for (std::size_t i = 0; i < e.levels(); ++i) {
    fmt::print("level {}: ", i);
    for (std::size_t t = 0; t < e.times().size(); ++t) fmt::print("[{:.9g} | {:.9g} | {:.9g}] ", e.level(i).observable("dissipation")[t], -e.model().temperature() * e.level(i).observable("fisher_information")[t], e.level(i).observable("kl")[t]);
    fmt::print("\n");
  }
}
}
TEST_CASE("levels") {
  show(subject({{{"x"}, "cos(x)", {"0.5"}, {"1+0.3*sin(x)"}, 0.3}, {ring(0, 2*M_PI, 256)}, {2}, 0.4}));
  show(subject({{{"x","y"}, "0", {"y*x^2+x*y^2-x^3*3","x^3/3+x^2*y-2*y"}, {}, 0.4}, {axis(-2, 2, 64), axis(-3, 3, 64)}, {.5,0.5}, 0.4}));
  RandomModels models(7);
  for (int i = 0; i < 12; ++i) {
    RandomProblem p = models.next();
    if (i < 11) continue;
    for (auto& a : p.axes) { const std::size_t n = p.axes.size() == 1 ? 128 : p.axes.size() == 2 ? 32 : 16; a = a.with_cells(n); }
    std::vector<double> mean; for (auto& a : p.axes) mean.push_back((a.lower + a.upper) / 2 + 0.3);
    fmt::print("{} {} {}\n", p.axes[0].lower, p.axes[0].upper, static_cast<bool>(p.axes[0].stretching));
    show(subject({p.text, p.axes, mean, 0.5, p.times}));
  }
}
