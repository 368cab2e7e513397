// [sweep]: lists of values for keys of the other sections, and the experiment at each of their combinations.
#include "input/sections.hpp"
#include "input/sweep.hpp"
#include "input/values.hpp"

#include <algorithm>
#include <array>

namespace driftwell::input {
namespace {

constexpr std::size_t most_points = 10'000;
constexpr std::array<std::string_view, 3> not_swept{"title", "sweep", "output"};

bool own_key(const std::string& name) {
  const std::vector<std::string> names = table_schema("sweep").names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The part of the table that is the sweep's own, and the rest: keys of other sections.
Node own_part(const Node& section) {
  Node own = section;
  std::erase_if(own.members, [](const Member& member) { return !own_key(member.name); });
  return own;
}

void add_key(const std::string& name, const Member& member, SweepSpec& spec) {
  const Node& node = member.value;
  if (node.kind == Node::Kind::table) {
    for (const Member& inner : node.members) add_key(name + "." + inner.name, inner, spec);
    return;
  }
  constexpr const char* allowed = "a list of values, e.g. [0.1, 0.2, 0.4]";
  if (node.kind != Node::Kind::list) throw invalid(node.origin, "'" + name + "' of a sweep takes a list: found " + describe(node), {allowed, {}, {}});
  if (node.items.empty()) throw invalid(node.origin, "'" + name + "' has no values to take", {allowed, {}, {}});
  SweepKey key{name, member.origin, {}, {}, false};
  for (const Node& item : node.items) {
    key.values.push_back(spelled(item));
    if (item.is_number()) key.numbers.push_back(item.number);
  }
  if (key.numbers.size() != key.values.size()) key.numbers.clear();
  const auto same = [&](const SweepKey& other) { return other.name == name; };
  if (std::any_of(spec.keys.begin(), spec.keys.end(), same)) throw invalid(member.origin, "'" + name + "' is given twice");
  spec.keys.push_back(std::move(key));
}

void check_section(const Member& member, const Node& tree) {
  const std::string name = member.name.substr(0, member.name.find('.'));
  std::vector<std::string> there;
  for (const Member& section : tree.members)
    if (section.value.kind == Node::Kind::table && std::find(not_swept.begin(), not_swept.end(), section.name) == not_swept.end()) there.push_back(section.name);
  if (std::find(there.begin(), there.end(), name) != there.end()) return;
  std::vector<std::string> names = table_schema("sweep").names();
  names.insert(names.end(), there.begin(), there.end());
  throw invalid(member.origin, "a sweep over '" + brief(member.name) + "': the file has no such section", {"section.key = [values], with a section of the file: " + list_of(there) + "; or " + list_of(table_schema("sweep").names()), nearest_name(name, names), {}});
}

void read_zip(const Value& value, SweepSpec& spec) {
  if (!value.is_list()) value.wrong_type();
  std::vector<std::string> names;
  for (const SweepKey& key : spec.keys) names.push_back(key.name);
  const SweepKey* first = nullptr;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    const Text name = text(value.entry(i));
    const auto found = std::find_if(spec.keys.begin(), spec.keys.end(), [&](const SweepKey& key) { return key.name == name.value; });
    if (found == spec.keys.end()) throw invalid(name.origin, "'" + brief(name.value) + "' is not swept", {list_of(names), nearest_name(name.value, names), {}});
    found->zipped = true;
    if (first == nullptr) first = &*found;
    if (found->values.size() != first->values.size())
      throw invalid(found->origin, "'" + found->name + "' has " + counted(found->values.size(), "value") + ", '" + first->name + "' beside it has " + std::to_string(first->values.size()),
                    {"as many values for all keys of 'zip'", {}, {}});
  }
}

} // namespace

std::string spelled(const Node& node) {
  if (node.kind == Node::Kind::list) {
    std::string text;
    for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + spelled(item);
    return "[" + text + "]";
  }
  if (node.kind != Node::Kind::table) return node.text;
  std::string text;
  for (const Member& member : node.members) text += (text.empty() ? "" : ", ") + member.name + " = " + spelled(member.value);
  return "{ " + text + " }";
}

SweepSpec read_sweep(const Node& section, const Origin& origin, const Node& tree) {
  const Node own = own_part(section);
  const Table table(own, "sweep", origin);
  SweepSpec spec;
  spec.origin = origin;
  for (const Member& member : section.members) {
    if (own_key(member.name)) continue;
    check_section(member, tree);
    add_key(member.name, member, spec);
  }
  if (spec.keys.empty()) throw invalid(origin, "[sweep] varies nothing", {"section.key = [values], e.g. sgd.learning_rate = [0.05, 0.1, 0.2]", {}, {}});
  if (const auto value = table.find("zip")) read_zip(*value, spec);
  spec.tolerance = {0.1, origin, false};
  if (const auto value = table.find("tolerance")) spec.tolerance = {positive(*value), value->origin(), true};
  spec.files = {false, origin, false};
  if (const auto value = table.find("files")) {
    if (value->node->kind != Node::Kind::boolean) value->wrong_type();
    spec.files = {value->node->truth, value->origin(), true};
  }
  double points = 1;
  for (const std::size_t length : spec.lengths()) points *= static_cast<double>(length);
  if (points > static_cast<double>(most_points))
    throw invalid(origin, "the sweep has " + std::to_string(static_cast<long long>(points)) + " points", {"at most " + std::to_string(most_points), {}, {}});
  return spec;
}

std::vector<std::size_t> SweepSpec::lengths() const {
  std::vector<std::size_t> all;
  bool zip_seen = false;
  for (const SweepKey& key : keys) {
    if (key.zipped && zip_seen) continue;
    zip_seen = zip_seen || key.zipped;
    all.push_back(key.values.size());
  }
  return all;
}

std::size_t SweepSpec::points() const {
  std::size_t product = 1;
  for (const std::size_t length : lengths()) product *= length;
  return product;
}

std::vector<std::size_t> SweepSpec::choice(std::size_t point) const {
  const std::vector<std::size_t> sizes = lengths();
  std::vector<std::size_t> index(sizes.size());
  for (std::size_t a = sizes.size(); a-- > 0;) {
    index[a] = point % sizes[a];
    point /= sizes[a];
  }
  std::vector<std::size_t> all;
  std::size_t axis = 0, zip_axis = sizes.size();
  for (const SweepKey& key : keys) {
    if (key.zipped && zip_axis < sizes.size()) {
      all.push_back(index[zip_axis]);
      continue;
    }
    if (key.zipped) zip_axis = axis;
    all.push_back(index[axis++]);
  }
  return all;
}

void place_values(Node& tree, const SweepSpec& spec, std::size_t point) {
  const Node section = tree.find("sweep")->value; // a copy: the tree is about to change
  std::erase_if(tree.members, [](const Member& member) { return member.name == "sweep"; });
  const std::vector<std::size_t> choice = spec.choice(point);
  for (std::size_t k = 0; k < spec.keys.size(); ++k) {
    const Node* from = &section;
    Node* to = &tree;
    const std::string& name = spec.keys[k].name;
    std::size_t begin = 0;
    // Dots part names; a quoted name with dots is one name of the section and several of the tree.
    while (begin <= name.size()) {
      const Member* quoted = from->find(std::string_view(name).substr(begin));
      const std::size_t end = std::min(name.find('.', begin), name.size());
      const std::string part = name.substr(begin, end - begin);
      if (quoted != nullptr) from = &quoted->value;
      else if (const Member* found = from->find(part)) from = &found->value;
      if (to->kind != Node::Kind::table)
        throw invalid(spec.keys[k].origin, "no key '" + part + "' here: what it would be part of is " + describe(*to), {"the whole value in the list of the sweep", {}, {}});
      auto* member = const_cast<Member*>(to->find(part));
      if (member == nullptr) {
        Node created;
        created.origin = spec.keys[k].origin;
        to->members.push_back({part, spec.keys[k].origin, 0, std::move(created)});
        member = &to->members.back();
      }
      if (end == name.size()) {
        member->value = from->items[choice[k]];
        member->origin = spec.keys[k].origin;
        break;
      }
      to = &member->value;
      begin = end + 1;
    }
  }
}

} // namespace driftwell::input
