#include "driftwell/record/result_file.hpp"

#include "driftwell/core/error.hpp"
#include "record/attributes.hpp"
#include "record/group_impl.hpp"
#include "record/lock_file.hpp"
#include "record/output_path.hpp"
#include "record/session.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace driftwell::record {

struct ResultFile::Impl {
  Impl(OutputPath paths, const Options& chosen)
      : path(std::move(paths)), options(chosen), lock(std::in_place, path.lock) {
    path.keep_previous();
    try {
      session = std::make_shared<Session>(path.part, options);
    } catch (...) { // not even the empty file fits: nothing worth keeping
      std::error_code ignored;
      std::filesystem::remove(path.part, ignored);
      throw;
    }
  }

  OutputPath path;
  Options options;
  std::optional<LockFile> lock;
  std::shared_ptr<Session> session;
  std::map<std::string, std::shared_ptr<Group::Impl>> groups;
};

namespace {

OutputPath accepted(const std::filesystem::path& out, const Options& options) {
  if (options.keep_bits && (*options.keep_bits < 1 || *options.keep_bits > 52)) {
    throw IoError(fmt::format("{}: keep_bits = {} is not between 1 and 52", out.string(), *options.keep_bits));
  }
  OutputPath path(out);
  path.check(options.replace);
  return path;
}

} // namespace

ResultFile::ResultFile(const std::filesystem::path& out, const Options& options)
    : impl_(std::make_unique<Impl>(accepted(out, options), options)) {}

ResultFile::~ResultFile() {
  if (impl_->session->is_open()) {
    try {
      impl_->session->flush(); // an error on its way elsewhere: what the run had so far is worth having
    } catch (...) {
    } // the state of the flush before stays
  }
  impl_->session->abandon();
}

void ResultFile::attribute(const std::string& name, const Value& value) {
  auto& session = *impl_->session;
  session.guarded([&] { write_attribute(session.file(), session.path(), name, value); });
}

Group ResultFile::group(const std::string& name) {
  auto& known = impl_->groups[name];
  if (!known) {
    known = std::make_shared<Group::Impl>(impl_->session, name);
  }
  return Group(known);
}

void ResultFile::flush() { impl_->session->flush(); }

void ResultFile::flush_if_due() {
  if (impl_->session->flush_is_due()) {
    flush();
  }
}

void ResultFile::finish() {
  impl_->session->close();
  impl_->path.publish(impl_->options.replace);
  impl_->lock.reset();
}

void ResultFile::discard() {
  impl_->session->abandon();
  std::error_code ignored;
  if (impl_->lock) {
    std::filesystem::remove(impl_->path.part, ignored);
  } // finished: it may be another run's
  impl_->lock.reset();
}

void ResultFile::probe(const std::filesystem::path& out, const Options& options) { accepted(out, options); }

} // namespace driftwell::record
