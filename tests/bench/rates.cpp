// links: vigil_drivers vigil_bed
// Breath and heart rate of a bed on four load cells at 125 Hz against the truth of the synthetic sleeper,
// whose numbers the detection never sees: mean absolute error and the share of the seconds asleep that were
// answered, over several people. The truth is averaged over 30 s, which is what a breath's estimate looks at;
// the heart's follows faster. And what such a bed costs.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>

#include "bed/bed.hpp"
#include "drivers/synthetic/physiology.hpp"

namespace {

using namespace vigil;
using drivers::synthetic::LoadCells;
using drivers::synthetic::Physiology;
using drivers::synthetic::Truth;

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void row(const char* name, double value, const char* unit, const char* aim) {
  std::printf(R"({"row":"%s","value":%.4g,"unit":"%s")", name, value, unit);
  if (*aim) std::printf(R"(,"aim":"%s")", aim);
  std::printf("}\n");
}

// The mean of the last half minute.
class Mean {
 public:
  void push(double v) {
    sum_ += v - kept_[next_];
    kept_[next_] = v;
    next_ = (next_ + 1) % kept_.size();
  }
  [[nodiscard]] double value() const { return sum_ / static_cast<double>(kept_.size()); }

 private:
  std::array<double, 30> kept_{};
  std::size_t next_ = 0;
  double sum_ = 0;
};

struct Score {
  long asleep = 0, answered = 0, wrong = 0, in_pause = 0, pause = 0;
  double error = 0, quality = 0;
  void add(double truth, const std::optional<Measure>& told, double limit) {
    ++asleep;
    if (!told) return;
    ++answered;
    const double e = std::abs(double{told->value} - truth);
    error += e;
    wrong += e > limit;
  }
};

struct Scores {
  Score breath, heart;
  long empty = 0, empty_answered = 0;
  double cpu_s = 0, seconds = 0;
};

void night(std::uint64_t seed, double weight_kg, double hours, Scores& scores) {
  Physiology body({.seed = seed, .weight_kg = weight_kg, .night_h = hours, .day_h = 0.1, .cells = true});
  bed::Bed bed("bench", {});
  bed::Output out;
  const Channel channel{Quantity::load, 1, 4, 125, -50, 200, 0};
  const auto ch = bed.attach("cells", channel, std::chrono::seconds(3), true);
  constexpr Duration sample_step = std::chrono::milliseconds(8);
  constexpr Instant origin{std::chrono::hours(1)};
  Mean breath, heart;
  double breath_sum = 0, heart_sum = 0, pause_s = 0;
  for (int tenth = 1; body.position() < from_seconds(hours * 3600 + 600); ++tenth) {
    const auto& chunk = body.next();
    const double began = cpu_s();
    for (std::size_t i = 0; i < chunk.cells; ++i)
      bed.step(Sample{ch, origin + sample_step * (chunk.first_cell + static_cast<std::int64_t>(i)),
                      chunk.cells_kg[i]},
               out);
    bed.step(bed::Tick{origin + body.position()}, out);
    scores.cpu_s += cpu_s() - began;
    breath_sum += chunk.breath_rpm, heart_sum += chunk.heart_bpm;
    pause_s = chunk.truth == Truth::asleep && chunk.breath_rpm == 0 ? pause_s + 0.1 : 0;
    if (tenth % 10 == 0) {
      ++scores.seconds;
      breath.push(breath_sum / 10), heart.push(heart_sum / 10);
      breath_sum = heart_sum = 0;
      const Reading r = bed.latest();
      if (chunk.truth == Truth::asleep) {
        scores.breath.add(breath.value(), r.breath_rpm, 2);
        scores.heart.add(heart.value(), r.heart_bpm, 5);
        if (pause_s > 10) ++scores.breath.pause, scores.breath.in_pause += r.breath_rpm.has_value();
      } else if (chunk.truth == Truth::out_of_bed) {
        ++scores.empty, scores.empty_answered += r.breath_rpm || r.heart_bpm;
      }
    }
    out.clear();
  }
}

}  // namespace

int main() {
  constexpr double hours = 4;
  constexpr int people = 6;
  Scores s;
  for (int i = 0; i < people; ++i)
    night(101 + static_cast<std::uint64_t>(i), 48 + 9 * i, hours, s);
  const auto tell = [](const char* what, const Score& score, const char* unit, const char* error_aim,
                       const char* share_aim, const char* limit) {
    char name[96];
    std::snprintf(name, sizeof name, "%s, mean absolute error", what);
    row(name, score.error / static_cast<double>(score.answered), unit, error_aim);
    std::snprintf(name, sizeof name, "%s, share of sleep answered", what);
    row(name, 100.0 * static_cast<double>(score.answered) / static_cast<double>(score.asleep), "%",
        share_aim);
    std::snprintf(name, sizeof name, "%s, answers off by more than %s", what, limit);
    row(name, 100.0 * static_cast<double>(score.wrong) / static_cast<double>(score.answered), "%", "<= 5");
  };
  tell("breath, 4 cells at 125 Hz", s.breath, "breaths/min", "<= 1", ">= 60", "2");
  tell("heart, 4 cells at 125 Hz", s.heart, "beats/min", "<= 2", ">= 60", "5");
  row("breath, answered after 10 s of a pause",
      100.0 * static_cast<double>(s.breath.in_pause) / static_cast<double>(s.breath.pause), "%", "<= 5");
  row("rates told of an empty bed",
      100.0 * static_cast<double>(s.empty_answered) / static_cast<double>(s.empty), "%", "0");
  row("a bed's second with rates, 4 cells at 125 Hz", 1e6 * s.cpu_s / s.seconds, "us CPU", "<= 100");
}
