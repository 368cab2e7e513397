#include "driftwell/core/error.hpp"
#include "record/attributes.hpp"
#include "record/group_impl.hpp"

#include <utility>

#include <fmt/format.h>

namespace driftwell::record {

Group::Impl::Impl(std::shared_ptr<Session> the_session, const std::string& name)
    : session(std::move(the_session)), path(session->path() + ":/" + name) {
  if (name.empty() || name == "." || name.find('/') != name.npos) {
    throw IoError(fmt::format("{}: \"{}\" is not the name of a group", session->path(), name));
  }
  session->guarded([&] {
    const Handle creation = checked(H5Pcreate(H5P_GROUP_CREATE), path, "create group properties");
    constexpr unsigned tracked = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    H5Pset_link_creation_order(creation.get(), tracked);
    H5Pset_attr_creation_order(creation.get(), tracked);
    group = checked(H5Gcreate2(session->file(), name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), path,
                    "create the group");
  });
  session->declarations_changed();
}

void Group::Impl::demand_new(const std::string& name) const {
  if (name.empty() || name == "." || name.find('/') != name.npos) {
    throw IoError(fmt::format("{}: \"{}\" is not a name for a variable", path, name));
  }
  if (dimensions.count(name) != 0 || variables.count(name) != 0) {
    throw IoError(fmt::format("{}: \"{}\" is declared twice", path, name));
  }
}

Dimension& Group::Impl::dimension(const std::string& name) {
  const auto it = dimensions.find(name);
  if (it == dimensions.end()) {
    throw IoError(fmt::format("{}: there is no dimension \"{}\"", path, name));
  }
  return it->second;
}

Variable& Group::Impl::variable(const std::string& name) {
  const auto it = variables.find(name);
  if (it == variables.end()) {
    throw IoError(fmt::format("{}: there is no variable \"{}\"", path, name));
  }
  return it->second;
}

Group::Group(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

void Group::attribute(const std::string& name, const Value& value) {
  impl_->session->guarded([&] { write_attribute(impl_->group.get(), impl_->path, name, value); });
}

void Group::dimension(const std::string& name, std::span<const double> coordinate, const Attributes& attributes) {
  impl_->session->guarded([&] { impl_->add_coordinate(name, coordinate, attributes); });
}

void Group::dimension(const std::string& name, const std::vector<std::string>& labels, const Attributes& attributes) {
  impl_->session->guarded([&] { impl_->add_labels(name, labels, attributes); });
}

void Group::dimension(const std::string& name, std::size_t length) {
  impl_->session->guarded([&] { impl_->add_bare_dimension(name, length); });
}

void Group::growing_dimension(const std::string& name, const Attributes& attributes) {
  impl_->session->guarded([&] { impl_->add_growing(name, attributes); });
}

void Group::variable(const std::string& name, const std::vector<std::string>& dimensions,
                     const Attributes& attributes) {
  impl_->session->guarded([&] { impl_->add_variable(name, dimensions, attributes); });
}

void Group::text(const std::string& name, const std::string& dimension, const std::vector<std::string>& values,
                 const Attributes& attributes) {
  impl_->session->guarded([&] { impl_->add_text(name, dimension, values, attributes); });
}

void Group::write(const std::string& name, std::span<const double> values) {
  impl_->session->guarded([&] { impl_->write_all(name, values); });
}

void Group::write_frame(const std::string& name, std::size_t index, std::span<const double> frame) {
  impl_->session->flush_declarations();
  impl_->session->guarded([&] { impl_->write_frame(name, index, frame); });
  if (impl_->kept) (*impl_->kept)[{name, index}].assign(frame.begin(), frame.end());
}

void Group::keep_frames(Frames* frames) { impl_->kept = frames; }

void Group::write_frames(const Frames& frames) {
  const auto is_coordinate = [&](const std::string& name) { return impl_->dimensions.contains(name); };
  for (const bool coordinates : {true, false}) // they lengthen the group
    for (const auto& [at, frame] : frames)
      if (is_coordinate(at.first) == coordinates) write_frame(at.first, at.second, frame);
}

} // namespace driftwell::record
