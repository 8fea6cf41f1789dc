#include "drivers/replay/awd_recording.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "drivers/replay/table.hpp"
#include "drivers/replay/text_file.hpp"

namespace vigil::drivers::replay {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::optional<std::chrono::sys_days> read_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto first = text.find('-'), second = text.rfind('-');
  if (first == std::string_view::npos || second <= first + 3) return {};
  std::string month(text.substr(first + 1, 3));
  std::ranges::transform(month, month.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  const auto found = std::ranges::find(months, month);
  const auto day = parse_number(text.substr(0, first)), year = parse_number(text.substr(second + 1));
  if (found == months.end() || !day || !year) return {};
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(found - months.begin() + 1)),
      std::chrono::day(static_cast<unsigned>(std::abs(*day)))};
  return date.ok() && *year >= 1980 ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::optional<std::chrono::minutes> read_time(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const auto hour = parse_number(text.substr(0, colon)), minute = parse_number(text.substr(colon + 1, 2));
  if (!hour || !minute || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59) return {};
  return std::chrono::minutes(static_cast<int>(*hour) * 60 + static_cast<int>(*minute));
}

class AwdRecording final : public Recording {
 public:
  explicit AwdRecording(const std::filesystem::path& file) {
    const auto name = file.filename().string();
    TextFile text(file);
    const auto expect = [&](const char* what) {
      const auto line = text.next();
      if (!line)
        throw std::runtime_error(file.string() + ":" + std::to_string(text.line() + 1) + ": expected " +
                                 what + ", found the end of the file");
      return std::string(trimmed(*line));
    };
    const auto refuse = [&](const char* what, const std::string& found) {
      throw std::runtime_error(file.string() + ":" + std::to_string(text.line()) + ": expected " + what +
                               ", found '" + found.substr(0, 40) + "'");
    };
    expect("a name");
    const auto date_text = expect("a date");
    const auto date = read_date(date_text);
    if (!date) refuse("a date as 21-nov-2026", date_text);
    const auto time_text = expect("a time");
    const auto time = read_time(time_text);
    if (!time) refuse("a time as 22:15", time_text);
    const auto code_text = expect("the length of an epoch");
    const auto code = parse_number(code_text);
    if (!code || *code < 1 || *code > 240 || *code != std::floor(*code))
      refuse("the length of an epoch in units of 15 s, 1 to 240", code_text);
    expect("an age");
    const auto serial = expect("a serial number");
    expect("a sex");

    start_ = WallTime{date->time_since_epoch() + *time, {}};
    epoch_ = from_seconds(15 * *code);
    what_ = name + ", Actiwatch " + serial;
    stale_after_ = 3 * epoch_;
    channels_.push_back({.quantity = Quantity::counts,
                         .rate_hz = static_cast<float>(1 / seconds(epoch_)),
                         .epoch_s = static_cast<float>(seconds(epoch_))});
    while (const auto line = text.next()) {
      const auto row = trimmed(*line);
      if (row.empty()) continue;
      const auto count = parse_number(row.substr(0, row.find_first_of(" ,;\tMm")));
      if (!count || *count < 0) {
        reject(Reject::syntax);
        remark(name + ":" + std::to_string(text.line()) + ": expected a count, found '" +
               std::string(row.substr(0, 40)) + "'");
      }
      counts_.push_back(count && *count >= 0 ? static_cast<float>(*count) : NAN);
    }
    if (counts_.empty()) throw std::runtime_error(file.string() + ": expected counts, found none");
  }

  std::optional<Sample> next() override {
    while (at_ < counts_.size() && std::isnan(counts_[at_]))
      ++at_;
    if (at_ == counts_.size()) return std::nullopt;
    const auto i = at_++;
    return Sample{0, Instant{} + static_cast<std::int64_t>(i) * epoch_, std::span(counts_).subspan(i, 1)};
  }
  [[nodiscard]] Duration duration() const override {
    return static_cast<std::int64_t>(counts_.size() - 1) * epoch_;
  }

 private:
  Duration epoch_{};
  std::vector<float> counts_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Recording> open_awd(const std::filesystem::path& file, const Options&) {
  return std::make_unique<AwdRecording>(file);
}

}  // namespace vigil::drivers::replay
