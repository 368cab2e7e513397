// Tables of numbers with a target, from text.
#include "driftwell/core/source.hpp"
#include "driftwell/sgd/dataset.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace driftwell::sgd {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// As messages show it: short, and without control characters.
std::string shown(std::string_view field) {
  std::string text;
  for (const char c : field.substr(0, 40)) text += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return "\"" + text + (field.size() > 40 ? "...\"" : "\"");
}

enum class Kind { number, not_finite, words, empty };

Kind read_number(std::string_view field, double& value) {
  if (field.empty()) return Kind::empty;
  if (field.front() == '+') field.remove_prefix(1);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (end != field.data() + field.size() || (error != std::errc() && error != std::errc::result_out_of_range)) return Kind::words;
  if (error == std::errc::result_out_of_range) return Kind::not_finite;
  return std::isfinite(value) ? Kind::number : Kind::not_finite;
}

struct Line {
  std::size_t number;
  std::vector<std::string> fields;
};

/// One line into fields; "" inside quotes is a quote.
std::vector<std::string> split(std::string_view line, char separator, const std::string& name, std::size_t number) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') fields.back() += line[++i];
    else if (c == '"' && (quoted || trimmed(fields.back()).empty())) quoted = !quoted;
    else if (c == separator && !quoted) fields.emplace_back();
    else fields.back() += c;
  }
  if (quoted) throw DataError(name, number, "a quote is not closed on its line");
  for (std::string& field : fields) field = std::string(trimmed(field));
  return fields;
}

char separator_of(std::string_view line) {
  const auto count = [&](char c) { return std::count(line.begin(), line.end(), c); };
  if (count(',') == 0 && count(';') > 0) return ';';
  if (count(';') > 0 && count(';') >= count(',')) return ';';
  return count(',') == 0 && count('\t') > 0 ? '\t' : ',';
}

std::vector<Line> lines_of(std::string_view text, const std::string& name, std::size_t most) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<Line> lines;
  char separator = 0;
  for (std::size_t number = 1; !text.empty() && lines.size() < most; ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty() || line.starts_with('#')) continue;
    if (separator == 0) separator = separator_of(line);
    lines.push_back({number, split(line, separator, name, number)});
  }
  return lines;
}

/// All words; or numbers with one word at the end where the next line has a number: names of columns that are counted.
bool is_header(const std::vector<std::string>& fields, const std::vector<Line>& lines) {
  double ignored;
  std::size_t words = 0;
  for (const std::string& field : fields) words += read_number(field, ignored) == Kind::words || field.empty();
  if (words == fields.size()) return true;
  const bool last = words == 1 && read_number(fields.back(), ignored) == Kind::words;
  return last && lines.size() > 1 && lines[1].fields.size() == fields.size() && read_number(lines[1].fields.back(), ignored) != Kind::words;
}

std::size_t target_column(const std::string& target, const std::vector<std::string>& names, const std::string& file) {
  if (target.empty()) return names.size() - 1;
  const auto found = std::find(names.begin(), names.end(), target);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), number);
  if (error == std::errc() && end == target.data() + target.size() && number >= 1 && number <= names.size()) return number - 1;
  const std::string near = nearest_name(target, names);
  throw DataError(file, 1, "no column " + shown(target) + "; allowed: a name of the header or a number from 1 to " +
                               std::to_string(names.size()) + (near.empty() ? "" : "; nearest: " + near));
}

double feature(const std::string& field, const std::string& column, const std::string& file, std::size_t line) {
  double value = 0;
  switch (read_number(field, value)) {
  case Kind::number: return value;
  case Kind::empty: throw DataError(file, line, "no value in column " + shown(column) + "; allowed: a finite number");
  case Kind::not_finite: throw DataError(file, line, shown(field) + " in column " + shown(column) + " is not a finite number");
  case Kind::words: break;
  }
  throw DataError(file, line, "text " + shown(field) + " in column " + shown(column) + "; allowed: a finite number");
}

/// Numbers where all are, else classes by word.
void read_targets(const std::vector<Line>& lines, std::size_t first, std::size_t column, Dataset& data) {
  double value = 0;
  const bool words = std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end(),
                                 [&](const Line& line) { return read_number(line.fields[column], value) == Kind::words; });
  std::map<std::string, std::size_t> known;
  std::size_t numeric = 0;
  for (std::size_t i = first; i < lines.size(); ++i) {
    const std::string& field = lines[i].fields[column];
    if (!words) {
      data.targets.push_back(feature(field, "target", data.name, lines[i].number));
      continue;
    }
    if (field.empty()) throw DataError(data.name, lines[i].number, "no class; allowed: a word or a number");
    const auto [entry, fresh] = known.emplace(field, known.size());
    if (fresh) data.class_names.push_back(field);
    // A column of numbers in which a word has slipped is a mistake, not a class.
    numeric += read_number(field, value) != Kind::words;
    data.targets.push_back(static_cast<double>(entry->second));
  }
  if (!words) return find_classes(data);
  if (numeric > 0)
    for (std::size_t i = first; i < lines.size(); ++i)
      if ((read_number(lines[i].fields[column], value) == Kind::words) == (2 * numeric > lines.size() - first))
        throw DataError(data.name, lines[i].number, "target " + shown(lines[i].fields[column]) + " among " +
                                                        (2 * numeric > lines.size() - first ? "numbers" : "words") + "; allowed: all numbers or all words");
  data.classes = known.size();
}

} // namespace

Dataset parse_csv(const std::string& text, const std::string& name, const CsvOptions& options) {
  const std::size_t most = options.rows == 0 ? static_cast<std::size_t>(-1) : options.rows + 1;
  std::vector<Line> lines = lines_of(text, name, most);
  if (lines.empty()) throw DataError(name, 0, "no data: the file has no rows");
  const std::size_t width = lines[0].fields.size();
  if (width < 2) throw DataError(name, lines[0].number, "one column only; allowed: at least one feature and the target, separated by , ; or tab");
  Dataset data;
  data.name = name;
  const std::size_t first = is_header(lines[0].fields, lines) ? 1 : 0;
  std::vector<std::string> names = lines[0].fields;
  if (first == 0)
    for (std::size_t c = 0; c < width; ++c) names[c] = "column " + std::to_string(c + 1);
  if (lines.size() == first) throw DataError(name, lines[0].number, "no data: only a header");
  if (first == 0 && options.rows > 0 && lines.size() > options.rows) lines.pop_back();
  const std::size_t target = target_column(options.target, names, name);
  for (std::size_t c = 0; c < width; ++c)
    if (c != target) data.feature_names.push_back(names[c]);
  for (std::size_t i = first; i < lines.size(); ++i) {
    if (lines[i].fields.size() != width)
      throw DataError(name, lines[i].number, "ragged row: " + std::to_string(lines[i].fields.size()) + " fields; allowed: " + std::to_string(width) +
                                                 ", as on line " + std::to_string(lines[0].number));
    for (std::size_t c = 0; c < width; ++c)
      if (c != target) data.inputs.push_back(feature(lines[i].fields[c], names[c], name, lines[i].number));
  }
  data.samples = lines.size() - first;
  data.features = width - 1;
  read_targets(lines, first, target, data);
  return data;
}

Dataset read_csv(const std::string& path, const CsvOptions& options) { return parse_csv(read_packed(path), path, options); }

} // namespace driftwell::sgd
