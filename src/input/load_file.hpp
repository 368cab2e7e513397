#pragma once
// From a path to a text: only what can be an experiment file is read.
#include "driftwell/core/source.hpp"

#include <memory>
#include <string>

namespace driftwell::input {

/// Reads a regular file of at most 64 MB. Throws IoError (missing, with the nearest name beside it; a directory; a
/// device; unreadable; too big) and what make_source throws.
[[nodiscard]] std::shared_ptr<const Source> load_file(const std::string& path);

/// A source of valid UTF-8 without byte order mark. Throws InvalidExperiment when the text is none.
[[nodiscard]] std::shared_ptr<const Source> make_source(std::string name, std::string text);

} // namespace driftwell::input
