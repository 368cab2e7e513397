#include "driftwell/record/checkpoint.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::record;
using test::Scratch;

namespace {
Checkpoint sample(double x) { return {R"({"seed":1,"model":{"dt":0.5}})", {{"positions", {x, 2, 3}}, {"step", {7}}, {"none", {}}}}; }
std::string note;
} // namespace

TEST_CASE("a checkpoint comes back bit for bit, the newest of two generations") {
  const Scratch scratch;
  CheckpointFiles files(scratch / "out.h5");
  CHECK_FALSE(files.exist());
  CHECK_FALSE(files.latest(sample(0).identity, note).has_value());
  for (const double x : {0.1, 0.2, 0.3}) files.save(sample(x));
  CHECK(files.exist());
  CheckpointFiles again(scratch / "out.h5");
  const auto found = again.latest(sample(0).identity, note);
  REQUIRE(found.has_value());
  CHECK(found->arrays == sample(0.3).arrays);
  again.save(sample(0.4)); // goes on counting: the older file is replaced
  CHECK(CheckpointFiles(scratch / "out.h5").latest(sample(0).identity, note)->arrays.at("positions")[0] == 0.4);
  again.remove();
  CHECK_FALSE(files.exist());
}

TEST_CASE("every damaged byte of a checkpoint is noticed, and the older generation used") {
  const Scratch scratch;
  CheckpointFiles files(scratch / "out.h5");
  files.save(sample(0.1)); // generation 1
  files.save(sample(0.2)); // generation 2, file 0
  const auto path = scratch / "out.h5.checkpoint.0";
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    std::ofstream(path, std::ios::binary) << bad;
    std::string why;
    const auto found = CheckpointFiles(scratch / "out.h5").latest(sample(0).identity, why);
    INFO(at);
    REQUIRE(found.has_value());
    REQUIRE(found->arrays.at("positions")[0] == 0.1);
    REQUIRE_FALSE(why.empty());
  }
  for (std::size_t length = 0; length < good.size(); length += 7) {
    std::ofstream(path, std::ios::binary) << good.substr(0, length);
    std::string why;
    REQUIRE(CheckpointFiles(scratch / "out.h5").latest(sample(0).identity, why)->arrays.at("positions")[0] == 0.1);
  }
}

TEST_CASE("what cannot be resumed is refused with a reason") {
  const Scratch scratch;
  CheckpointFiles files(scratch / "out.h5");
  files.save(sample(0.1));
  const auto message = [&](const std::string& identity) {
    try {
      std::string why;
      (void)CheckpointFiles(scratch / "out.h5").latest(identity, why);
    } catch (const IoError& error) { return std::string(error.what()); }
    return std::string();
  };
  CHECK(message(R"({"seed":2,"model":{"dt":0.5}})").find("seed: 1 there, 2 here") != std::string::npos);
  CHECK(message(R"({"seed":1,"model":{"dt":0.25}})").find("model.dt: 0.5 there, 0.25 here") != std::string::npos);
  std::ofstream(scratch / "out.h5.checkpoint.1") << "something else";
  CHECK(message(sample(0).identity).find("is not a checkpoint of driftwell") != std::string::npos);
}
