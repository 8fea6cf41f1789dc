#include <cmath>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include "signal/heart.hpp"
#include "signal/respiration.hpp"

namespace vigil::signal {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

Instant at(double s) { return {from_seconds(s)}; }

// Plays kg(t, cell) at `rate_hz` from `from` to `to` seconds.
template <class Detector, class Kg>
void play(Detector& detector, double rate_hz, double from, double to, Kg&& kg) {
  for (auto i = std::llround(from * rate_hz); i < std::llround(to * rate_hz); ++i) {
    const double t = static_cast<double>(i) / rate_hz;
    Axes cells{};
    for (int c = 0; c < 4; ++c)
      cells[c] = static_cast<float>(kg(t, c));
    detector.step(cells, at(t));
  }
}

struct Noise {
  explicit Noise(unsigned seed, double kg) : random(seed), value(0, kg) {}
  double operator()() { return value(random); }
  std::mt19937 random;
  std::normal_distribution<double> value;
};

TEST(Respiration, a_sine_breathes_within_half_a_breath_at_every_rate) {
  for (const double rate_hz : {10.0, 25.0, 125.0})
    for (const double per_min : {7.0, 10.0, 15.0, 20.0, 28.0}) {
      Respiration breath(rate_hz);
      Noise noise(1, 0.01);
      play(breath, rate_hz, 0, 40, [&](double t, int c) {
        return 18 + c + (c < 2 ? 0.05 : -0.03) * std::sin(two_pi * per_min / 60 * t) + noise();
      });
      EXPECT_NEAR(breath.estimate().per_min, per_min, 0.5) << rate_hz;
      EXPECT_GT(breath.estimate().quality, 0.85F) << rate_hz << " " << per_min;
    }
}

TEST(Respiration, one_cell_of_four_is_enough_and_noise_alone_is_unknown) {
  int answered = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Respiration one(20), none(20);
    Noise noise(seed, 0.02);
    play(one, 20, 0, 40,
         [&](double t, int c) { return 18 + (c == 2 ? 0.04 * std::sin(two_pi * 0.25 * t) : 0.0) + noise(); });
    EXPECT_NEAR(one.estimate().per_min, 15, 0.5) << seed;
    EXPECT_GE(one.estimate().quality, Respiration::least_quality) << seed;
    play(none, 20, 0, 40, [&](double, int) { return 18 + noise(); });
    answered += none.estimate().quality >= Respiration::least_quality;
  }
  EXPECT_LE(answered, 1) << "of 40 noises";
}

TEST(Respiration, invents_nothing_over_a_gap_or_a_movement) {
  const auto breathe = [](double t, int) { return 18 + 0.05 * std::sin(two_pi * 0.25 * t); };
  Respiration breath(10);
  play(breath, 10, 0, 14, breathe);
  EXPECT_EQ(breath.estimate().per_min, 0) << "too little seen";
  play(breath, 10, 14, 30, breathe);
  EXPECT_NEAR(breath.estimate().per_min, 15, 0.5);
  play(breath, 10, 35, 49, breathe);
  EXPECT_EQ(breath.estimate().per_min, 0);
  EXPECT_EQ(breath.estimate().quality, 0);
  play(breath, 10, 49, 52, breathe);
  EXPECT_NEAR(breath.estimate().per_min, 15, 0.5);
  breath.disturb();
  play(breath, 10, 52, 66, breathe);
  EXPECT_EQ(breath.estimate().per_min, 0);
}

TEST(Respiration, a_pause_is_no_number_within_10_s) {
  Respiration breath(20);
  Noise noise(3, 0.004);
  const auto breathe = [&](double t, int) {
    return 18 + (t < 60 || t > 85 ? 0.05 : 0.0) * std::sin(two_pi * 0.25 * t) + noise();
  };
  play(breath, 20, 0, 60, breathe);
  EXPECT_NEAR(breath.estimate().per_min, 15, 0.5);
  play(breath, 20, 60, 71, breathe);
  for (double t = 71; t < 85; ++t) {
    EXPECT_FALSE(breath.estimate().per_min > 0 && breath.estimate().quality >= Respiration::least_quality)
        << t;
    play(breath, 20, t, t + 1, breathe);
  }
  play(breath, 20, 85, 125, breathe);
  EXPECT_NEAR(breath.estimate().per_min, 15, 0.5) << "and goes on";
}

TEST(Respiration, a_scale_in_tenths_of_a_kilogram_does_not_see_breath) {
  Respiration fine(10), coarse(10);
  Noise noise(4, 0.005);
  play(fine, 10, 0, 30, [&](double, int) { return 18 + noise(); });
  play(coarse, 10, 0, 30, [&](double, int) { return std::round(10 * (18 + 10 * noise())) / 10; });
  EXPECT_TRUE(fine.sees());
  EXPECT_FALSE(coarse.sees());
}

// A beat every 60 / bpm s, each ringing at 5 Hz for a quarter of a second, with an interval that varies by 3
// %.
struct Beats {
  explicit Beats(double bpm, double kg) : bpm_(bpm), kg_(kg) {}
  double operator()(double t, int c) {
    while (t >= next_) {
      last_ = next_;
      next_ += 60 / bpm_ * (1 + 0.03 * std::sin(two_pi * 0.23 * next_));
    }
    const double since = t - last_;
    return 18 + (c % 2 ? -0.6 : 1) * kg_ * std::exp(-since / 0.12) * std::sin(two_pi * 5 * since) +
           0.05 * std::sin(two_pi * 0.25 * t) + noise_();
  }

 private:
  double bpm_, kg_, last_ = -10, next_ = 0;
  Noise noise_{7, 0.004};
};

TEST(Heart, beats_are_counted_beneath_breath_and_noise) {
  for (const double rate_hz : {50.0, 100.0, 125.0})
    for (const double bpm : {45.0, 60.0, 75.0, 100.0, 130.0}) {
      Heart heart(rate_hz);
      Beats beats(bpm, 0.02);
      play(heart, rate_hz, 0, 40, beats);
      EXPECT_NEAR(heart.estimate().per_min, bpm, 1.5) << rate_hz;
      EXPECT_GT(heart.estimate().quality, Heart::least_quality) << rate_hz << " " << bpm;
    }
}

TEST(Heart, noise_alone_and_a_knock_are_unknown) {
  int answered = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Heart heart(100);
    Noise noise(seed, 0.006);
    play(heart, 100, 0, 40, [&](double t, int) {
      return 18 + noise() + (t > 20 && t < 20.2 ? 0.3 * std::sin(two_pi * 5 * t) : 0.0);
    });
    answered += heart.estimate().per_min > 0 && heart.estimate().quality >= Heart::least_quality;
  }
  EXPECT_LE(answered, 1) << "of 40 noises";
}

bool told(const Rate& r) { return r.per_min > 0 && r.quality >= Heart::least_quality; }

TEST(Heart, invents_nothing_over_a_gap_or_a_movement) {
  Heart heart(100);
  Beats beats(60, 0.02);
  play(heart, 100, 0, 3, beats);
  EXPECT_EQ(heart.estimate().per_min, 0) << "too little seen";
  play(heart, 100, 3, 20, beats);
  EXPECT_NEAR(heart.estimate().per_min, 60, 1.5);
  play(heart, 100, 21, 24, beats);
  EXPECT_EQ(heart.estimate().per_min, 0) << "a gap";
  play(heart, 100, 24, 32, beats);
  EXPECT_NEAR(heart.estimate().per_min, 60, 1.5);
  heart.disturb();
  EXPECT_EQ(heart.estimate().per_min, 0);
  EXPECT_EQ(heart.estimate().quality, 0);
}

TEST(Heart, a_known_heart_is_told_again_soon_after_a_movement_but_never_of_noise) {
  int told_s = 0, of_noise = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Heart on(100), gone(100);
    Beats beats(60, 0.02), same(60, 0.02);
    play(on, 100, 0, 40, beats), play(gone, 100, 0, 40, same);
    ASSERT_TRUE(told(on.estimate()) && told(gone.estimate()));
    on.disturb(), gone.disturb();
    play(on, 100, 50, 58, beats);
    EXPECT_NEAR(on.estimate().per_min, 60, 2);
    told_s += told(on.estimate());
    Noise noise(seed, 0.006);
    for (double t = 50; t < 110; ++t) {
      play(gone, 100, t, t + 1, [&](double, int) { return 18 + noise(); });
      of_noise += told(gone.estimate());
    }
  }
  EXPECT_EQ(told_s, 40);
  EXPECT_LE(of_noise, 5) << "of 2400 s after leaving";
}

TEST(Heart, what_it_was_is_no_answer_for_what_it_is) {
  for (const double then : {55.0, 75.0})
    for (const double now : {48.0, 66.0, 90.0, 110.0}) {
      Heart heart(100);
      Beats slow(then, 0.02), fast(now, 0.02);
      play(heart, 100, 0, 40, slow);
      heart.disturb();
      int wrong = 0;
      for (double t = 60; t < 90; ++t) {
        play(heart, 100, t, t + 1, fast);
        wrong += told(heart.estimate()) && std::abs(heart.estimate().per_min - now) > 5;
      }
      EXPECT_LE(wrong, 1) << then << " " << now;
      EXPECT_TRUE(told(heart.estimate())) << then << " " << now;
      EXPECT_NEAR(heart.estimate().per_min, now, 2) << then;
    }
}

TEST(Heart, a_rising_heart_is_followed) {
  Heart heart(100);
  Noise noise(5, 0.004);
  double last = -10, next = 0;
  const auto bpm = [](double t) { return t < 40 ? 60.0 : 60 + 10 * (1 - std::exp((40 - t) / 10)); };
  const auto kg = [&](double t, int c) {
    while (t >= next)
      last = next, next += 60 / bpm(next);
    return 18 + (c % 2 ? -0.01 : 0.02) * std::exp(-(t - last) / 0.12) * std::sin(two_pi * 5 * (t - last)) +
           noise();
  };
  play(heart, 100, 0, 40, kg);
  for (double t = 40; t < 80; ++t) {
    play(heart, 100, t, t + 1, kg);
    EXPECT_TRUE(told(heart.estimate())) << t;
    EXPECT_NEAR(heart.estimate().per_min, bpm(t - 3), 2) << t;
  }
}

}  // namespace
}  // namespace vigil::signal
