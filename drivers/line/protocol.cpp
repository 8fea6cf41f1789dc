#include "drivers/line/protocol.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace vigil::drivers::line {
namespace {

using Gathered = boost::system::result<void, Reject>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// An OpenScale's records change their shape when somebody uses its menu; a torn line does it once.
constexpr unsigned shapes_in_a_row = 3;

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_letters(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

struct Number {
  double value = nan;
  std::optional<Reject> trouble;
};
Number number_of(std::string_view text) noexcept {
  auto digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto bare = text.starts_with('-') ? text.substr(1) : digits;
  // What a board prints that was never calibrated.
  for (const std::string_view word : {"nan", "inf", "ovf"})
    if (same_letters(bare, word)) return {nan, Reject::sensor_fault};
  if (bare.empty() || ((bare.front() < '0' || bare.front() > '9') && bare.front() != '.'))
    return {nan, Reject::syntax};
  Number out;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {nan, Reject::syntax};
  return out;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

unsigned checksum_of(std::string_view text, Checksum kind) noexcept {
  unsigned sum = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kind == Checksum::xor8) sum ^= byte;
    if (kind == Checksum::sum8) sum += byte;
    if (kind != Checksum::crc8) continue;
    constexpr unsigned polynomial = 0x07;
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      sum = (sum & 0x80) != 0 ? (sum << 1 ^ polynomial) & 0xFF : sum << 1;
  }
  return sum & 0xFF;
}

/// Takes "*HH" off the line's end. False: it is not there, or wrong.
bool take_checksum(std::string_view& line, Checksum kind) noexcept {
  if (kind == Checksum::none) return true;
  const auto star = line.rfind('*');
  if (star == std::string_view::npos || line.size() != star + 3) return false;
  const int high = hex_digit(line[star + 1]), low = hex_digit(line[star + 2]);
  if (high < 0 || low < 0) return false;
  line = line.substr(0, star);
  if (line.starts_with('$')) line.remove_prefix(1);
  return checksum_of(line, kind) == static_cast<unsigned>(high * 16 + low);
}

/// Takes `ESC [ ... letter` out, in place. False: another control character is in it.
bool clean(std::vector<char>& line, std::size_t& size) noexcept {
  std::size_t to = 0;
  bool good = true;
  for (std::size_t i = 0; i < size; ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    if (c == 0x1B && i + 1 < size && line[i + 1] == '[') {
      i += 2;
      while (i < size && (line[i] < 0x40 || line[i] > 0x7E))
        ++i;
      continue;
    }
    if ((c < 0x20 && c != '\t') || c == 0x7F) good = false;
    line[to++] = line[i];
  }
  size = to;
  return good;
}

/// The fields between separators, one a call.
struct Fields {
  std::string_view left, separator;
  bool over = false;
  std::optional<std::string_view> next() noexcept {
    if (over) return std::nullopt;
    const auto end = left.find(separator);
    const auto field = left.substr(0, end);
    over = end == std::string_view::npos;
    if (!over) left.remove_prefix(end + separator.size());
    return field;
  }
};

}  // namespace

Decoder::Decoder(const Layout& layout)
    : layout_(layout),
      line_(layout.longest),
      captures_(Pattern::most_captures + 1),
      values_(layout.columns.size()) {
  for (const auto& column : layout.columns)
    places_.push_back(&column.place);
  if (layout.time) places_.push_back(&layout.time->place);
  texts_.resize(places_.size());
  numbers_.resize(places_.size());
  troubles_.resize(places_.size());
  found_.resize(places_.size());
  at_field_.assign(layout.fields, places_.size());
  next_place_.assign(places_.size(), places_.size());
  for (std::size_t i = 0; layout.format == Format::csv && i < places_.size(); ++i)
    next_place_[i] = std::exchange(at_field_[places_[i]->index], i);
  json_found_ = std::make_unique<bool[]>(places_.size());
}

std::optional<Record> Decoder::next(std::span<const std::byte>& bytes) {
  while (!bytes.empty()) {
    const char c = static_cast<char>(bytes.front());
    bytes = bytes.subspan(1);
    if (c == layout_.terminator) {
      const bool was_dropping = std::exchange(dropping_, false);
      dropped_ = 0;
      if (was_dropping || size_ == 0) {
        size_ = 0;
        odd_ = false;
        continue;
      }
      auto record = read();
      size_ = 0;
      odd_ = false;
      if (record.text.empty() && record.kind == Record::Kind::other) continue;
      return record;
    }
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x80 || code == 0) odd_ = true;
    if (dropping_) {
      // Even without an end of a line in sight: so much that is no line is as good as one bad line.
      if (++dropped_ < layout_.longest) continue;
    } else if (size_ < line_.size()) {
      line_[size_++] = c;
      continue;
    }
    const bool odd = std::exchange(odd_, false);
    size_ = dropped_ = 0;
    dropping_ = true;
    return Record{.kind = Record::Kind::bad, .why = Reject::framing, .odd_bytes = odd};
  }
  return std::nullopt;
}

Record Decoder::read() {
  while (size_ > 0 && line_[size_ - 1] == '\r')
    --size_;
  std::size_t from = 0;
  if (layout_.terminator == '\r')
    while (from < size_ && line_[from] == '\n')
      ++from;
  std::copy(line_.begin() + static_cast<std::ptrdiff_t>(from),
            line_.begin() + static_cast<std::ptrdiff_t>(size_), line_.begin());
  size_ -= from;
  const bool text = clean(line_, size_);
  const auto line = trimmed({line_.data(), size_});
  if (!text) return {.kind = Record::Kind::bad, .why = Reject::framing, .text = line, .odd_bytes = true};
  auto record = read_line(line);
  record.text = line;
  record.odd_bytes = odd_;
  return record;
}

Record Decoder::read_line(std::string_view line) {
  if (line.empty()) return {};
  for (const auto& fault : layout_.fault)
    if (line.find(fault) != std::string_view::npos)
      return {.kind = Record::Kind::fault, .why = Reject::sensor_fault};
  for (const auto& skip : layout_.skip)
    if (line.starts_with(skip)) return {};
  const auto bad = [](Reject why) { return Record{.kind = Record::Kind::bad, .why = why}; };
  if (!take_checksum(line, layout_.checksum)) return bad(Reject::checksum);

  bool other = false;
  unit_kg_ = 1;
  if (const auto gathered = gather(line, other); !gathered) return bad(gathered.error());
  if (other) return {};

  Record record{.kind = Record::Kind::values};
  std::optional<Reject> trouble;
  for (const auto& stream : layout_.streams) {
    const auto count = stream.channel.values();
    std::size_t without = 0;
    for (auto i = stream.first; i < stream.first + count; ++i) {
      const auto& column = layout_.columns[i];
      const double n = numbers_[i];
      std::optional<Reject> why;
      double value = ((n - column.tare) * column.scale + column.offset) * column.to_unit * unit_kg_;
      if (std::isnan(n)) {
        why = troubles_[i];
      } else if (column.highest_count > column.lowest_count &&
                 (n >= column.highest_count || n <= column.lowest_count)) {
        why = n > column.highest_count || n < column.lowest_count ? Reject::range : Reject::overload;
      } else if (!(static_cast<float>(value) >= column.minimum &&
                   static_cast<float>(value) <= column.maximum)) {
        why = Reject::range;
      }
      if (why) {
        value = nan;
        trouble = why;
        if (without++ == 0 && record.without == 0) record.first_without = i;
      }
      values_[i] = static_cast<float>(value);
    }
    record.without += without;
    // Cells stand for themselves; of anything else, and of cells all of which have none, nothing is told.
    if (without > 0 && (stream.channel.quantity != Quantity::load || without == count)) return bad(*trouble);
  }
  if (record.without > 0) record.why = *trouble;
  if (layout_.time && !texts_.empty()) {
    const double ticks = numbers_[layout_.columns.size()];
    if (!std::isnan(ticks)) record.time = ticks;
  }
  record.values = values_;
  return record;
}

Gathered Decoder::gather(std::string_view line, bool& other) {
  switch (layout_.format) {
    case Format::csv:
      return gather_csv(line);
    case Format::kv:
      return gather_kv(line);
    case Format::json:
      return gather_json(line);
    case Format::regex:
      return gather_regex(line, other);
    case Format::openscale:
      return gather_openscale(line, other);
  }
  return Reject::syntax;
}

/// texts_ to numbers_. A word for "no number" is kept as trouble of its own place; a time must be one.
Gathered Decoder::take_texts() {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const auto [value, trouble] = number_of(trimmed(texts_[i]));
    if (trouble && (*trouble != Reject::sensor_fault || i >= layout_.columns.size())) return *trouble;
    numbers_[i] = value;
    troubles_[i] = trouble.value_or(Reject::syntax);
  }
  return {};
}

Gathered Decoder::gather_csv(std::string_view line) {
  Fields fields{line, layout_.separator};
  std::size_t count = 0;
  for (auto field = fields.next(); field; field = fields.next()) {
    // A separator at the end opens no field.
    if (fields.over && count == layout_.fields && trimmed(*field).empty()) break;
    if (count == layout_.fields) return Reject::length;
    for (auto i = at_field_[count]; i < places_.size(); i = next_place_[i])
      texts_[i] = *field;
    ++count;
  }
  if (count != layout_.fields) return Reject::length;
  return take_texts();
}

Gathered Decoder::gather_kv(std::string_view line) {
  std::ranges::fill(found_, 0);
  Fields pairs{line, layout_.separator};
  for (auto pair = pairs.next(); pair; pair = pairs.next()) {
    const auto sign = pair->find_first_of("=:");
    if (sign == std::string_view::npos) continue;
    const auto key = trimmed(pair->substr(0, sign));
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i]->key != key) continue;
      if (std::exchange(found_[i], 1) != 0) return Reject::length;
      texts_[i] = pair->substr(sign + 1);
    }
  }
  if (std::ranges::find(found_, 0) != found_.end())
    return std::ranges::find(found_, 1) == found_.end() ? Reject::syntax : Reject::length;
  return take_texts();
}

Gathered Decoder::gather_json(std::string_view line) {
  JsonNumbers numbers{places_, numbers_, {json_found_.get(), places_.size()}};
  if (read_json(line, numbers) != Json::object) return Reject::syntax;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (!json_found_[i]) return Reject::length;
    if (i >= layout_.columns.size() && std::isnan(numbers_[i])) return Reject::syntax;
    troubles_[i] = Reject::sensor_fault;
  }
  return {};
}

Gathered Decoder::gather_regex(std::string_view line, bool& other) {
  if (!layout_.pattern->search(line, captures_)) {
    other = true;
    return {};
  }
  for (std::size_t i = 0; i < places_.size(); ++i)
    texts_[i] = captures_[places_[i]->index];
  return take_texts();
}

Gathered Decoder::gather_openscale(std::string_view line, bool& other) {
  constexpr double lb = 0.45359237;
  std::array<std::string_view, 8> field{};
  std::size_t count = 0, unit = 0, units = 0;
  Fields fields{line, ","};
  for (auto text = fields.next(); text; text = fields.next()) {
    if (count == field.size()) return Reject::length;
    field[count] = trimmed(*text);
    if (field[count] == "lbs" || field[count] == "kg") {
      unit = count;
      ++units;
    }
    ++count;
  }
  if (units == 0) {
    // What it prints when it starts and in its menu: words.
    const char first = line.front();
    other = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z') || count == 1;
    return other ? Gathered{} : Gathered{Reject::length};
  }
  // [ms,]reading,unit,[up to three],<nothing>
  if (units > 1 || unit < 1 || unit > 2 || count < unit + 2 || count > unit + 5 || !field[count - 1].empty())
    return Reject::length;
  for (auto i = unit + 1; i + 1 < count; ++i)
    if (number_of(field[i]).trouble == Reject::syntax) return Reject::syntax;
  if (unit == 2 && !std::ranges::all_of(field[0], [](char c) { return c >= '0' && c <= '9'; }))
    return Reject::syntax;

  unit_kg_ = field[unit] == "lbs" ? lb : 1;
  const auto reading = number_of(field[unit - 1]);
  if (reading.trouble) return *reading.trouble;
  numbers_[0] = reading.value;
  numbers_[1] = nan;
  if (unit == 2) {
    const auto time = number_of(field[0]);
    if (time.trouble) return *time.trouble;
    numbers_[1] = time.value;
  }

  // A torn line has lost fields, never gained any.
  const std::array shape{unit, count};
  if (unit < shape_[0] || count < shape_[1]) {
    other_shapes_ = other_shape_ == shape ? other_shapes_ + 1 : 1;
    other_shape_ = shape;
    if (other_shapes_ < shapes_in_a_row) return Reject::length;
  }
  shape_ = shape;
  other_shapes_ = 0;
  return {};
}

}  // namespace vigil::drivers::line
