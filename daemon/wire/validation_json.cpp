#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"
#include "wire/live.hpp"
#include "wire/utf8.hpp"
#include "wire/validation_report.hpp"
#include "wire/validation_words.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;
using validation::with_interval;

/// Six digits: a kappa of thousands of epochs has no more.
json real(const std::optional<double>& v) {
  if (!v || !std::isfinite(*v)) return nullptr;
  return std::round(*v * 1e6) / 1e6;
}
json estimate(const Estimate& e) {
  return {{"value", real(e.value)}, {"low", real(e.low)}, {"high", real(e.high)}};
}

constexpr std::array states{EpochState::wake, EpochState::sleep, EpochState::unknown};

json agreement(const EpochAgreement& a) {
  auto confusion = json::object();
  for (const auto truth : states) {
    auto row = json::object();
    for (const auto said : states)
      row[std::string(name(said))] = a.confusion.of(truth, said);
    confusion[std::string(name(truth))] = std::move(row);
  }
  return {{"epochs", a.confusion.known()},          {"confusion", std::move(confusion)},
          {"sensitivity", estimate(a.sensitivity)}, {"specificity", estimate(a.specificity)},
          {"accuracy", estimate(a.accuracy)},       {"kappa", estimate(a.kappa)}};
}

json awakenings(const AwakeningAgreement& a) {
  return {{"true", a.truth},
          {"found", a.found},
          {"missed", a.missed()},
          {"unseen", a.unseen},
          {"invented", a.invented}};
}

json bland_altman(const BlandAltman& b) {
  return {{"n", b.pairs.size()},       {"left_out", b.left_out.size()}, {"bias_min", estimate(b.bias)},
          {"sd_min", real(b.sd)},      {"low_min", estimate(b.lower)},  {"high_min", estimate(b.upper)},
          {"slope", estimate(b.slope)}};
}

json view(const Validation::View& v) {
  return {{"night", agreement(v.all.night)},
          {"record", agreement(v.all.record)},
          {"awakenings_1min", awakenings(v.all.least_1min)},
          {"awakenings_5min", awakenings(v.all.least_5min)},
          {"tst", bland_altman(v.tst)},
          {"sol", bland_altman(v.sol)},
          {"waso", bland_altman(v.waso)}};
}

json latency(const Latency& l) {
  return {{"n", l.n}, {"median_s", real(l.median_s)}, {"p90_s", real(l.p90_s)}};
}

json night(const ValidatedNight& n) {
  return {{"name", mended_utf8(n.name)},
          {"person", mended_utf8(n.person)},
          {"format", n.format},
          {"start", n.start_known ? json(iso_utc(n.start)) : json(nullptr)},
          {"simulated", n.simulated},
          {"epochs", n.truth.size()},
          {"known_percent", real(n.known_percent)},
          {"live", {{"night", agreement(n.live_view.night)}, {"figures", to_json(n.live_figures)}}},
          {"hindsight",
           {{"night", agreement(n.hindsight_view.night)}, {"figures", to_json(n.hindsight_figures)}}},
          {"true_figures", to_json(n.true_figures)}};
}

std::string padded(std::string text, std::size_t width) {
  // Continuation bytes of UTF-8 take no column.
  std::size_t columns = 0;
  for (const char c : text)
    columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  text.append(columns < width ? width - columns : 1, ' ');
  return text;
}

}  // namespace

std::string validation_json(const Validation& v, const ReportHead& head) {
  constexpr std::array by{"epochs", "nights", "people"};
  json out{{"program", mended_utf8(head.program)},
           {"measured", mended_utf8(head.measured)},
           {"lab", mended_utf8(head.lab)},
           {"nights_n", v.nights.size()},
           {"people", v.people},
           {"interval", by[static_cast<std::size_t>(v.interval)]},
           {"hindsight", view(v.hindsight)},
           {"live", view(v.live)},
           {"latency", {{"suspected", latency(v.suspected)}, {"confirmed", latency(v.confirmed)}}},
           {"calibration", nullptr},
           {"nights", json::array()}};
  if (v.calibration) {
    auto bins = json::array();
    for (const auto& bin : v.calibration->bins)
      bins.push_back({{"n", bin.n},
                      {"mean_p", bin.n > 0 ? real(bin.mean_p) : json(nullptr)},
                      {"asleep", bin.n > 0 ? real(bin.asleep) : json(nullptr)}});
    out["calibration"] = {{"n", v.calibration->n},
                          {"error", real(v.calibration->error)},
                          {"brier", real(v.calibration->brier)},
                          {"bins", std::move(bins)}};
  }
  for (const auto& n : v.nights)
    out["nights"].push_back(night(n));
  return text(out);
}

std::string validation_table(const Validation& v) {
  constexpr std::size_t first = 30, column = 28;
  std::string out = validation::nights_words(v) + "; epochs of 30 s\n";
  for (const auto& n : v.nights)
    if (n.simulated) {
      out += "SIMULATED: what was recorded is no real night\n";
      break;
    }
  const auto row = [&](const std::string& name, const std::string& a, const std::string& b) {
    out += padded(name, first) + padded(a, column) + b + "\n";
  };
  row("", "in hindsight", "live");
  const auto epochs = [&](const char* where, EpochAgreement JudgedView::* scope) {
    const auto &a = v.hindsight.all.*scope, &b = v.live.all.*scope;
    row(where, std::to_string(a.confusion.known()) + " epochs",
        std::to_string(b.confusion.known()) + " epochs");
    row("  sensitivity (sleep)", with_interval(a.sensitivity, 2), with_interval(b.sensitivity, 2));
    row("  specificity (wake)", with_interval(a.specificity, 2), with_interval(b.specificity, 2));
    row("  accuracy", with_interval(a.accuracy, 2), with_interval(b.accuracy, 2));
    row("  kappa", with_interval(a.kappa, 2), with_interval(b.kappa, 2));
  };
  epochs("within the night", &JudgedView::night);
  epochs("whole record", &JudgedView::record);
  row("awakenings, live", ">= 1 min", ">= 5 min");
  const auto &one = v.live.all.least_1min, &five = v.live.all.least_5min;
  const auto counts = [&](const char* name, int a, int b) {
    row(name, std::to_string(a), std::to_string(b));
  };
  counts("  true", one.truth, five.truth);
  counts("  found", one.found, five.found);
  counts("  missed", one.missed(), five.missed());
  counts("    nothing was known", one.unseen, five.unseen);
  counts("  invented", one.invented, five.invented);
  const auto seconds = [](const Latency& l) {
    if (l.n == 0) return std::string("none found");
    return "median " + validation::number(l.median_s, 0) + " s, 90 % within " +
           validation::number(l.p90_s, 0) + " s";
  };
  out += padded("  suspected after", first) + seconds(v.suspected) + "\n";
  out += padded("  confirmed after", first) + seconds(v.confirmed) + "\n";
  row("said less true, min", "bias and limits of agreement", "n");
  const auto differences = [&](const char* name, const BlandAltman& b) {
    auto told = validation::number(b.bias.value, 1);
    if (b.lower.value)
      told +=
          " (" + validation::number(b.lower.value, 1) + " to " + validation::number(b.upper.value, 1) + ")";
    row(std::string("  ") + name, told, std::to_string(b.pairs.size()));
  };
  differences("TST, in hindsight", v.hindsight.tst);
  differences("SOL, in hindsight", v.hindsight.sol);
  differences("WASO, in hindsight", v.hindsight.waso);
  differences("TST, live", v.live.tst);
  differences("SOL, live", v.live.sol);
  differences("WASO, live", v.live.waso);
  if (v.calibration)
    out += padded("P(asleep)", first) + "calibration error " + validation::number(v.calibration->error, 3) +
           " over " + std::to_string(v.calibration->n) + " epochs\n";
  out += "scored in hindsight by " + validation::scorers_words(v, &ValidatedNight::hindsight_scorers) + "\n";
  out += "scored live by " + validation::scorers_words(v, &ValidatedNight::live_scorers) + "\n";
  out += std::string(validation::interval_words(v.interval)) + "\n";
  return out;
}

}  // namespace vigil::wire
