// The schema, the code and the documentation name the same keys.
#include "files.hpp"
#include "input/schema.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::input;

TEST_CASE("every key of the schema is documented, with what it takes by default") {
  const std::string docs = files::content(std::filesystem::path(DRIFTWELL_SOURCE_DIR) / "docs" / "experiment_file.md");
  REQUIRE_FALSE(docs.empty());
  for (const TableSchema& table : all_tables()) {
    // Every table has a heading with its path; its keys are rows behind it, before the next heading.
    const std::string heading =
        table.path.empty() ? "## Outside of any section" : "## `" + std::string(table.path) + "`";
    const std::size_t begin = docs.find(heading + "\n");
    INFO(heading);
    REQUIRE(begin != std::string::npos);
    const std::string part = docs.substr(begin, docs.find("\n## ", begin + 1) - begin);
    for (const KeySchema& key : table.keys) {
      INFO(key.name);
      CHECK(part.find("| `" + std::string(key.name) + "` |") != std::string::npos);
      CHECK_FALSE(key.allowed.empty());
      CHECK_FALSE(key.fallback.empty());
      CHECK(key.about.ends_with('.'));
    }
  }
  for (const std::string_view section : unavailable_sections())
    CHECK(docs.find("`[" + std::string(section) + "]`") != std::string::npos);
  for (const std::string_view name : expression_names()) {
    INFO(name);
    CHECK(docs.find("`" + std::string(name) + "`") != std::string::npos);
  }
}

TEST_CASE("sections are not both available and unavailable") {
  for (const std::string_view section : unavailable_sections())
    for (const TableSchema& table : all_tables()) CHECK(table.path != section);
}

TEST_CASE("every experiment of the documentation is valid") {
  const std::string docs = files::content(std::filesystem::path(DRIFTWELL_SOURCE_DIR) / "docs" / "experiment_file.md");
  std::size_t count = 0;
  const std::string open = "```toml\n";
  for (std::size_t at = docs.find(open); at != std::string::npos; at = docs.find(open, at + 1)) {
    const std::size_t begin = at + open.size();
    const std::string text = docs.substr(begin, docs.find("```", begin) - begin);
    if (text.find("[fokker_planck]") == std::string::npos) continue; // a fragment
    INFO(text);
    CHECK(files::message_of([&] { (void)input::parse(text, "docs.toml"); }).empty());
    ++count;
  }
  CHECK(count >= 2);
}
