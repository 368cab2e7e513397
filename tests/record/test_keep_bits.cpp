// Rounding to fewer bits: nearest, ties to even, and nothing finite becomes infinite.
#include "record/keep_bits.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace driftwell::record;
using namespace driftwell::record::test;

TEST_CASE("rounding to bits of the fraction", "[record]") {
  CHECK(round_to_bits(1.5, 1) == 1.5);
  CHECK(round_to_bits(1.25, 1) == 1.0); // a tie goes to the even neighbour
  CHECK(round_to_bits(1.75, 1) == 2.0);
  CHECK(round_to_bits(1.26, 1) == 1.5);
  CHECK(round_to_bits(-1.26, 1) == -1.5);
  CHECK(round_to_bits(1.9, 1) == 2.0); // carries into the exponent
  CHECK(round_to_bits(0.1, 52) == 0.1);
  for (const int keep : {1, 10, 24, 51}) {
    for (double x = 1e-300; x < 1e300; x *= 1.37e7) {
      const double y = round_to_bits(x, keep);
      CHECK(std::abs(y - x) <= std::ldexp(x, -(keep + 1)));
      CHECK(round_to_bits(y, keep) == y);
      CHECK(round_to_bits(-x, keep) == -y);
    }
  }
}

TEST_CASE("rounding leaves NaN, infinities, zeros and the largest numbers what they are", "[record]") {
  const double infinity = std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::max();
  CHECK(std::isnan(round_to_bits(std::numeric_limits<double>::quiet_NaN(), 3)));
  CHECK(std::isnan(round_to_bits(std::numeric_limits<double>::signaling_NaN(), 3)));
  CHECK(round_to_bits(infinity, 3) == infinity);
  CHECK(round_to_bits(-infinity, 3) == -infinity);
  CHECK(std::signbit(round_to_bits(-0.0, 3)));
  CHECK(std::isfinite(round_to_bits(most, 3)));
  CHECK(round_to_bits(most, 3) > 0.9 * most);
  CHECK(round_to_bits(std::numeric_limits<double>::denorm_min(), 3) == 0.0);
}

TEST_CASE("keep_bits makes a file smaller and leaves coordinates alone", "[record]") {
  const Scratch scratch;
  std::vector<double> values(100 * 100);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::sin(static_cast<double>(i));
  }
  for (const bool rounding : {false, true}) {
    Options options;
    if (rounding) {
      options.keep_bits = 12;
    }
    ResultFile file(scratch / (rounding ? "rounded.h5" : "full.h5"), options);
    Group g = file.group("g");
    g.growing_dimension("time");
    g.dimension("x", std::vector<double>(100, 0.1));
    g.dimension("y", 100);
    g.variable("v", {"time", "x", "y"});
    g.variable("number", {});
    const double t = 0.1;
    g.write("number", {&t, 1});
    g.write_frame("time", 0, {&t, 1});
    g.write_frame("v", 0, values);
    file.finish();
  }
  CHECK(3 * fs::file_size(scratch / "rounded.h5") < 2 * fs::file_size(scratch / "full.h5"));
  const Reader reader(scratch / "rounded.h5");
  CHECK(reader.read("/g/time").first[0] == 0.1);
  CHECK(reader.read("/g/x").first[0] == 0.1);
  CHECK(reader.read("/g/number").first[0] == round_to_bits(0.1, 12));
  const auto read = reader.read("/g/v").first;
  bool right = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    right = right && read[i] == round_to_bits(values[i], 12);
  }
  CHECK(right);
}
