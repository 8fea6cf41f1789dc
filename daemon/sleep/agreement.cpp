#include "sleep/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "sleep/figures.hpp"

namespace vigil::sleep {
namespace {

constexpr double z_975 = 1.959963984540054;
constexpr double epoch_s = 30;
constexpr int resamples = 2000;
constexpr std::uint64_t seed = 19840219;
/// A resample without any true wake has no specificity; with fewer than this share of them there is no
/// interval.
constexpr double enough_resamples = .9;

using Row = std::span<const EpochState>;
using Verdict = JudgedAwakening::Verdict;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// Of sorted values, linear between them.
double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// ---- one night

struct Laid {
  std::vector<EpochState> live, hindsight;
  std::vector<std::optional<float>> p;
};

/// How long each state holds within one epoch, and since when.
struct Shares {
  std::array<Duration, 3> held{};
  std::array<Duration, 3> since{Duration::max(), Duration::max(), Duration::max()};
  void add(EpochState state, Duration from, Duration length) {
    const auto i = static_cast<std::size_t>(state);
    held[i] += length;
    since[i] = std::min(since[i], from);
  }
  [[nodiscard]] EpochState most() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < 3; ++i)
      if (held[i] > held[best] || (held[i] == held[best] && since[i] < since[best])) best = i;
    return static_cast<EpochState>(best);
  }
};

Laid lay(const NightToJudge& night) {
  Laid laid;
  std::size_t next = 0;
  for (std::size_t i = 0; i < night.truth.size(); ++i) {
    const Instant from = night.first + epoch_length * static_cast<std::int64_t>(i);
    const Instant to = from + epoch_length;
    while (next < night.said.size() && night.said[next].from + epoch_length <= from)
      ++next;
    Shares live, hindsight;
    Duration with_p{};
    double p = 0;
    Instant covered = from;
    const auto gap = [&](Instant until) {
      if (until <= covered) return;
      live.add(EpochState::unknown, covered - from, until - covered);
      hindsight.add(EpochState::unknown, covered - from, until - covered);
    };
    for (std::size_t k = next; k < night.said.size() && night.said[k].from < to; ++k) {
      const auto& said = night.said[k];
      const Instant begin = std::max(said.from, covered), end = std::min(said.from + epoch_length, to);
      if (end <= begin) continue;
      gap(begin);
      live.add(said.live, begin - from, end - begin);
      hindsight.add(said.hindsight, begin - from, end - begin);
      if (said.p_asleep) {
        with_p += end - begin;
        p += static_cast<double>(*said.p_asleep) * seconds(end - begin);
      }
      covered = end;
    }
    gap(to);
    laid.live.push_back(live.most());
    laid.hindsight.push_back(hindsight.most());
    laid.p.push_back(with_p * 2 >= epoch_length ? std::optional(static_cast<float>(p / seconds(with_p)))
                                                : std::nullopt);
  }
  return laid;
}

/// The window that all figures of a night are taken of, true and said alike.
struct Window {
  Instant first, begin, end;
  [[nodiscard]] NightFigures figures(Row row) const {
    NightRecord record{};
    record.epochs = row;
    record.first_epoch = first;
    record.into_bed = begin;
    record.out_of_bed = end;
    return sleep::figures(record);
  }
  /// The first epoch of sleep by the very definition of SOL.
  [[nodiscard]] std::optional<std::size_t> onset(const NightFigures& f) const {
    if (!f.sol_min) return {};
    const double s = seconds(begin - first) + *f.sol_min * 60;
    return static_cast<std::size_t>(std::max(std::llround(s / epoch_s), 0LL));
  }
};

/// The end of the last sleep within [from, to).
std::optional<std::size_t> last_sleep_ends(Row row, std::size_t from, std::size_t to) {
  for (std::size_t i = std::min(to, row.size()); i > from; --i)
    if (row[i - 1] == EpochState::sleep) return i;
  return {};
}

double known_percent(Row row, std::size_t from, std::size_t to) {
  if (to <= from) return 0;
  const auto part = row.subspan(from, to - from);
  const auto unknown = std::count(part.begin(), part.end(), EpochState::unknown);
  return 100 - 100 * static_cast<double>(unknown) / static_cast<double>(part.size());
}

Confusion confusion(Row truth, Row said, std::size_t from, std::size_t to) {
  Confusion c;
  for (std::size_t i = from; i < to; ++i)
    c.add(truth[i], said[i]);
  return c;
}

/// An awakening in seconds since the first epoch. Its length is what is known of it at least.
struct Span {
  double from_s = 0, to_s = 0, length_s = 0;
  std::optional<double> suspected_s, confirmed_s;
};

std::vector<Span> awakenings_of(Row row, std::size_t onset, std::size_t end) {
  std::vector<Span> spans;
  std::size_t first = 0, last = 0, waking = 0;
  for (std::size_t i = onset; i < end; ++i) {
    if (row[i] == EpochState::wake) {
      if (waking++ == 0) first = i;
      last = i;
    } else if (row[i] == EpochState::sleep) {
      if (waking > 0)
        spans.push_back({static_cast<double>(first) * epoch_s,
                         static_cast<double>(last + 1) * epoch_s,
                         static_cast<double>(waking) * epoch_s,
                         {},
                         {}});
      waking = 0;
    }
  }
  return spans;
}

bool meet(const Span& a, const Span& b) {
  const double slack = seconds(meets_within);
  return a.from_s - slack < b.to_s && b.from_s < a.to_s + slack;
}

bool half_unknown(Row row, const Span& span) {
  const auto n = static_cast<double>(row.size());
  const auto from = static_cast<std::size_t>(std::clamp(std::floor(span.from_s / epoch_s), 0.0, n));
  const auto to = static_cast<std::size_t>(std::clamp(std::ceil(span.to_s / epoch_s), 0.0, n));
  if (to <= from) return true;
  const auto part = row.subspan(from, to - from);
  return 2 * static_cast<std::size_t>(std::count(part.begin(), part.end(), EpochState::unknown)) >=
         part.size();
}

std::vector<Span> at_least(const std::vector<Span>& spans, double length_s) {
  std::vector<Span> out;
  std::ranges::copy_if(spans, std::back_inserter(out), [&](const Span& s) { return s.length_s >= length_s; });
  return out;
}

struct Matched {
  AwakeningAgreement counts;
  std::vector<JudgedAwakening> each;
};

/// See the header for the rules. [onset, end) is the true night in epochs.
Matched match(const std::vector<Span>& truth, const std::vector<Span>& said, double least_s, Row truth_row,
              Row said_row, std::size_t onset, std::size_t end) {
  Matched out;
  const auto wanted = at_least(truth, least_s);
  const auto offered = at_least(said, least_s / 2);
  std::size_t next = 0;
  for (const auto& one : wanted) {
    while (next < offered.size() && !meet(one, offered[next]) && offered[next].from_s < one.to_s)
      ++next;
    ++out.counts.truth;
    JudgedAwakening judged{one.from_s, one.to_s, Verdict::missed, {}, {}};
    if (next < offered.size() && meet(one, offered[next])) {
      ++out.counts.found;
      judged.verdict = Verdict::found;
      if (offered[next].suspected_s) judged.suspected_s = *offered[next].suspected_s - one.from_s;
      if (offered[next].confirmed_s) judged.confirmed_s = *offered[next].confirmed_s - one.from_s;
      ++next;
    } else if (half_unknown(said_row, one)) {
      ++out.counts.unseen;
      judged.verdict = Verdict::unseen;
    }
    out.each.push_back(judged);
  }

  // True wake before the onset and after the final awakening is no awakening, and saying one there is no
  // invention.
  auto real = at_least(truth, least_s / 2);
  const double begins = static_cast<double>(onset) * epoch_s, ends = static_cast<double>(end) * epoch_s;
  real.push_back({-INFINITY, begins, 0, {}, {}});
  real.push_back({ends, INFINITY, 0, {}, {}});
  for (const auto& one : at_least(said, least_s)) {
    if (one.from_s < begins || one.from_s >= ends || half_unknown(truth_row, one)) continue;
    if (std::ranges::any_of(real, [&](const Span& t) { return meet(one, t); })) continue;
    ++out.counts.invented;
    out.each.push_back({one.from_s, one.to_s, Verdict::invented, {}, {}});
  }
  std::ranges::stable_sort(out.each, {}, &JudgedAwakening::from_s);
  return out;
}

// ---- all nights

EpochAgreement bootstrapped(const Confusion& all, const std::vector<Confusion>& clusters) {
  auto out = agreement(all);
  if (clusters.size() < 2) return out;
  std::mt19937_64 random(seed);
  std::array<std::vector<double>, 4> values;
  for (int i = 0; i < resamples; ++i) {
    Confusion sum;
    for (std::size_t k = 0; k < clusters.size(); ++k)
      sum += clusters[random() % clusters.size()];
    const auto a = agreement(sum);
    const std::array each{a.sensitivity.value, a.specificity.value, a.accuracy.value, a.kappa.value};
    for (std::size_t m = 0; m < each.size(); ++m)
      if (each[m]) values[m].push_back(*each[m]);
  }
  const std::array<Estimate*, 4> to{&out.sensitivity, &out.specificity, &out.accuracy, &out.kappa};
  for (std::size_t m = 0; m < to.size(); ++m) {
    to[m]->low = to[m]->high = {};
    if (!to[m]->value || static_cast<double>(values[m].size()) < enough_resamples * resamples) continue;
    std::ranges::sort(values[m]);
    to[m]->low = quantile(values[m], .025);
    to[m]->high = quantile(values[m], .975);
  }
  return out;
}

void operator+=(AwakeningAgreement& to, const AwakeningAgreement& a) {
  to.truth += a.truth, to.found += a.found, to.unseen += a.unseen, to.invented += a.invented;
}

/// Which nights are drawn together.
std::vector<std::size_t> clusters_of(const Validation& v) {
  std::map<std::string, std::size_t> known;
  std::vector<std::size_t> cluster;
  for (std::size_t i = 0; i < v.nights.size(); ++i)
    cluster.push_back(
        v.interval == IntervalBy::people ? known.emplace(v.nights[i].person, known.size()).first->second : i);
  return cluster;
}

EpochAgreement pooled(const Validation& v, JudgedView ValidatedNight::* view,
                      EpochAgreement JudgedView::* scope) {
  const auto cluster = clusters_of(v);
  std::vector<Confusion> sums;
  Confusion all;
  for (std::size_t i = 0; i < v.nights.size(); ++i) {
    const auto& c = (v.nights[i].*view.*scope).confusion;
    all += c;
    if (sums.size() <= cluster[i]) sums.resize(cluster[i] + 1);
    sums[cluster[i]] += c;
  }
  return bootstrapped(all, sums);
}

BlandAltman over_nights(const Validation& v, NightFigures ValidatedNight::* said,
                        std::vector<EpochState> ValidatedNight::* row,
                        std::optional<double> NightFigures::* figure) {
  std::vector<BlandAltman::Pair> pairs;
  std::vector<std::size_t> left_out;
  for (std::size_t i = 0; i < v.nights.size(); ++i) {
    const auto& n = v.nights[i];
    const auto truth = n.true_figures.*figure, vigil = n.*said.*figure;
    if (truth && vigil && n.true_percent >= enough_percent &&
        known_percent(n.*row, n.lights_out, n.lights_on) >= enough_percent)
      pairs.push_back({*truth, *vigil, i});
    else
      left_out.push_back(i);
  }
  auto out = bland_altman(std::move(pairs));
  out.left_out = std::move(left_out);
  return out;
}

Validation::View view_of(const Validation& v, JudgedView ValidatedNight::* view,
                         NightFigures ValidatedNight::* figures,
                         std::vector<EpochState> ValidatedNight::* row) {
  Validation::View out;
  out.all.night = pooled(v, view, &JudgedView::night);
  out.all.record = pooled(v, view, &JudgedView::record);
  for (const auto& n : v.nights) {
    out.all.least_1min += (n.*view).least_1min;
    out.all.least_5min += (n.*view).least_5min;
  }
  out.tst = over_nights(v, figures, row, &NightFigures::tst_min);
  out.sol = over_nights(v, figures, row, &NightFigures::sol_min);
  out.waso = over_nights(v, figures, row, &NightFigures::waso_min);
  return out;
}

}  // namespace

Estimate wilson(std::uint64_t hits, std::uint64_t n) noexcept {
  if (n == 0) return {};
  const double p = ratio(hits, n), m = static_cast<double>(n), z2 = z_975 * z_975;
  const double middle = (p + z2 / (2 * m)) / (1 + z2 / m);
  const double reach = z_975 / (1 + z2 / m) * std::sqrt(p * (1 - p) / m + z2 / (4 * m * m));
  return {p, std::max(middle - reach, 0.0), std::min(middle + reach, 1.0)};
}

Estimate kappa(const Confusion& confusion) noexcept {
  const auto n = static_cast<double>(confusion.known());
  if (n == 0) return {};
  std::array<std::array<double, 2>, 2> p{};
  std::array<double, 2> row{}, column{};
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      p[i][j] = static_cast<double>(confusion.epochs[i + 1][j + 1]) / n;
      row[i] += p[i][j];
      column[j] += p[i][j];
    }
  const double agreed = p[0][0] + p[1][1];
  const double chance = row[0] * column[0] + row[1] * column[1];
  if (1 - chance < 1e-12) return {};
  const double value = (agreed - chance) / (1 - chance);
  double a = 0, b = 0;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      const double margin = column[i] + row[j];
      if (i == j)
        a += p[i][i] * std::pow((1 - chance) - margin * (1 - agreed), 2);
      else
        b += p[i][j] * margin * margin;
    }
  const double c = agreed * chance - 2 * chance + agreed;
  const double variance = (a + (1 - agreed) * (1 - agreed) * b - c * c) / (n * std::pow(1 - chance, 4));
  const double reach = z_975 * std::sqrt(std::max(variance, 0.0));
  return {value, std::max(value - reach, -1.0), std::min(value + reach, 1.0)};
}

EpochAgreement agreement(const Confusion& c) noexcept {
  using enum EpochState;
  EpochAgreement out;
  out.confusion = c;
  const auto hit = c.of(EpochState::sleep, EpochState::sleep), rest = c.of(wake, wake);
  out.sensitivity = wilson(hit, hit + c.of(EpochState::sleep, wake));
  out.specificity = wilson(rest, rest + c.of(wake, EpochState::sleep));
  out.accuracy = wilson(hit + rest, c.known());
  out.kappa = kappa(c);
  return out;
}

double student_975(double df) noexcept {
  constexpr std::array table{12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624,
                             2.306004,  2.262157, 2.228139, 2.200985, 2.178813, 2.160369, 2.144787,
                             2.131450,  2.119905, 2.109816, 2.100922, 2.093024, 2.085963};
  const auto whole = static_cast<std::size_t>(std::max(df, 1.0));
  if (whole <= table.size()) return table[whole - 1];
  // Cornish and Fisher's expansion: exact to 1e-5 from here on.
  const double z = z_975, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * df) + (5 * z5 + 16 * z3 + 3 * z) / (96 * df * df) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * df * df * df);
}

BlandAltman bland_altman(std::vector<BlandAltman::Pair> pairs) {
  BlandAltman out;
  out.pairs = std::move(pairs);
  const auto n = static_cast<double>(out.pairs.size());
  if (out.pairs.empty()) return out;
  double sum = 0, mean_of_both = 0;
  for (const auto& p : out.pairs)
    sum += p.said - p.truth, mean_of_both += (p.said + p.truth) / 2;
  const double bias = sum / n;
  mean_of_both /= n;
  out.bias.value = bias;
  if (out.pairs.size() < 2) return out;
  double dd = 0, dm = 0, mm = 0;
  for (const auto& p : out.pairs) {
    const double d = p.said - p.truth - bias, m = (p.said + p.truth) / 2 - mean_of_both;
    dd += d * d, dm += d * m, mm += m * m;
  }
  const double sd = std::sqrt(dd / (n - 1)), t = student_975(n - 1);
  out.sd = sd;
  const auto around = [](double value, double reach) {
    return Estimate{value, value - reach, value + reach};
  };
  out.bias = around(bias, t * sd / std::sqrt(n));
  const double reach = t * sd * std::sqrt(3 / n);  // of a limit: its variance is about 3 SD^2 / n
  out.lower = around(bias - z_975 * sd, reach);
  out.upper = around(bias + z_975 * sd, reach);
  if (out.pairs.size() >= 3 && mm > 0) {
    const double slope = dm / mm;
    const double rest = std::max(dd - slope * dm, 0.0);
    out.slope = around(slope, student_975(n - 2) * std::sqrt(rest / (n - 2) / mm));
  }
  return out;
}

Latency latency(std::vector<double> seconds) {
  Latency out;
  out.n = seconds.size();
  if (seconds.empty()) return out;
  std::ranges::sort(seconds);
  out.median_s = quantile(seconds, .5);
  out.p90_s = quantile(seconds, .9);
  return out;
}

std::optional<Calibration> calibration(std::span<const ValidatedNight> nights) {
  Calibration out;
  for (const auto& night : nights)
    for (std::size_t i = night.lights_out; i < night.lights_on && i < night.p_asleep.size(); ++i) {
      const auto truth = night.truth[i];
      if (!night.p_asleep[i] || truth == EpochState::unknown) continue;
      const double p = std::clamp(static_cast<double>(*night.p_asleep[i]), 0.0, 1.0);
      const double asleep = truth == EpochState::sleep ? 1 : 0;
      auto& bin = out.bins[std::min(static_cast<std::size_t>(p * 10), out.bins.size() - 1)];
      ++bin.n, ++out.n;
      bin.mean_p += p;
      bin.asleep += asleep;
      out.brier += (p - asleep) * (p - asleep);
    }
  if (out.n == 0) return {};
  const auto all = static_cast<double>(out.n);
  out.brier /= all;
  for (auto& bin : out.bins) {
    if (bin.n == 0) continue;
    bin.mean_p /= static_cast<double>(bin.n);
    bin.asleep /= static_cast<double>(bin.n);
    out.error += static_cast<double>(bin.n) / all * std::abs(bin.mean_p - bin.asleep);
  }
  return out;
}

ValidatedNight judge(const NightToJudge& night) {
  ValidatedNight out;
  out.truth.assign(night.truth.begin(), night.truth.end());
  auto laid = lay(night);
  out.live = std::move(laid.live);
  out.hindsight = std::move(laid.hindsight);
  out.p_asleep = std::move(laid.p);

  const auto n = out.truth.size();
  const Duration whole = epoch_length * static_cast<std::int64_t>(n);
  const auto inside = [&](const std::optional<Duration>& told, Duration otherwise) {
    return std::clamp(told.value_or(otherwise), Duration{}, whole);
  };
  const Duration off = inside(night.lights_out, Duration{}),
                 on = std::max(inside(night.lights_on, whole), off);
  // As sleep/figures: an epoch belongs to the night if its middle lies in it.
  const auto first_after = [&](Duration d) {
    return std::min(n, static_cast<std::size_t>((d + epoch_length / 2 - Duration(1)) / epoch_length));
  };
  out.lights_told = night.lights_out || night.lights_on;
  out.lights_out = first_after(off);
  out.lights_on = first_after(on);

  const Window window{night.first, night.first + off, night.first + on};
  out.true_figures = window.figures(out.truth);
  out.live_figures = window.figures(out.live);
  out.hindsight_figures = window.figures(out.hindsight);
  out.true_percent = known_percent(out.truth, out.lights_out, out.lights_on);
  out.known_percent = known_percent(out.hindsight, out.lights_out, out.lights_on);
  out.live_view.record = agreement(confusion(out.truth, out.live, out.lights_out, out.lights_on));
  out.hindsight_view.record = agreement(confusion(out.truth, out.hindsight, out.lights_out, out.lights_on));

  out.onset = window.onset(out.true_figures);
  if (!out.onset) return out;
  out.awakening = last_sleep_ends(out.truth, *out.onset, out.lights_on);
  if (!out.awakening) return out;
  const auto onset = *out.onset, end = *out.awakening;
  out.live_view.night = agreement(confusion(out.truth, out.live, onset, end));
  out.hindsight_view.night = agreement(confusion(out.truth, out.hindsight, onset, end));

  const auto truth = awakenings_of(out.truth, onset, end);
  std::vector<Span> live;
  const auto since = [&](Instant t) { return seconds(t - night.first); };
  for (const auto& a : night.awakenings)
    live.push_back(
        {since(a.from), since(a.to), since(a.to) - since(a.from), since(a.suspected), since(a.confirmed)});
  std::vector<Span> hindsight;
  if (const auto begins = window.onset(out.hindsight_figures))
    if (const auto ends = last_sleep_ends(out.hindsight, *begins, out.lights_on))
      hindsight = awakenings_of(out.hindsight, *begins, *ends);
  const auto of = [&](const std::vector<Span>& said, double least_s, Row row) {
    return match(truth, said, least_s, out.truth, row, onset, end);
  };
  auto each = of(live, 60, out.live);
  out.live_view.least_1min = each.counts;
  out.awakenings = std::move(each.each);
  out.live_view.least_5min = of(live, 300, out.live).counts;
  out.hindsight_view.least_1min = of(hindsight, 60, out.hindsight).counts;
  out.hindsight_view.least_5min = of(hindsight, 300, out.hindsight).counts;
  return out;
}

Validation judge(std::vector<ValidatedNight> nights) {
  Validation out;
  out.nights = std::move(nights);
  std::set<std::string> people;
  bool all_named = true;
  for (const auto& n : out.nights) {
    if (n.person.empty())
      all_named = false;
    else
      people.insert(n.person);
  }
  out.people = people.size();
  out.interval = out.nights.size() < 2             ? IntervalBy::epochs
                 : all_named && people.size() >= 2 ? IntervalBy::people
                                                   : IntervalBy::nights;
  out.live = view_of(out, &ValidatedNight::live_view, &ValidatedNight::live_figures, &ValidatedNight::live);
  out.hindsight = view_of(out, &ValidatedNight::hindsight_view, &ValidatedNight::hindsight_figures,
                          &ValidatedNight::hindsight);
  std::vector<double> suspected, confirmed;
  for (const auto& n : out.nights)
    for (const auto& a : n.awakenings) {
      if (a.suspected_s) suspected.push_back(*a.suspected_s);
      if (a.confirmed_s) confirmed.push_back(*a.confirmed_s);
    }
  out.suspected = latency(std::move(suspected));
  out.confirmed = latency(std::move(confirmed));
  out.calibration = calibration(out.nights);
  return out;
}

}  // namespace vigil::sleep
