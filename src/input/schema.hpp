#pragma once
// The experiment file, key by key: the one place that knows which keys exist, what each takes and what it means.
// Error hints, `driftwell` listings and the test of docs/experiment_file.md read these tables.
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace driftwell::input {

struct KeySchema {
  std::string_view name;
  std::string_view allowed;  ///< type and range, in words: the "allowed:" line of an error
  std::string_view fallback; ///< the default, in words; "required" where there is none
  std::string_view about;    ///< one line
};

struct TableSchema {
  std::string_view path;  ///< "model", "initial.gaussian"; "" is the file itself
  std::string_view title; ///< how messages call it: "in [model]", "in a gaussian law"
  std::span<const KeySchema> keys;

  [[nodiscard]] const KeySchema& key(std::string_view name) const; ///< throws std::logic_error: a typo in the code
  [[nodiscard]] std::vector<std::string> names() const;
};

/// Every table with a closed set of keys. Those with free names (parameters, options of a potential) have none here.
[[nodiscard]] std::span<const TableSchema> all_tables();
[[nodiscard]] const TableSchema& table_schema(std::string_view path);

/// "[model], [initial], ... and [output]": the sections there are.
[[nodiscard]] std::string section_list();

/// What a key takes, for a text that could not be parsed: by section and name, or by name alone; "" for no key.
[[nodiscard]] std::string_view allowed_for(std::string_view section, std::string_view key);

/// The key of any table that is nearest to some words ("learning rate" -> learning_rate), or "".
[[nodiscard]] std::string nearest_key(std::string_view words);

/// Sections of the design that this version does not compute yet: a later version moves a name to all_tables().
[[nodiscard]] std::span<const std::string_view> unavailable_sections();
inline constexpr std::string_view this_version = "driftwell 0.1";

/// Names a variable or a parameter may not take: functions and constants of expressions.
[[nodiscard]] std::span<const std::string_view> expression_names();

/// Names of datasets and dimensions of the result file, which a variable would overwrite.
[[nodiscard]] bool is_result_name(std::string_view name);

} // namespace driftwell::input
