#include "density_subject.hpp"
#include "propagators/random_models.hpp"
#include <cstdlib>
using namespace engine;
namespace {
const std::string well = "(x^2-1)^2/4 + y^2/2";
std::vector<std::string> swirl(const std::string& l) { return {"-" + l + "*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)*y", l + "*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)*x"}; }
}
TEST_CASE("scratch") {
  const std::string name = std::getenv("THEOREM");
  const std::vector<DensitySubject> all{
    {{{"x"}, "(x^2-1)^2/4", {}, {}, 0.5}, {axis(-3, 3, 400)}, {-0.8}, 0.2},
    {{{"x"}, "x^2/2", {}, {"1 + x^2"}, 0.5}, {axis(-4, 4, 400)}, {1}, 0.2},
    {{{"x"}, "x^2/2", {}, {"1 + x^2/4"}, 0.5, Interpretation::stratonovich}, {axis(-4, 4, 400)}, {1}, 0.2},
    {{{"x"}, "cos(x)", {"0.5"}, {"1+0.3*sin(x)"}, 0.3}, {ring(0, 2*M_PI, 256)}, {2}, 0.4},
    {{{"x","y"}, well, swirl("1.5")}, {axis(-3.5, 3.5, 112), axis(-4.5, 4.5, 144)}, {-1,1}, 0.4},
    {{{"x","y"}, "(x^2+y^2)/2", {"5*y","-5*x"}}, {axis(-5, 5, 96), axis(-5, 5, 96)}, {1,1}, 0.5},
    {{{"x","y"}, "x^2 + x*y/2 + y^2/2", {}, {"1","0.1"}}, {axis(-4.5, 4.5, 128), axis(-2.2, 2.2, 128)}, {1,0.5}, 0.3},
    {{{"x","y"}, well, {}, {}, 0.5, Interpretation::anti_ito, {{"1", "0.6*sin(x)"}, {"0.6*sin(x)", "0.8"}}, {{"0", "0.7"}, {"-0.7", "0"}}}, {axis(-3, 3, 64), axis(-3, 3, 64)}, {-1,1}, 0.4},
    {{{"x","y"}, "(x^2+y^2)/2", {}, {}, 0.5, Interpretation::ito, {{"1-0.16*x*y", "0.08*(x^2-y^2)"}, {"0.08*(x^2-y^2)", "1+0.16*x*y"}}}, {axis(-2.4, 2.4, 80), axis(-2.4, 2.4, 80)}, {1,0.5}, 0.4},
    {{{"x","y"}, "0", {"y*x^2+x*y^2-x^3*3","x^3/3+x^2*y-2*y"}, {}, 0.4}, {axis(-2, 2, 64), axis(-3, 3, 64)}, {.5,0.5}, 0.4},
  };
  const char* only = std::getenv("CASE");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (only && std::to_string(i) != only) continue;
    const Certificate c = certify(name, subject(all[i]));
    fmt::print("case {} ({:.2f} s) {}\n", i, c.seconds, words(c));
  }
}
TEST_CASE("random") {
  const std::string name = std::getenv("THEOREM");
  RandomModels models(7);
  const int count = std::getenv("COUNT") ? std::atoi(std::getenv("COUNT")) : 30;
  for (int i = 0; i < count; ++i) {
    RandomProblem p = models.next();
    for (auto& a : p.axes) { const std::size_t n = p.axes.size() == 1 ? 128 : p.axes.size() == 2 ? 32 : 16; a = a.with_cells(n); }
    std::vector<double> mean; for (auto& a : p.axes) mean.push_back((a.lower + a.upper) / 2 + 0.3);
    const Certificate c = certify(name, subject({p.text, p.axes, mean, 0.5, p.times}));
    fmt::print("{} ({:.2f} s) {} {}", i, c.seconds, p.story, words(c));
  }
}
