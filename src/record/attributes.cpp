#include "record/attributes.hpp"

#include "record/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace driftwell::record {

namespace {

/// One value on its way to HDF5: type, space and bytes.
struct Encoded {
  Handle type;
  Handle space;
  const void* bytes = nullptr;
  std::string text; ///< keeps the bytes of a string
};

Encoded encode(std::string_view path, const Value& value) {
  Encoded out;
  if (const auto* text = std::get_if<std::string>(&value)) {
    out.text = readable_text(*text);
    out.type = checked(H5Tcopy(H5T_C_S1), path, "make a string type");
    check(H5Tset_size(out.type.get(), out.text.size() + 1), path, "make a string type");
    H5Tset_cset(out.type.get(), H5T_CSET_UTF8);
    H5Tset_strpad(out.type.get(), H5T_STR_NULLTERM);
    out.bytes = out.text.c_str();
  } else if (const auto* number = std::get_if<double>(&value)) {
    out.type = Handle(H5Tcopy(H5T_NATIVE_DOUBLE));
    out.bytes = number;
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.type = Handle(H5Tcopy(H5T_NATIVE_INT64));
    out.bytes = integer;
  } else {
    const auto& list = std::get<std::vector<double>>(value);
    const hsize_t length = list.size();
    out.type = Handle(H5Tcopy(H5T_NATIVE_DOUBLE));
    out.space = Handle(length == 0 ? H5Screate(H5S_NULL) : H5Screate_simple(1, &length, nullptr));
    out.bytes = list.data();
  }
  if (!out.space) {
    out.space = checked(H5Screate(H5S_SCALAR), path, "make a scalar");
  }
  return out;
}

/// The attribute of that name when it has that type and shape: then it is rewritten where it is, because HDF5 numbers
/// the attributes an object ever had with 16 bits.
Handle reusable(hid_t object, const std::string& name, const Encoded& value) {
  Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  if (!attribute) {
    return {};
  }
  const Handle type(H5Aget_type(attribute.get())), space(H5Aget_space(attribute.get()));
  const bool same = H5Tequal(type.get(), value.type.get()) > 0 && H5Sextent_equal(space.get(), value.space.get()) > 0;
  return same ? std::move(attribute) : Handle();
}

} // namespace

void write_attribute(hid_t object, std::string_view path, const std::string& name, const Value& value) {
  const std::string what = fmt::format("write the attribute \"{}\"", name);
  const Encoded encoded = encode(path, value);
  const htri_t exists = H5Aexists(object, name.c_str());
  check(exists, path, what);
  Handle attribute = exists > 0 ? reusable(object, name, encoded) : Handle();
  if (!attribute) {
    if (exists > 0) {
      check(H5Adelete(object, name.c_str()), path, what);
    }
    attribute =
        checked(H5Acreate2(object, name.c_str(), encoded.type.get(), encoded.space.get(), H5P_DEFAULT, H5P_DEFAULT),
                path, what);
  }
  if (H5Sget_simple_extent_type(encoded.space.get()) != H5S_NULL) {
    check(H5Awrite(attribute.get(), encoded.type.get(), encoded.bytes), path, what);
  }
}

bool is_bookkeeping(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"CLASS",          "NAME",          "REFERENCE_LIST",
                                                  "DIMENSION_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates",
                                                  "_NCProperties",  "_nc3_strict"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

namespace {

std::string read_fixed_text(hid_t attribute, hid_t type) {
  std::string text(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, text.data()) < 0) {
    return {};
  }
  if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) {
    text.resize(text.find_last_not_of(" \0") + 1);
  } else {
    text.resize(std::min(text.size(), text.find('\0')));
  }
  return text;
}

std::string read_variable_text(hid_t attribute, hid_t type, hid_t space) {
  char* text = nullptr;
  if (H5Aread(attribute, type, &text) < 0) {
    return {};
  }
  std::string out = text != nullptr ? text : "";
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, &text);
  return out;
}

std::optional<Value> read_value(hid_t attribute) {
  const Handle type(H5Aget_type(attribute)), space(H5Aget_space(attribute));
  if (!type || !space) {
    return std::nullopt;
  }
  const H5T_class_t kind = H5Tget_class(type.get());
  const bool scalar = H5Sget_simple_extent_type(space.get()) == H5S_SCALAR;
  const hssize_t length = H5Sget_simple_extent_npoints(space.get());
  constexpr hssize_t most = hssize_t{1} << 26; // half a GiB; more is not an attribute but a damaged header
  if (length < 0 || length > most) {
    return std::nullopt;
  }
  if (kind == H5T_STRING && length == 1) {
    if (H5Tis_variable_str(type.get()) > 0) {
      return read_variable_text(attribute, type.get(), space.get());
    }
    if (H5Tget_size(type.get()) > static_cast<std::size_t>(most)) {
      return std::nullopt;
    }
    return read_fixed_text(attribute, type.get());
  }
  if (kind == H5T_INTEGER && scalar) {
    std::int64_t number = 0;
    return H5Aread(attribute, H5T_NATIVE_INT64, &number) < 0 ? std::nullopt : std::optional<Value>(number);
  }
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) {
    return std::nullopt;
  }
  std::vector<double> numbers(static_cast<std::size_t>(length));
  if (length > 0 && H5Aread(attribute, H5T_NATIVE_DOUBLE, numbers.data()) < 0) {
    return std::nullopt;
  }
  return scalar ? Value(numbers.at(0)) : Value(std::move(numbers));
}

herr_t collect(hid_t object, const char* name, const H5A_info_t*, void* data) try {
  if (is_bookkeeping(name)) {
    return 0;
  }
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  if (!attribute) {
    return -1;
  }
  if (auto value = read_value(attribute.get())) {
    static_cast<Attributes*>(data)->emplace_back(name, *std::move(value));
  }
  return 0;
} catch (...) { // must not pass through C
  return -1;
}

} // namespace

Attributes read_attributes(hid_t object, std::string_view path) {
  Attributes out;
  if (H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, &collect, &out) < 0) { // order not tracked
    out.clear();
    check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, &collect, &out), path, "read the attributes");
  }
  return out;
}

std::optional<std::string> read_text_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) {
    return std::nullopt;
  }
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  if (!attribute) {
    return std::nullopt;
  }
  auto value = read_value(attribute.get());
  const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text != nullptr ? std::optional<std::string>(*text) : std::nullopt;
}

} // namespace driftwell::record
