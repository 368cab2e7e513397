#pragma once
#include <CLI/CLI.hpp>

#include <string>

namespace driftwell::app {

/// Prints a completion script made from the commands and options of `app`. Throws UsageError for another shell.
void print_completion(const CLI::App& app, const std::string& shell);

} // namespace driftwell::app
