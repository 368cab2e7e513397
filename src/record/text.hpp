#pragma once
// Text that every reader can decode. Internal to the record room.
#include <string>
#include <string_view>

namespace driftwell::record {

/// Valid UTF-8 without NUL: foreign bytes (a file name in Latin-1 on a command line) become U+FFFD and NUL becomes
/// U+2400. One undecodable attribute is enough to keep h5netcdf from opening a file.
std::string readable_text(std::string_view text);

} // namespace driftwell::record
