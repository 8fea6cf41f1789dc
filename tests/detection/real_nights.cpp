#include "detection/real_nights.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <sstream>
#include <utility>

#include <zlib.h>

#include "bed/bed.hpp"

namespace vigil::detection {
namespace {

const std::string folder = std::string(VIGIL_SHARED_DIR) + "/data/wrist_nights/";

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  gzFile f = gzopen(file.c_str(), "rb");
  if (f == nullptr) return lines;
  std::string text;
  std::array<char, 4096> part{};
  while (gzgets(f, part.data(), static_cast<int>(part.size())) != nullptr) {
    text += part.data();
    if (text.back() != '\n') continue;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
      text.pop_back();
    lines.push_back(std::exchange(text, {}));
  }
  gzclose(f);
  return lines;
}

std::vector<double> fields(const std::string& line) {
  std::vector<double> out;
  std::istringstream in(line);
  for (std::string f; std::getline(in, f, ',');)
    out.push_back(std::strtod(f.c_str(), nullptr));
  return out;
}

// Counts as signal/counts scales them (61 a g at 10 Hz) of a swing whose size is that of the 95th percentile
// of |a| over its median, beyond the same deadband.
std::vector<float> minutes_of(const std::vector<std::string>& lines) {
  constexpr double part_s = 0.8, deadband_g = 0.068, counts_a_g_s = 610;
  std::vector<float> minutes;
  double t = 0;
  for (std::size_t i = 1; i < lines.size(); ++i, t += part_s) {
    const auto f = fields(lines[i]);  // epoch, median, mean, max, p95
    if (f.size() < 5) continue;
    const auto minute = static_cast<std::size_t>(t / 60);
    minutes.resize(std::max(minutes.size(), minute + 1));
    minutes[minute] +=
        static_cast<float>(part_s * counts_a_g_s * std::max(0.0, f[4] - f[1] - deadband_g / 2));
  }
  return minutes;
}

NightFigures figures_of(const std::vector<float>& minutes) {
  bed::Bed bed("bed-1", {});
  bed::Output out;
  const auto channel =
      bed.attach("wrist", {.quantity = Quantity::counts, .minimum = 0, .maximum = 1e6F, .epoch_s = 60},
                 std::chrono::seconds(180), false);
  Event lights_out;
  lights_out.payload = event::LightsOut{};
  bed.step(lights_out, out);
  std::int64_t m = 0;
  for (const float counts : minutes) {
    bed.step(Sample{channel, Instant{std::chrono::minutes(m)}, std::span(&counts, 1)}, out);
    bed.step(bed::Tick{Instant{std::chrono::minutes(++m)}}, out);
    out.clear();
  }
  NightFigures so_far = bed.night().figures;
  for (std::int64_t s = 0; s < 3 * 3600; s += 30) {
    bed.step(bed::Tick{Instant{std::chrono::minutes(m) + std::chrono::seconds(s)}}, out);
    for (const Event& e : out.events)
      if (const auto* closed = std::get_if<event::NightClosed>(&e.payload)) so_far = closed->figures;
    out.clear();
  }
  return so_far;
}

std::vector<double> ranks(const std::vector<double>& x) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t i) { return x[i]; });
  std::vector<double> r(x.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && x[order[j]] == x[order[i]])
      ++j;
    for (std::size_t k = i; k < j; ++k)
      r[order[k]] = (static_cast<double>(i + j) - 1) / 2;
    i = j;
  }
  return r;
}

std::optional<double> rho_of(const std::vector<double>& x, const std::vector<double>& y) {
  const auto a = ranks(x), b = ranks(y);
  const auto n = static_cast<double>(x.size());
  const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
  if (aa <= 0 || bb <= 0) return {};
  return ab / std::sqrt(aa * bb);
}

}  // namespace

std::optional<Rank> spearman(const std::vector<double>& x, const std::vector<double>& y) {
  const auto rho = rho_of(x, y);
  if (!rho) return {};
  std::mt19937 random(1);
  std::vector<double> drawn;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> a, b;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto j = random() % x.size();
      a.push_back(x[j]), b.push_back(y[j]);
    }
    if (const auto r = rho_of(a, b)) drawn.push_back(*r);
  }
  std::ranges::sort(drawn);
  const auto at = [&](double q) {
    return drawn[static_cast<std::size_t>(q * static_cast<double>(drawn.size() - 1))];
  };
  return Rank{*rho, at(0.025), at(0.975)};
}

std::vector<ToldNight> told_nights() {
  std::vector<ToldNight> nights;
  const auto survey = lines_of(folder + "survey.csv");
  for (std::size_t i = 1; i < survey.size(); ++i) {
    std::vector<std::string> f;
    std::istringstream in(survey[i]);
    for (std::string part; std::getline(in, part, ',');)
      f.push_back(part);
    if (f.size() < 8) continue;
    ToldNight night;
    night.name = "p" + f[0] + "n" + f[1];
    const auto lines = lines_of(folder + night.name + ".csv.gz");
    if (lines.size() < 100) continue;
    night.quality = std::stod(f[4]);
    night.told = std::stoi(f[5]);
    const NightFigures figures = figures_of(minutes_of(lines));
    night.found = figures.nwak_1min, night.found_5min = figures.nwak_5min;
    night.tst_min = figures.tst_min.value_or(0), night.sol_min = figures.sol_min.value_or(0);
    night.waso_min = figures.waso_min.value_or(0);
    nights.push_back(night);
  }
  return nights;
}

void real_nights() {
  const auto nights = told_nights();
  if (nights.empty()) {
    std::printf(R"({"row":"real nights: ../shared/data is not here","unit":"skipped"})"
                "\n");
    return;
  }
  std::vector<double> told, found, found_5min, waso;
  for (const auto& n : nights) {
    told.push_back(n.told), found.push_back(n.found), found_5min.push_back(n.found_5min),
        waso.push_back(n.waso_min);
    std::printf(
        R"({"row":"real night %s: awakenings >= 1 min found, %d told","value":%d,"unit":"TST %.0f, SOL %.0f, WASO %.0f min"})"
        "\n",
        n.name.c_str(), n.told, n.found, n.tst_min, n.sol_min, n.waso_min);
  }
  const auto rank = [&](const char* what, const std::vector<double>& x) {
    if (const auto r = spearman(x, told))
      std::printf(
          R"({"row":"%zu real nights: rank correlation with the awakenings told, of %s","value":%.3g,"unit":"(%.2f to %.2f): too few to prove anything"})"
          "\n",
          told.size(), what, r->rho, r->low, r->high);
  };
  rank("awakenings >= 1 min", found);
  rank("awakenings >= 5 min", found_5min);
  rank("WASO", waso);
}

}  // namespace vigil::detection
