#include "wire/edf.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace vigil::wire {
namespace {

constexpr std::size_t head_size = 256;
constexpr std::string_view annotations_label = "EDF Annotations";
constexpr std::size_t most_signals = 512;
constexpr char until = 0x15, next = 0x14;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  return text;
}

std::optional<double> number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, 80));
  for (char& c : out)
    if (c < 0x20 || c > 0x7E) c = '?';
  return out;
}

/// The header's fields in order, each with its place for what is wrong with it.
class Fields {
 public:
  explicit Fields(std::string_view all) : all_(all) {}

  std::string_view text(std::size_t width) {
    at_ = next_;
    next_ += width;
    last_ = all_.substr(at_, width);
    return trimmed(last_);
  }
  double real(std::size_t width, const char* name, double least, double most) {
    const auto value = number(text(width));
    if (!value || *value < least || *value > most)
      fail(name, least == most ? "a number" : "a number from " + shown(least) + " to " + shown(most));
    return *value;
  }
  std::int64_t whole(std::size_t width, const char* name, double least, double most) {
    const double value = real(width, name, least, most);
    if (value != std::floor(value)) fail(name, "a whole number");
    return static_cast<std::int64_t>(value);
  }
  [[noreturn]] void fail(const char* name, const std::string& expected) const {
    throw std::runtime_error("byte " + std::to_string(at_) + ": " + name + ": expected " + expected +
                             ", found '" + printable(trimmed(last_)) + "'");
  }

 private:
  static std::string shown(double value) {
    std::array<char, 32> out{};
    const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value);
    return {out.data(), end};
  }
  std::string_view all_, last_;
  std::size_t at_ = 0, next_ = 0;
};

std::chrono::local_seconds read_start(Fields& fields) {
  const auto part = [](std::string_view text, std::size_t i) {
    const auto value = text.size() == 8 ? number(text.substr(3 * i, 2)) : std::nullopt;
    return value ? static_cast<int>(*value) : -1;
  };
  const auto date = fields.text(8);
  const int day = part(date, 0), month = part(date, 1), two = part(date, 2);
  // The century of two digits: 1985 to 2084.
  const std::chrono::year_month_day when{std::chrono::year(two >= 85 ? 1900 + two : 2000 + two),
                                         std::chrono::month(static_cast<unsigned>(std::max(month, 0))),
                                         std::chrono::day(static_cast<unsigned>(std::max(day, 0)))};
  if (two < 0 || !when.ok()) fields.fail("start date", "a date as dd.mm.yy");
  const auto time = fields.text(8);
  const int hour = part(time, 0), minute = part(time, 1), second = part(time, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    fields.fail("start time", "a time as hh.mm.ss");
  return std::chrono::local_days(when) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

struct Layout {
  bool annotations = false;
  std::size_t signal = 0, samples = 0;
};

/// One record's list of annotations. The first one without a text says when the record begins.
void read_annotations(std::string_view all, std::optional<double>& begins, std::vector<EdfAnnotation>& out,
                      std::uint64_t& unreadable) {
  while (!all.empty()) {
    const auto end = std::min(all.find('\0'), all.size());
    auto list = all.substr(0, end);
    all.remove_prefix(std::min(end + 1, all.size()));
    if (list.empty()) continue;
    const auto head_end = list.find(next);
    auto head = list.substr(0, std::min(head_end, list.size()));
    std::optional<double> duration;
    bool good = head_end != std::string_view::npos;
    if (const auto mark = head.find(until); mark != std::string_view::npos) {
      duration = number(head.substr(mark + 1));
      good = good && duration && *duration >= 0;
      head = head.substr(0, mark);
    }
    const auto onset = head.starts_with('+') || head.starts_with('-') ? number(head) : std::nullopt;
    if (!good || !onset) {
      ++unreadable;
      continue;
    }
    list.remove_prefix(head_end + 1);
    if (!begins) begins = onset;
    while (!list.empty()) {
      const auto stop = std::min(list.find(next), list.size());
      if (stop > 0) out.push_back({*onset, duration, std::string(list.substr(0, stop))});
      list.remove_prefix(std::min(stop + 1, list.size()));
    }
  }
}

/// A number in at most `width` characters, as exactly as they allow.
std::string fitted(double value, std::size_t width, const std::string& name) {
  std::array<char, 64> text{};
  if (const auto [end, error] =
          std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
      error == std::errc{} && static_cast<std::size_t>(end - text.data()) <= width)
    return {text.data(), end};
  for (int digits = static_cast<int>(width); digits >= 0; --digits) {
    const auto [end, error] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
    if (error == std::errc{} && static_cast<std::size_t>(end - text.data()) <= width)
      return {text.data(), end};
  }
  throw std::invalid_argument(name + ": does not fit " + std::to_string(width) + " characters");
}

class Header {
 public:
  void text(const std::string& value, std::size_t width, const std::string& name) {
    if (value.size() > width)
      throw std::invalid_argument(name + ": expected at most " + std::to_string(width) +
                                  " characters, found '" + value + "'");
    for (const char c : value)
      if (c < 0x20 || c > 0x7E)
        throw std::invalid_argument(name + ": expected printable ASCII, found '" + value + "'");
    out_ += value;
    out_.append(width - value.size(), ' ');
  }
  void number(double value, std::size_t width, const std::string& name) {
    text(fitted(value, width, name), width, name);
  }
  [[nodiscard]] const std::string& bytes() const noexcept { return out_; }

 private:
  std::string out_;
};

std::string onset_text(double seconds) {
  std::array<char, 64> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  return (seconds >= 0 ? "+" : "") + std::string(text.data(), end);
}

/// The lists of each record: first its time, then those annotations that begin in it (or, for the last,
/// later).
std::vector<std::string> annotation_lists(const Edf& edf) {
  std::vector<std::string> lists(edf.records);
  for (std::uint64_t r = 0; r < edf.records; ++r)
    lists[r] = onset_text(edf.onset_s(r)) + next + next + '\0';
  std::uint64_t record = 0;
  auto sorted = edf.annotations;
  std::ranges::stable_sort(sorted, {}, &EdfAnnotation::onset_s);
  for (const auto& a : sorted) {
    while (record + 1 < edf.records && edf.onset_s(record + 1) <= a.onset_s)
      ++record;
    for (const char c : a.text)
      if (c == until || c == next || c == '\0')
        throw std::invalid_argument("annotation: a control character of the format in '" + a.text + "'");
    lists[record] += onset_text(a.onset_s);
    if (a.duration_s) lists[record] += until + onset_text(*a.duration_s).substr(1);
    lists[record] += next + a.text + next + '\0';
  }
  return lists;
}

std::string two(unsigned value) {
  return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

}  // namespace

std::int16_t EdfSignal::digital(double physical) const noexcept {
  const double value = std::round((physical - physical_minimum) / step()) + digital_minimum;
  if (!(value > digital_minimum)) return static_cast<std::int16_t>(digital_minimum);
  return static_cast<std::int16_t>(value < digital_maximum ? value : digital_maximum);
}

bool is_edf(std::span<const std::byte> head) noexcept {
  constexpr std::string_view version = "0       ";
  return head.size() >= version.size() &&
         std::ranges::equal(head.first(version.size()), version, {},
                            [](std::byte b) { return static_cast<char>(b); });
}

Edf read_edf(std::span<const std::byte> file) {
  const std::string_view all(reinterpret_cast<const char*>(file.data()), file.size());
  if (!is_edf(file)) throw std::runtime_error("byte 0: expected an EDF file, which begins with '0       '");
  if (all.size() < head_size)
    throw std::runtime_error("expected 256 bytes of header, found " + std::to_string(all.size()));
  Fields fields(all);
  Edf edf;
  fields.text(8);
  edf.patient = fields.text(80);
  edf.recording = fields.text(80);
  edf.start = read_start(fields);
  const auto header_size = fields.whole(8, "size of the header", 256, 256.0 * (most_signals + 1));
  const auto kind = fields.text(44);
  edf.kind = kind.starts_with("EDF+C")   ? Edf::Kind::continuous
             : kind.starts_with("EDF+D") ? Edf::Kind::discontinuous
                                         : Edf::Kind::plain;
  const auto told = fields.whole(8, "number of records", -1, 99'999'999);
  edf.record_s = fields.real(8, "length of a record", 0, 86'400);
  const auto signals = static_cast<std::size_t>(fields.whole(4, "number of signals", 1, most_signals));
  if (header_size != static_cast<std::int64_t>(head_size * (signals + 1)))
    throw std::runtime_error("byte 184: size of the header: expected " +
                             std::to_string(head_size * (signals + 1)) + " for " + std::to_string(signals) +
                             " signals, found " + std::to_string(header_size));
  if (all.size() < static_cast<std::size_t>(header_size))
    throw std::runtime_error("expected " + std::to_string(header_size) + " bytes of header, found " +
                             std::to_string(all.size()));

  std::vector<EdfSignal> found(signals);
  for (auto& s : found)
    s.label = fields.text(16);
  for (auto& s : found)
    s.transducer = fields.text(80);
  for (auto& s : found)
    s.unit = fields.text(8);
  constexpr double any = 1e9;
  for (auto& s : found)
    s.physical_minimum = fields.real(8, "physical minimum", -any, any);
  for (auto& s : found)
    s.physical_maximum = fields.real(8, "physical maximum", -any, any);
  for (auto& s : found)
    s.digital_minimum = static_cast<int>(fields.whole(8, "digital minimum", -32768, 32767));
  for (auto& s : found) {
    s.digital_maximum = static_cast<int>(fields.whole(8, "digital maximum", -32768, 32767));
    if (s.digital_maximum <= s.digital_minimum)
      fields.fail("digital maximum", "more than the digital minimum");
  }
  for (auto& s : found)
    s.filter = fields.text(80);
  std::size_t record_bytes = 0;
  for (auto& s : found) {
    s.samples_per_record = static_cast<std::uint32_t>(fields.whole(8, "samples in a record", 1, 10'000'000));
    record_bytes += std::size_t{2} * s.samples_per_record;
  }

  const auto body = all.substr(static_cast<std::size_t>(header_size));
  const std::uint64_t whole = body.size() / record_bytes;
  edf.records = told < 0 ? whole : std::min(static_cast<std::uint64_t>(told), whole);
  if (told < 0)
    edf.remarks.emplace_back("the recorder did not say how many records there are: it was stopped");
  if (told >= 0 && whole < static_cast<std::uint64_t>(told))
    edf.remarks.push_back("expected " + std::to_string(told) + " records, found " + std::to_string(whole));
  if (body.size() > edf.records * record_bytes)
    edf.remarks.push_back(std::to_string(body.size() - edf.records * record_bytes) +
                          " bytes after the last record");

  std::vector<Layout> layout;
  for (auto& s : found) {
    const bool text = edf.kind != Edf::Kind::plain && s.label == annotations_label;
    layout.push_back({text, edf.signals.size(), s.samples_per_record});
    if (text) continue;
    if (s.physical_maximum == s.physical_minimum)
      throw std::runtime_error("signal '" + printable(s.label) +
                               "': its physical maximum equals its minimum");
    s.samples.reserve(edf.records * s.samples_per_record);
    edf.signals.push_back(std::move(s));
  }
  if (!edf.signals.empty() && edf.record_s <= 0)
    throw std::runtime_error("byte 244: length of a record: expected more than 0 s, found 0");

  std::uint64_t unreadable = 0;
  const char* at = body.data();
  for (std::uint64_t r = 0; r < edf.records; ++r) {
    std::optional<double> begins;
    for (const auto& part : layout) {
      if (part.annotations) {
        read_annotations({at, 2 * part.samples}, begins, edf.annotations, unreadable);
      } else {
        auto& samples = edf.signals[part.signal].samples;
        for (std::size_t i = 0; i < part.samples; ++i)
          samples.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(at[2 * i]) |
                                                      static_cast<unsigned char>(at[2 * i + 1]) << 8));
      }
      at += 2 * part.samples;
    }
    if (edf.kind != Edf::Kind::discontinuous) continue;
    const double least = r == 0 ? -86'400 : edf.onsets_s.back() + edf.record_s * .999;
    if (!begins || *begins < least)
      throw std::runtime_error("record " + std::to_string(r) +
                               ": expected its time after that of the record before");
    edf.onsets_s.push_back(*begins);
  }
  if (unreadable > 0) edf.remarks.push_back(std::to_string(unreadable) + " annotations could not be read");
  return edf;
}

std::vector<std::byte> write_edf(const Edf& edf) {
  const bool plus = edf.kind != Edf::Kind::plain;
  if (!plus && !edf.annotations.empty())
    throw std::invalid_argument("annotations: plain EDF has none, EDF+ has");
  if (edf.kind == Edf::Kind::discontinuous && edf.onsets_s.size() != edf.records)
    throw std::invalid_argument("onsets: expected one for each record");
  for (const auto& s : edf.signals)
    if (s.samples.size() != edf.records * s.samples_per_record)
      throw std::invalid_argument("signal '" + s.label + "': expected " +
                                  std::to_string(edf.records * s.samples_per_record) + " samples, found " +
                                  std::to_string(s.samples.size()));

  auto signals = edf.signals;
  std::vector<std::string> lists;
  if (plus) {
    lists = annotation_lists(edf);
    std::size_t longest = 2;
    for (const auto& list : lists)
      longest = std::max(longest, list.size());
    EdfSignal text;
    text.label = annotations_label;
    text.samples_per_record = static_cast<std::uint32_t>((longest + 1) / 2);
    signals.push_back(std::move(text));
  }

  const std::chrono::local_days days = std::chrono::floor<std::chrono::days>(edf.start);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(edf.start - days);
  const int year = static_cast<int>(date.year());
  if (year < 1985 || year > 2084)
    throw std::invalid_argument("start: expected 1985 to 2084, found " + std::to_string(year));
  const auto n = [](auto part) { return static_cast<unsigned>(part.count()); };

  Header head;
  head.text("0", 8, "version");
  head.text(edf.patient, 80, "patient");
  head.text(edf.recording, 80, "recording");
  head.text(two(static_cast<unsigned>(date.day())) + "." + two(static_cast<unsigned>(date.month())) + "." +
                two(static_cast<unsigned>(year % 100)),
            8, "start date");
  head.text(two(n(time.hours())) + "." + two(n(time.minutes())) + "." + two(n(time.seconds())), 8,
            "start time");
  head.number(static_cast<double>(head_size * (signals.size() + 1)), 8, "size of the header");
  head.text(!plus ? "" : edf.kind == Edf::Kind::continuous ? "EDF+C" : "EDF+D", 44, "reserved");
  head.number(static_cast<double>(edf.records), 8, "number of records");
  head.number(edf.record_s, 8, "length of a record");
  head.number(static_cast<double>(signals.size()), 4, "number of signals");
  const auto each = [&](auto&& field) {
    for (const auto& s : signals)
      field(s);
  };
  each([&](const EdfSignal& s) { head.text(s.label, 16, "label"); });
  each([&](const EdfSignal& s) { head.text(s.transducer, 80, "transducer"); });
  each([&](const EdfSignal& s) { head.text(s.unit, 8, "unit"); });
  each([&](const EdfSignal& s) { head.number(s.physical_minimum, 8, s.label + ": physical minimum"); });
  each([&](const EdfSignal& s) { head.number(s.physical_maximum, 8, s.label + ": physical maximum"); });
  each([&](const EdfSignal& s) { head.number(s.digital_minimum, 8, s.label + ": digital minimum"); });
  each([&](const EdfSignal& s) { head.number(s.digital_maximum, 8, s.label + ": digital maximum"); });
  each([&](const EdfSignal& s) { head.text(s.filter, 80, "filter"); });
  each([&](const EdfSignal& s) { head.number(s.samples_per_record, 8, s.label + ": samples in a record"); });
  each([&](const EdfSignal&) { head.text("", 32, "reserved"); });

  const auto bytes = std::as_bytes(std::span(head.bytes()));
  std::vector<std::byte> out(bytes.begin(), bytes.end());
  for (std::uint64_t r = 0; r < edf.records; ++r) {
    for (const auto& s : edf.signals)
      for (std::size_t i = 0; i < s.samples_per_record; ++i) {
        const auto value = static_cast<std::uint16_t>(s.samples[r * s.samples_per_record + i]);
        out.push_back(static_cast<std::byte>(value & 0xFF));
        out.push_back(static_cast<std::byte>(value >> 8));
      }
    if (!plus) continue;
    const auto list = std::as_bytes(std::span(lists[r]));
    out.insert(out.end(), list.begin(), list.end());
    out.resize(out.size() + 2 * std::size_t{signals.back().samples_per_record} - list.size());
  }
  return out;
}

}  // namespace vigil::wire
