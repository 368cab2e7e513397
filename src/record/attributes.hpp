#pragma once
// Attributes of HDF5 objects, in the one form that every reader takes. Internal to the record room.
#include "driftwell/record/result_file.hpp"
#include "record/hdf5_handle.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwell::record {

/// Creates or overwrites. Strings are scalar, of fixed length, null-terminated UTF-8 (VTK ignores variable length).
void write_attribute(hid_t object, std::string_view path, const std::string& name, const Value& value);

/// Numbers and strings, without the bookkeeping of dimension scales, in order of creation where that was tracked.
Attributes read_attributes(hid_t object, std::string_view path);

/// One attribute that holds a single string, of fixed or variable length.
std::optional<std::string> read_text_attribute(hid_t object, const char* name);

/// True for CLASS, NAME, DIMENSION_LIST and the like: what the dimension scales and netCDF keep for themselves.
bool is_bookkeeping(std::string_view attribute_name);

} // namespace driftwell::record
