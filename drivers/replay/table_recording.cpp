#include "drivers/replay/table_recording.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <stdexcept>

#include "drivers/replay/table.hpp"
#include "drivers/replay/text_file.hpp"

namespace vigil::drivers::replay {
namespace {

using std::chrono::microseconds;

/// Rows looked at before the first sample is given: the spacing of time says the rate and the length of
/// epochs.
constexpr std::size_t rows_ahead = 64;

/// A table with its file and the number of each line.
class Rows {
 public:
  Rows(const std::filesystem::path& file, const Options& options)
      : name_(file.filename().string()), text_(file), table_(options) {
    while (const auto line = text_.next()) {
      try {
        if (!table_.header(*line)) continue;
      } catch (const std::invalid_argument& error) {
        throw std::runtime_error(file.string() + ":" + std::to_string(text_.line()) + ": " + error.what());
      }
      if (table_.first_line_is_row()) pending_ = table_.row(*line);
      return;
    }
    throw std::runtime_error(file.string() + ": expected a table of samples, found " +
                             (text_.trouble().empty() ? std::string("an empty file") : text_.trouble()));
  }

  /// The next row that has something; false at the end. `wrong(reason, text)` hears of each mistake.
  template <class Wrong>
  bool next(Wrong&& wrong) {
    if (std::exchange(pending_, false)) return true;
    while (const auto line = text_.next()) {
      if (table_.row(*line)) return true;
      if (const auto& mistake = table_.mistake())
        wrong(mistake->reason, name_ + ":" + std::to_string(text_.line()) + ": " + mistake->what);
    }
    if (!text_.trouble().empty() && !std::exchange(told_, true))
      wrong(Reject::framing, name_ + ":" + std::to_string(text_.line()) + ": " + text_.trouble());
    return false;
  }

  [[nodiscard]] const Table& table() const noexcept { return table_; }
  [[nodiscard]] std::string here() const { return name_ + ":" + std::to_string(text_.line()); }

 private:
  std::string name_;
  TextFile text_;
  Table table_;
  bool pending_ = false, told_ = false;
};

class TableRecording final : public Recording {
 public:
  TableRecording(const std::filesystem::path& file, const Options& options)
      : path_(file), options_(options), rows_(file, options) {
    what_ = file.filename().string() + (options.preset.empty() ? ", a table" : ", " + options.preset);
    channels_ = rows_.table().channels();
    while (ahead_.size() < rows_ahead && read()) {
    }
    if (ahead_.empty())
      throw std::runtime_error(file.string() + ": expected rows of samples, found none" +
                               (remarks_.empty() ? std::string() : "; first: " + remarks_.front()));
    zero_ = ahead_.front().time;
    if (rows_.table().absolute())
      start_ = WallTime{zero_, ahead_.front().offset};
    else
      start_ = options.start ? options.start : rows_.table().known_start();
    learn_spacing();
  }

  std::optional<Sample> next() override {
    for (;;) {
      for (; channel_ < channels_.size(); ++channel_)
        if (const auto values = current_.values_of(channel_, channels_); !values.empty())
          return Sample{static_cast<ChannelIndex>(channel_++), Instant{current_.time - zero_}, values};
      if (ahead_.empty() && !read()) return std::nullopt;
      current_ = std::move(ahead_.front());
      ahead_.pop_front();
      channel_ = 0;
    }
  }

  [[nodiscard]] Duration duration() const override {
    Rows rows(path_, options_);
    std::optional<microseconds> first;
    microseconds last{};
    const auto ignore = [](Reject, const std::string&) {};
    while (rows.next(ignore)) {
      if (!first) first = last = rows.table().time();
      last = std::max(last, rows.table().time());
    }
    return first ? last - *first : microseconds{};
  }

 private:
  struct Row {
    microseconds time{};
    std::chrono::minutes offset{};
    std::vector<float> values;
    std::vector<bool> present;

    [[nodiscard]] std::span<const float> values_of(std::size_t channel,
                                                   const std::vector<Channel>& channels) const {
      if (channel >= present.size() || !present[channel]) return {};
      std::size_t from = 0;
      for (std::size_t c = 0; c < channel; ++c)
        from += channels[c].values();
      return std::span(values).subspan(from, channels[channel].values());
    }
  };

  bool read() {
    const auto wrong = [this](Reject reason, std::string text) {
      reject(reason);
      remark(std::move(text));
    };
    while (rows_.next(wrong)) {
      const auto& table = rows_.table();
      if (any_ && table.time() < latest_) {
        wrong(Reject::order, rows_.here() + ": is earlier than the row before it");
        continue;
      }
      any_ = true;
      latest_ = table.time();
      Row row{table.time(), table.offset(), {}, {}};
      for (std::size_t c = 0; c < channels_.size(); ++c) {
        const auto values = table.values(c);
        row.present.push_back(!values.empty());
        if (values.empty())
          row.values.resize(row.values.size() + channels_[c].values());
        else
          row.values.insert(row.values.end(), values.begin(), values.end());
      }
      ahead_.push_back(std::move(row));
      return true;
    }
    return false;
  }

  void learn_spacing() {
    std::vector<double> steps;
    for (std::size_t i = 1; i < ahead_.size(); ++i)
      steps.push_back(seconds(ahead_[i].time - ahead_[i - 1].time));
    if (steps.empty()) return;
    std::ranges::nth_element(steps, steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
    const double step = steps[steps.size() / 2];
    if (step <= 0) return;
    for (auto& channel : channels_) {
      channel.rate_hz = static_cast<float>(1 / step);
      if (channel.quantity == Quantity::counts) channel.epoch_s = static_cast<float>(step);
    }
    stale_after_ = std::max<Duration>(std::chrono::seconds(3), from_seconds(3 * step));
  }

  std::filesystem::path path_;
  Options options_;
  Rows rows_;
  std::deque<Row> ahead_;
  Row current_;
  std::size_t channel_ = SIZE_MAX;
  microseconds zero_{}, latest_{};
  bool any_ = false;
};

/// Intervals in which a bed's pressure mat was pressed: 0 and 1, each time it changed and every 10 s in
/// between, so that a consumer sees the sensor live.
class IntervalRecording final : public Recording {
 public:
  explicit IntervalRecording(const std::filesystem::path& file) {
    const auto name = file.filename().string();
    what_ = name + ", bed_pressure_home_a";
    stale_after_ = std::chrono::seconds(60);
    channels_.push_back({.quantity = Quantity::occupancy,
                         .rate_hz = static_cast<float>(1 / seconds(every)),
                         .minimum = 0,
                         .maximum = 1});
    TextFile text(file);
    while (const auto line = text.next()) {
      // Start, end, location, type, place; some lines have doubled tabs.
      std::vector<std::string_view> fields;
      for (auto rest = *line; !rest.empty();) {
        const auto end = std::min(rest.find_first_of("\t\r"), rest.size());
        if (end > 0) fields.push_back(rest.substr(0, rest.substr(0, end).find_last_not_of(' ') + 1));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      if (fields.size() < 3 || fields[0].empty() || fields[0][0] < '0' || fields[0][0] > '9') continue;
      if (fields[2] != "Bed") continue;
      const auto from = parse_iso(fields[0]), until = parse_iso(fields[1]);
      if (!from || !until || until->since_epoch < from->since_epoch) {
        reject(Reject::syntax);
        remark(name + ":" + std::to_string(text.line()) + ": expected two times, found '" +
               std::string(fields[0]) + "' and '" + std::string(fields[1]) + "'");
        continue;
      }
      if (!pressed_.empty() && from->since_epoch < pressed_.back().second) {
        reject(Reject::order);
        remark(name + ":" + std::to_string(text.line()) + ": begins before the interval above it has ended");
        continue;
      }
      pressed_.emplace_back(from->since_epoch, until->since_epoch);
    }
    if (pressed_.empty())
      throw std::runtime_error(file.string() + ": expected intervals of a sensor called Bed, found none");
    // A while of the empty bed before the first, so that the first entry is one.
    zero_ = now_ = pressed_.front().first - std::chrono::minutes(5);
    start_ = WallTime{zero_, {}};
  }

  std::optional<Sample> next() override {
    const auto end = pressed_.back().second + std::chrono::minutes(5);
    if (now_ > end) return std::nullopt;
    const auto at = now_;
    while (interval_ < pressed_.size() && pressed_[interval_].second <= at)
      ++interval_;
    const bool on = interval_ < pressed_.size() && pressed_[interval_].first <= at;
    value_ = on ? 1.0F : 0.0F;
    now_ = at + every;
    if (interval_ < pressed_.size())
      now_ = std::min(now_, on ? pressed_[interval_].second : pressed_[interval_].first);
    return Sample{0, Instant{at - zero_}, std::span(&value_, 1)};
  }

  [[nodiscard]] Duration duration() const override {
    return pressed_.back().second + std::chrono::minutes(5) - zero_;
  }

 private:
  static constexpr microseconds every = std::chrono::seconds(10);
  std::vector<std::pair<microseconds, microseconds>> pressed_;
  std::size_t interval_ = 0;
  microseconds zero_{}, now_{};
  float value_ = 0;
};

}  // namespace

std::unique_ptr<Recording> open_table(const std::filesystem::path& file, const Options& options) {
  if (options.preset == "bed_pressure_home_a") return std::make_unique<IntervalRecording>(file);
  return std::make_unique<TableRecording>(file, options);
}

}  // namespace vigil::drivers::replay
