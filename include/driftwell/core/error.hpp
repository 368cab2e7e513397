#pragma once
// Typed errors. Code throws them, src/app/main.cpp is the one place that catches them and turns each into
// its exit code. what() is the whole message a person reads; see source.hpp for the ones that quote a file.
#include <stdexcept>
#include <string>

namespace driftwell {

enum class ExitCode {
  done = 0,
  numerical_failure = 1,
  usage = 2,
  invalid_experiment = 3,
  input_output = 4,
  certificate_violated = 5,
};

class Error : public std::runtime_error {
public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

private:
  ExitCode code_;
};

/// A computation that cannot go on: names step, time, cell, quantity and value.
class NumericalFailure : public Error {
public:
  explicit NumericalFailure(const std::string& message) : Error(ExitCode::numerical_failure, message) {}
};

/// A command line that cannot be understood.
class UsageError : public Error {
public:
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};

/// An experiment file (or a --set override) that is not valid; build it with `invalid()` of source.hpp.
class InvalidExperiment : public Error {
public:
  explicit InvalidExperiment(const std::string& message) : Error(ExitCode::invalid_experiment, message) {}
};

/// A file that cannot be read or written.
class IoError : public Error {
public:
  explicit IoError(const std::string& message) : Error(ExitCode::input_output, message) {}
};

} // namespace driftwell
