#include "drivers/replay/edf_recording.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "wire/edf.hpp"

namespace vigil::drivers::replay {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

struct Known {
  std::string_view ours;  ///< as in Options::columns
  Quantity quantity;
  std::array<std::string_view, 5> labels;
  float minimum, maximum;
};
constexpr std::array<Known, 4> known{{
    {"counts", Quantity::counts, {"activity", "act", "counts", "actigraphy", "axis1"}, 0, 0},
    {"heart_bpm", Quantity::heart_rate, {"hr", "heart rate", "pulse", "heart_rate", "heart_bpm"}, 20, 300},
    {"breath_rpm",
     Quantity::breath_rate,
     {"rr", "resp rate", "breath rate", "breath_rate", "breath_rpm"},
     1,
     80},
    {"load_kg", Quantity::load, {"load", "weight", "load_kg", "load kg", "bed load"}, -500, 5000},
}};

/// One channel: the signals it is made of, and how far it has been given.
struct Part {
  std::vector<std::size_t> signals;
  double scale = 1;
  std::uint64_t next = 0;  ///< sample
};

class EdfRecording final : public Recording {
 public:
  EdfRecording(const std::filesystem::path& file, const Options& options) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    try {
      edf_ = wire::read_edf(std::as_bytes(std::span(bytes)));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(file.string() + ": " + error.what());
    }
    for (const auto& text : edf_.remarks)
      remark(file.filename().string() + ": " + text);
    for (const auto& k : known)
      if (const auto signal = find(k.ours, k.labels, options)) add(k, *signal);
    add_acceleration(options);
    if (parts_.empty()) {
      std::string labels;
      for (const auto& s : edf_.signals)
        labels += (labels.empty() ? "" : ", ") + s.label;
      throw std::runtime_error(
          file.string() +
          ": expected a signal of activity, acceleration, load, heart or breath rate, found " +
          (labels.empty() ? std::string("annotations only") : labels) + "; --map counts=LABEL names it");
    }
    what_ = file.filename().string() + ", EDF";
    start_ = options.start ? *options.start : WallTime{edf_.start.time_since_epoch(), {}};
  }

  std::optional<Sample> next() override {
    Part* due = nullptr;
    double at = 0;
    for (auto& part : parts_) {
      const auto& first = edf_.signals[part.signals.front()];
      if (part.next >= first.samples.size()) continue;
      const double t = moment(first, part.next);
      if (due == nullptr || t < at) due = &part, at = t;
    }
    if (due == nullptr) return std::nullopt;
    const auto i = due->next++;
    values_.clear();
    for (const auto s : due->signals)
      values_.push_back(
          static_cast<float>(edf_.signals[s].physical(edf_.signals[s].samples[i]) * due->scale));
    return Sample{static_cast<ChannelIndex>(due - parts_.data()), Instant{} + from_seconds(at), values_};
  }

  [[nodiscard]] Duration duration() const override {
    return edf_.records == 0 ? Duration{} : from_seconds(edf_.onset_s(edf_.records - 1) + edf_.record_s);
  }

 private:
  [[nodiscard]] double moment(const wire::EdfSignal& s, std::uint64_t sample) const {
    return edf_.onset_s(sample / s.samples_per_record) +
           static_cast<double>(sample % s.samples_per_record) / edf_.rate_hz(s);
  }

  template <class Labels>
  [[nodiscard]] std::optional<std::size_t> find(std::string_view ours, const Labels& labels,
                                                const Options& options) const {
    const auto named = options.columns.find(std::string(ours));
    for (std::size_t i = 0; i < edf_.signals.size(); ++i) {
      const auto label = lower(edf_.signals[i].label);
      if (named != options.columns.end() ? label == lower(named->second)
                                         : std::ranges::find(labels, label) != std::end(labels))
        return i;
    }
    return {};
  }

  void add(const Known& k, std::size_t signal) {
    const double spacing = edf_.record_s / edf_.signals[signal].samples_per_record;
    channels_.push_back({.quantity = k.quantity,
                         .rate_hz = static_cast<float>(1 / spacing),
                         .minimum = k.minimum,
                         .maximum = k.maximum,
                         .epoch_s = k.quantity == Quantity::counts ? static_cast<float>(spacing) : 0});
    parts_.push_back({{signal}});
    stale_after_ = std::max(stale_after_, from_seconds(3 * spacing));
  }

  void add_acceleration(const Options& options) {
    std::vector<std::size_t> axes;
    for (const std::string axis : {"x", "y", "z"}) {
      const std::array<std::string, 5> labels{axis, "acc " + axis, "acc_" + axis, "accel " + axis,
                                              axis + "_g"};
      if (const auto signal = find(axis + "_g", labels, options)) axes.push_back(*signal);
    }
    if (axes.size() != 3) return;
    const auto& x = edf_.signals[axes[0]];
    for (const auto i : axes)
      if (edf_.signals[i].samples_per_record != x.samples_per_record || edf_.signals[i].unit != x.unit)
        return;
    const auto unit = lower(x.unit);
    constexpr double standard_gravity = 9.80665;
    const double scale = unit == "mg"                                          ? .001
                         : unit == "m/s2" || unit == "m/s^2" || unit == "ms-2" ? 1 / standard_gravity
                                                                               : 1;
    channels_.push_back({.quantity = Quantity::acceleration,
                         .rows = 1,
                         .columns = 3,
                         .rate_hz = static_cast<float>(edf_.rate_hz(x)),
                         .minimum = -32,
                         .maximum = 32});
    parts_.push_back({axes, scale});
  }

  wire::Edf edf_;
  std::vector<Part> parts_;
  std::vector<float> values_;
};

}  // namespace

std::unique_ptr<Recording> open_edf(const std::filesystem::path& file, const Options& options) {
  return std::make_unique<EdfRecording>(file, options);
}

}  // namespace vigil::drivers::replay
