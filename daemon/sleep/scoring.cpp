#include "sleep/scoring.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sleep/cole_kripke.hpp"
#include "sleep/oakley.hpp"
#include "sleep/sadeh.hpp"
#include "sleep/sazonov.hpp"
#include "sleep/scripps.hpp"
#include "sleep/webster.hpp"

namespace vigil::sleep {
namespace {

constexpr float unknown_count = std::numeric_limits<float>::quiet_NaN();

struct Published {
  std::string_view name;
  const Algorithm& (*algorithm)();
  std::span<const int> epochs_s;
  std::string_view score;
};
constexpr std::array cole_kripke_s{60, 30, 10};
constexpr std::array minute_s{60};
constexpr std::array half_minute_s{30};
constexpr std::array oakley_s{60, 30};
constexpr std::array<Published, 5> published{{
    {"cole_kripke", cole_kripke::algorithm, cole_kripke_s, "D, sleep below 1"},
    {"sadeh", sadeh::algorithm, minute_s, "PS, sleep above -4"},
    {"scripps", scripps::algorithm, half_minute_s, "D, sleep below 1"},
    {"oakley", oakley::algorithm, oakley_s, "weighted activity, sleep up to the threshold"},
    {"sazonov", sazonov::algorithm, minute_s, "P(sleep), sleep from .5"},
}};
const Published& of(Method m) noexcept { return published[static_cast<std::size_t>(m)]; }

constexpr double sazonov_unit = sazonov::counts_per_unit;

bool same_length(double a, double b) noexcept { return std::abs(a - b) < 1e-3; }

// A neighbour that is not known moves nothing.
std::vector<float> known(std::span<const float> counts) {
  std::vector<float> out(counts.begin(), counts.end());
  std::ranges::replace_if(out, [](float c) { return !(c >= 0); }, 0.0F);
  return out;
}

std::array<float, 5> last_five(std::span<const float> minutes, std::size_t m) {
  std::array<float, 5> out{};
  for (std::size_t i = 0; i < out.size() && i <= m; ++i)
    out[i] = minutes[m - i];
  return out;
}

}  // namespace

std::optional<Method> method_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < published.size(); ++i)
    if (published[i].name == name) return static_cast<Method>(i);
  return {};
}
const Algorithm& algorithm(Method method) { return of(method).algorithm(); }
std::span<const int> epochs_s(Method method) noexcept { return of(method).epochs_s; }
std::string_view score_is(Method method) noexcept { return of(method).score; }

Counts summed(const Counts& counts, std::size_t whole) {
  Counts out{counts.epoch_s * static_cast<double>(whole), {}};
  for (std::size_t i = 0; i + whole <= counts.counts.size(); i += whole) {
    float sum = 0;
    for (std::size_t k = 0; k < whole; ++k)
      sum += counts.counts[i + k] >= 0 ? counts.counts[i + k] : unknown_count;
    out.counts.push_back(sum);
  }
  return out;
}

std::optional<Counts> fit(Method method, const Counts& counts) {
  const auto lengths = epochs_s(method);
  for (auto length = lengths.rbegin(); length != lengths.rend(); ++length) {
    const double times = std::round(*length / counts.epoch_s);
    if (times >= 1 && same_length(times * counts.epoch_s, *length))
      return summed(counts, static_cast<std::size_t>(times));
  }
  return {};
}

double default_scale(Method method) noexcept { return method == Method::sazonov ? 1 / sazonov_unit : 1; }

ScoredRecord score(Method method, const Counts& given, bool webster, const Tuning& tuning) {
  // sazonov's own form divides already.
  const double scale =
      tuning.scale.value_or(default_scale(method)) * (method == Method::sazonov ? sazonov_unit : 1);
  Counts counts = given;
  if (scale != 1)
    for (float& c : counts.counts)
      c = static_cast<float>(c * scale);
  auto x = counts.counts;
  ScoredRecord out{counts.epoch_s, {}};
  const auto each = [&](auto&& one) {
    const auto neighbours = known(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      auto& epoch = out.epochs.emplace_back();
      if (!(x[i] >= 0)) continue;
      const auto [value, asleep] = one(neighbours, i);
      epoch = {asleep ? EpochState::sleep : EpochState::wake, value};
    }
  };
  using Found = std::pair<double, bool>;
  switch (method) {
    case Method::cole_kripke: {
      const auto form = same_length(counts.epoch_s, 10)   ? cole_kripke::d_of_10s_maxima
                        : same_length(counts.epoch_s, 30) ? cole_kripke::d_of_30s_maxima
                                                          : cole_kripke::d;
      const auto in_a_minute = static_cast<std::size_t>(std::lround(60 / counts.epoch_s));
      if (in_a_minute > 1) {
        const auto whole = summed(counts, in_a_minute);
        x = cole_kripke::largest(known(x), in_a_minute);
        for (std::size_t i = 0; i < x.size(); ++i)
          if (std::isnan(whole.counts[i])) x[i] = unknown_count;
      }
      out.epoch_s = 60;
      each([form](const auto& all, std::size_t i) {
        const double d = form(cole_kripke::around(all, i));
        return Found{d, d < 1};
      });
      break;
    }
    case Method::sadeh:
      each([](const auto& all, std::size_t i) {
        const double ps = sadeh::ps(all, i);
        return Found{ps, ps > -4};
      });
      break;
    case Method::scripps:
      each([](const auto& all, std::size_t i) {
        const auto d = double{scripps::d(all, i)};
        return Found{d, d < 1};
      });
      break;
    case Method::oakley:
      each([&](const auto& all, std::size_t i) {
        const auto total =
            double{same_length(counts.epoch_s, 30) ? oakley::total_30s(all, i) : oakley::total_60s(all, i)};
        return Found{total, total <= static_cast<double>(tuning.threshold)};
      });
      break;
    case Method::sazonov:
      each([](const auto& all, std::size_t i) {
        const auto p = double{sazonov::probability(last_five(all, i))};
        return Found{p, p >= .5};
      });
      break;
  }
  if (webster && same_length(out.epoch_s, 60)) {
    std::vector<EpochState> states;
    for (const auto& e : out.epochs)
      states.push_back(e.state);
    webster::rescore(states);
    for (std::size_t i = 0; i < states.size(); ++i)
      out.epochs[i].state = states[i];
  }
  return out;
}

}  // namespace vigil::sleep
