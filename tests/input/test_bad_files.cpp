// Every file of bad/ gives exactly the message beside it. A message is read by someone whose experiment does not run:
// when one changes, read it as that person before you change the .expected file.
#include "files.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

TEST_CASE("every bad file gives its message, to the letter") {
  std::size_t count = 0;
  for (const auto& path : files::toml_files("bad")) {
    std::string message = files::message_of([&] { (void)input::read(path.string()); });
    for (std::size_t at = message.find(path.string()); at != std::string::npos; at = message.find(path.string(), at))
      message.replace(at, path.string().size(), path.filename().string());
    const std::string expected = files::content(std::filesystem::path(path).replace_extension(".expected"));
    INFO(path.filename().string());
    CHECK(message + "\n" == expected);
    ++count;
  }
  CHECK(count >= 45);
}

TEST_CASE("every bad file is refused as an experiment, not as a file") {
  for (const auto& path : files::toml_files("bad")) {
    INFO(path.filename().string());
    CHECK_THROWS_AS(input::read(path.string()), InvalidExperiment);
  }
}

TEST_CASE("files that only later rooms can refuse are valid here") {
  for (const auto& path : files::toml_files("bad_model")) {
    INFO(path.filename().string());
    CHECK(files::message_of([&] { (void)input::read(path.string()); }).empty());
  }
}
