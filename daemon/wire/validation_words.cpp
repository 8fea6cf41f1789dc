#include "wire/validation_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace vigil::wire::validation {

std::string number(double value, int decimals) {
  if (!std::isfinite(value)) return "not known";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string out(text.data());
  if (out.front() != '-') return out;
  out.erase(0, 1);
  return out.find_first_not_of("0.") == std::string::npos ? out : std::string(minus) + out;
}

std::string number(const std::optional<double>& value, int decimals) {
  return value ? number(*value, decimals) : "not known";
}

std::string with_interval(const Estimate& e, int decimals) {
  auto out = number(e.value, decimals);
  if (e.value && e.low && e.high)
    out += " (" + number(*e.low, decimals) + " to " + number(*e.high, decimals) + ")";
  return out;
}

std::string minutes(const std::optional<double>& value) {
  if (!value) return "not known";
  const auto whole = std::llround(*value * 2);  // half minutes are the epochs
  const auto min = whole / 2;
  const std::string half = whole % 2 != 0 ? ".5" : "";
  if (min < 60) return std::to_string(min) + half + " min";
  const auto rest = std::to_string(min % 60);
  return std::to_string(min / 60) + " h " + (rest.size() < 2 ? "0" : "") + rest + half + " min";
}

std::string_view interval_words(IntervalBy by) noexcept {
  switch (by) {
    case IntervalBy::epochs:
      return "95 % intervals from the epochs of one night (Wilson; kappa by its large-sample error). Epochs "
             "resemble their neighbours, so these are too narrow.";
    case IntervalBy::nights:
      return "95 % intervals by bootstrap over nights (2,000 samples, percentiles, fixed seed).";
    case IntervalBy::people:
      return "95 % intervals by bootstrap over people, all nights of one together (2,000 samples, "
             "percentiles, fixed seed).";
  }
  return "";
}

std::string nights_words(const Validation& v) {
  auto out = std::to_string(v.nights.size()) + (v.nights.size() == 1 ? " night" : " nights");
  if (v.people > 0) out += " of " + std::to_string(v.people) + (v.people == 1 ? " person" : " people");
  return out;
}

std::string scorers_words(const Validation& v, std::vector<ScorerShare> ValidatedNight::* of) {
  std::map<std::string, std::uint64_t> all;
  for (const auto& night : v.nights)
    for (const auto& share : night.*of)
      all[share.scorer] += share.epochs;
  std::vector<std::pair<std::string, std::uint64_t>> sorted(all.begin(), all.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &std::pair<std::string, std::uint64_t>::second);
  std::string out;
  for (const auto& [scorer, epochs] : sorted)
    out += (out.empty() ? "" : ", ") + (scorer.empty() ? "unknown" : scorer) + " (" + std::to_string(epochs) +
           (out.empty() ? " epochs)" : ")");
  return out.empty() ? "none" : out;
}

}  // namespace vigil::wire::validation
