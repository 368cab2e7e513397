#pragma once
// Where a value came from, so that an error can show the place: file:line:column, the line, a caret.
#include "driftwell/core/error.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace driftwell {

/// A text the user wrote: an experiment file, or one `--set` argument.
struct Source {
  std::string name; ///< as the user typed it: "models/ou.toml", "--set time.end=-1"
  std::string text;
};

/// A stretch of a Source. line and column count from 1, columns in bytes; line 0 means the whole source.
struct Origin {
  std::shared_ptr<const Source> source;
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t length = 1;
};

/// What a message says besides what was found.
struct Hints {
  std::string allowed;                ///< what is allowed, one line; empty: nothing to say
  std::string nearest;                ///< nearest valid name; empty: none is near
  std::vector<std::string> notes{};   ///< further lines, each a sentence
};

/// "file:line:column: error: message", the source line, a caret under the stretch, then the hints.
/// Long source lines are shortened around the caret; control characters are made visible.
[[nodiscard]] std::string render(const Origin& origin, std::string_view message, const Hints& hints = {});

/// The error to throw for a value of an experiment file.
[[nodiscard]] InvalidExperiment invalid(const Origin& origin, std::string_view message, const Hints& hints = {});

/// The candidate with the smallest edit distance to `name`, or "" when none is within a third of its length
/// (at least 1, at most 3 edits; transpositions count as one).
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "a, b and c" (or the given last word).
[[nodiscard]] std::string list_of(std::span<const std::string> names, std::string_view last = "and");

} // namespace driftwell
