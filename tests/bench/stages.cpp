// links: vigil_bed
// Values a second through Bed::step (stages 4 to 6 with the filters of 2 to 4), one core: a 32 x 64 pressure
// image at 25 Hz, scalar load at 100 Hz, a wrist at 100 Hz x 3; and how long a night of eight hours takes.
// Floor in the same run: memcpy of the same bytes, sample by sample for the scalars, from where the caller
// has them.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bed/bed.hpp"
#include "sleep/estimator.hpp"

namespace {

using namespace vigil;
using Steady = std::chrono::steady_clock;

constexpr int repeats = 5;

double best_of(auto&& once) {
  double best = 1e300;
  for (int i = 0; i < repeats; ++i) {
    const auto began = Steady::now();
    once();
    best = std::min(best, std::chrono::duration<double>(Steady::now() - began).count());
  }
  return best;
}

void row(const char* name, double value, const char* unit, double floor, const char* floor_name,
         const char* aim) {
  std::printf(R"({"row":"%s","value":%.6g,"unit":"%s")", name, value, unit);
  if (floor > 0)
    std::printf(R"(,"floor":%.6g,"floor_name":"%s","ratio":%.3f)", floor, floor_name, floor / value);
  if (*aim) std::printf(R"(,"aim":"%s")", aim);
  std::printf("}\n");
}

Instant at(std::int64_t i, double rate) {
  return {Duration(static_cast<std::int64_t>(1e9 * static_cast<double>(i) / rate))};
}

// A recording in memory: `count` samples of `width` values each, one after the other.
struct Recording {
  Channel channel;
  std::vector<float> values;
  std::int64_t count;
};

Recording image() {
  Recording r{{Quantity::pressure, 32, 64, 25, 0, 4095, 0}, {}, 250};  // a third of the cells empty
  r.values.resize(2048 * 250);
  for (std::size_t i = 0; i < r.values.size(); ++i)
    r.values[i] = i % 3 == 0 ? 0.0F
                             : static_cast<float>(30 + 20 * std::sin(static_cast<double>(i % 2048) / 90 +
                                                                     static_cast<double>(i / 2048) / 25));
  return r;
}
Recording load(double hours) {
  const auto n = static_cast<std::int64_t>(hours * 3600 * 100);
  Recording r{{Quantity::load, 1, 1, 100, -200, 500, 0}, {}, n};
  for (std::int64_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i) / 100;
    const bool moves = std::fmod(t, 900) > 890;
    r.values.push_back(static_cast<float>((t > 60 ? 74 : 4) + 0.08 * std::sin(1.57 * t) +
                                          (moves ? 4 * std::sin(5.6 * t) : 0)));
  }
  return r;
}
Recording wrist(double hours) {
  const auto n = static_cast<std::int64_t>(hours * 3600 * 100);
  Recording r{{Quantity::acceleration, 1, 3, 100, -16, 16, 0}, {}, n};
  for (std::int64_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i) / 100;
    const bool moves = std::fmod(t, 900) > 890;
    r.values.insert(r.values.end(),
                    {-0.6F, 0.78F, static_cast<float>(0.1 + (moves ? 0.4 * std::sin(7 * t) : 0))});
  }
  return r;
}

// Seconds for the whole recording, `times` over, ticked ten times a second.
double run(const Recording& r, int times) {
  return best_of([&] {
    bed::Bed bed("bench", {});
    bed::Output out;
    const ChannelIndex ch = bed.attach("device", r.channel, std::chrono::seconds(3), true);
    const auto width = r.channel.values();
    const auto tick_every = std::max<std::int64_t>(1, static_cast<std::int64_t>(r.channel.rate_hz / 10));
    std::int64_t i = 0;
    for (int k = 0; k < times; ++k)
      for (std::int64_t n = 0; n < r.count; ++n, ++i) {
        const Instant t = at(i, double{r.channel.rate_hz});
        bed.step(Sample{ch, t, std::span(r.values).subspan(static_cast<std::size_t>(n) * width, width)}, out);
        if (i % tick_every == 0) {
          bed.step(bed::Tick{t - std::chrono::milliseconds(300)}, out);
          out.clear();
        }
      }
  });
}

double copy(const Recording& r, int times) {
  const auto width = r.channel.values();
  std::vector<float> to(width);
  return best_of([&] {
    for (int k = 0; k < times; ++k)
      for (std::int64_t n = 0; n < r.count; ++n) {
        std::memcpy(to.data(), r.values.data() + static_cast<std::size_t>(n) * width, width * sizeof(float));
        asm volatile("" : : "r"(to.data()) : "memory");
      }
  });
}

}  // namespace

int main() {
  const auto values = [](const Recording& r, int times) {
    return static_cast<double>(r.count) * static_cast<double>(r.channel.values()) * times;
  };
  const auto rate = [&](const char* name, const Recording& r, int times, const char* aim) {
    const double n = values(r, times) / 1e6;
    row(name, n / run(r, times), "million values/s", n / copy(r, times), "memcpy of the same bytes", aim);
  };
  rate("stages 4-6, 32x64 pressure image", image(), 20, ">= 100");
  rate("stages 4-6, load 100 Hz", load(1), 2, ">= 20");
  rate("stages 4-6, wrist 3 x 100 Hz", wrist(1), 2, ">= 20");

  const Recording weight = load(8);
  const Recording arm = wrist(8);
  const double night = best_of([&] {
    bed::Bed bed("bench", {});
    bed::Output out;
    const ChannelIndex a = bed.attach("scale", weight.channel, std::chrono::seconds(3), true);
    const ChannelIndex b = bed.attach("wrist", arm.channel, std::chrono::seconds(3), true);
    for (std::int64_t i = 0; i < weight.count; ++i) {
      const Instant t = at(i, 100);
      const auto k = static_cast<std::size_t>(i);
      bed.step(Sample{a, t, std::span(weight.values).subspan(k, 1)}, out);
      bed.step(Sample{b, t, std::span(arm.values).subspan(3 * k, 3)}, out);
      if (i % 10 == 0) {
        bed.step(bed::Tick{t - std::chrono::milliseconds(300)}, out);
        out.clear();
      }
    }
  });
  row("a night of 8 h, load and wrist at 100 Hz", night * 1e3, "ms", 0, "", "");
  const double one = best_of([&] {
    bed::Bed bed("bench", {});
    bed::Output out;
    const ChannelIndex b = bed.attach("wrist", arm.channel, std::chrono::seconds(3), true);
    for (std::int64_t i = 0; i < arm.count; ++i) {
      bed.step(Sample{b, at(i, 100), std::span(arm.values).subspan(3 * static_cast<std::size_t>(i), 3)}, out);
      if (i % 100 == 0) bed.step(bed::Tick{at(i, 100) - std::chrono::milliseconds(300)}, out), out.clear();
    }
  });
  row("a night of 8 h scored, wrist at 100 Hz", one * 1e3, "ms", 0, "", "< 200");

  // What a second of the live estimate costs, everything known: clues, durations, scorecard.
  constexpr int seconds_of_night = 8 * 3600;
  float believed = 0;
  const double estimate = best_of([&] {
    sleep::Watch watch;
    sleep::Estimator estimator(sleep::parameters());
    sleep::Watch::Seen seen;
    seen.in_bed = true;
    for (int s = 1; s <= seconds_of_night; ++s) {
      const float wobble = static_cast<float>(s % 7) / 7;
      seen.now = Instant{std::chrono::seconds(s)};
      seen.bed_movement = s % 900 < 10 ? 5 * wobble : 0.2F + 0.1F * wobble;
      seen.wrist_counts = s % 900 < 10 ? 60 * wobble : 0;
      seen.breath_rpm = 14 + wobble, seen.breath_quality = 0.9F, seen.heart_bpm = 58 + 2 * wobble;
      seen.p_asleep = estimator.p_asleep();
      estimator.second(watch.second(seen));
      believed += estimator.p_asleep();
    }
  });
  if (believed < 0) return 1;  // so that nothing of it is left out
  row("one bed's live estimate, a second of it", estimate * 1e6 / seconds_of_night, "us", 0, "", "< 20");
}
