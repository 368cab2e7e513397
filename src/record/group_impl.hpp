#pragma once
// What a Group knows of its dimensions and variables. Internal to the record room.
#include "driftwell/record/result_file.hpp"
#include "record/session.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwell::record {

struct Dimension {
  Handle scale;
  std::size_t length = 0;
  bool growing = false;
  std::vector<std::string> members; ///< the variables on it, which grow together
};

struct Variable {
  Handle dataset;
  std::string growing;            ///< its growing dimension; empty when there is none
  std::vector<std::size_t> frame; ///< the fixed extents
};

struct Group::Impl {
  Impl(std::shared_ptr<Session> the_session, const std::string& name);

  /// Throws IoError when `name` is empty, holds '/' or is taken.
  void demand_new(const std::string& name) const;
  [[nodiscard]] Dimension& dimension(const std::string& name);
  [[nodiscard]] Variable& variable(const std::string& name);

  void add_coordinate(const std::string& name, std::span<const double> values, const Attributes& attributes);
  void add_labels(const std::string& name, const std::vector<std::string>& labels, const Attributes& attributes);
  void add_bare_dimension(const std::string& name, std::size_t length);
  void add_growing(const std::string& name, const Attributes& attributes);
  void add_variable(const std::string& name, const std::vector<std::string>& dimensions, const Attributes& attributes);
  void add_text(const std::string& name, const std::string& dimension, const std::vector<std::string>& values,
                const Attributes& attributes);

  void write_all(const std::string& name, std::span<const double> values);
  void write_frame(const std::string& name, std::size_t index, std::span<const double> frame);

  std::shared_ptr<Session> session;
  std::string path; ///< "FILE:/group", for messages
  Handle group;
  std::map<std::string, Dimension> dimensions;
  std::map<std::string, Variable> variables;
  Frames* kept = nullptr; ///< where frames are copied to

private:
  Handle create_dataset(const std::string& name, hid_t type, hid_t space, hid_t creation) const;
  Handle write_texts(const std::string& name, const std::vector<std::string>& values) const;
  void make_scale(const std::string& name, Handle dataset, std::size_t length, bool growing, const std::string& title);
  void attach_scales(const Handle& dataset, const std::vector<std::string>& names);
  void grow(Dimension& along, const std::string& name, std::size_t length);
  void write_block(const Variable& to, std::span<const double> values, std::size_t frame_index);
  void write_slab(const Variable& to, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count,
                  const double* values) const;
};

/// Dataset creation properties with attribute order tracked, which netCDF needs in order to append.
Handle dataset_properties();
/// The same for a dataset of doubles: chunks, shuffle, gzip 1, NaN where nothing was written.
Handle double_properties(const std::vector<std::size_t>& frame, bool growing);

} // namespace driftwell::record
