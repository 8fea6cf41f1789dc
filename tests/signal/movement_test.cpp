#include "signal/movement.hpp"

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "signal/load.hpp"
#include "signal/position.hpp"

namespace vigil::signal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant at(double s) { return {from_seconds(s)}; }

// RMS over whole seconds of a swing of `kg` peak at `hz`, seen at `rate` samples a second.
double rms_of_swing(double rate, float nominal, double kg, double hz) {
  LoadMovement movement(nominal);
  double energy = 0;
  int n = 0;
  for (int i = 0; i < 60 * rate; ++i) {
    const double t = i / rate;
    const float e =
        movement.step(static_cast<float>(80 + kg * std::sin(2 * std::numbers::pi * hz * t)), at(t));
    if (t >= 20) energy += e, ++n;
  }
  return std::sqrt(energy / n);
}

TEST(LoadMovement, passes_turning_and_weakens_breathing_at_every_rate) {
  for (const double rate : {5.0, 10.0, 50.0, 100.0}) {
    for (const float nominal : {static_cast<float>(rate), 0.0F}) {
      EXPECT_NEAR(rms_of_swing(rate, nominal, 4, 1) / (4 / std::numbers::sqrt2), 0.9, 0.1)
          << rate << " " << nominal;
      EXPECT_LT(rms_of_swing(rate, nominal, 0.15, 0.25), 0.08) << rate;
    }
  }
}

TEST(LoadMovement, knows_no_weight_only_its_change) {
  LoadMovement movement(10);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(movement.step(75, at(i / 10.0)), 0) << i;
}

TEST(LoadMovement, takes_a_gap_for_no_movement) {
  LoadMovement movement(10);
  for (int i = 0; i < 100; ++i)
    movement.step(75, at(i / 10.0));
  EXPECT_EQ(movement.step(4, at(100)), 0);
}

TEST(LoadMovement, survives_a_burst_with_one_stamp) {
  LoadMovement movement(0);
  for (int i = 0; i < 50; ++i)
    movement.step(75, at(1));
  EXPECT_EQ(movement.step(75, at(2)), 0);
}

// The plain definition, cell by cell in double.
struct Slow {
  std::vector<double> mean;
  double step(const std::vector<float>& in, double a) {
    if (mean.empty()) mean.assign(in.begin(), in.end());
    double energy = 0, image = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double d = in[i] - mean[i];
      mean[i] += a * d;
      energy += d * d;
      image += mean[i] * mean[i];
    }
    return image > 0 ? std::sqrt(energy / image) : 0;
  }
};

TEST(ImageMovement, in_vector_form_is_what_it_is_cell_by_cell) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> value(0, 4000);
  for (const std::size_t cells :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{72}, std::size_t{2048}}) {
    ImageMovement movement(cells, 25);
    Slow slow;
    const double a = 0.04 / 1.04;
    std::vector<float> image(cells);
    for (int frame = 0; frame < 100; ++frame) {
      double level = 0;
      for (float& v : image)
        v = value(random), level += v / static_cast<double>(cells);
      const auto seen = movement.step(image, at(frame * 0.04));
      EXPECT_NEAR(seen.relative, slow.step(image, a), 1e-4) << cells;
      EXPECT_NEAR(seen.level, level, level * 1e-4);
    }
  }
}

TEST(ImageMovement, of_an_empty_image_is_nothing) {
  ImageMovement movement(64, 10);
  const std::vector<float> image(64, 0.0F);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(movement.step(image, at(i / 10.0)).relative, 0);
}

TEST(ImageMovement, begins_anew_after_a_silence) {
  ImageMovement movement(64, 10);
  movement.step(std::vector<float>(64, 100.0F), at(0));
  EXPECT_EQ(movement.step(std::vector<float>(64, 900.0F), at(60)).relative, 0);
}

TEST(Load, is_the_sum_while_every_part_is_fresh) {
  const auto part = [](float kg, double t) { return LoadPart{kg, at(t), seconds(3)}; };
  Load load;
  EXPECT_FALSE(load.sum());
  load.add(part(20, 9), at(10));
  load.add(part(22, 8), at(10));
  ASSERT_TRUE(load.sum());
  EXPECT_FLOAT_EQ(load.sum()->value, 42);
  EXPECT_EQ(load.sum()->at, at(8)) << "as old as its oldest part";
  load.add(part(19, 6.9), at(10));
  EXPECT_FALSE(load.sum());
  load.begin();
  load.add({20, std::nullopt, seconds(3)}, at(10));
  EXPECT_FALSE(load.sum());
}

TEST(LoadPosition, sees_a_turn_from_one_side_to_the_other) {
  LoadPosition position;
  int s = 0;
  const auto play = [&](float left, float right, Moved moved, int n) {
    std::optional<PositionChange> seen;
    for (int i = 0; i < n; ++i) {
      const std::array<float, 2> kg{left, right};
      if (auto change = position.step({seconds(++s)}, kg, moved)) seen = change;
    }
    return seen;
  };
  EXPECT_FALSE(play(30, 40, Moved::still, 60));
  EXPECT_FALSE(play(35, 35, Moved::moving, 8));
  const auto change = play(38, 32, Moved::still, 10);
  ASSERT_TRUE(change) << "though the sum is the same";
  EXPECT_FLOAT_EQ(change->size, 8);
  EXPECT_EQ(change->at, Instant{seconds(60)});
  EXPECT_FALSE(play(38, 32, Moved::moving, 8));
  EXPECT_FALSE(play(38.5F, 31.5F, Moved::still, 20)) << "half a kilogram is no turn";
  play(38, 32, Moved::moving, 3);
  play(38, 32, Moved::unknown, 1);
  EXPECT_FALSE(play(10, 60, Moved::still, 20)) << "what happened in a silence is not known";
  EXPECT_FALSE(play(20, 50, Moved::still, 60)) << "nothing moved: slow creep";
}

// A body of 200 cells of 1,000 on a mat of 40 x 50, moved along it; `floor` on every cell.
std::vector<float> body_at(std::size_t first, float floor = 0) {
  std::vector<float> image(2000, floor);
  std::fill_n(image.begin() + static_cast<std::ptrdiff_t>(first), 200, floor + 1000);
  return image;
}

TEST(ImagePosition, is_the_share_of_the_pressure_that_lies_elsewhere) {
  ImagePosition position(2000);
  EXPECT_FLOAT_EQ(position.elsewhere(body_at(0), body_at(0)), 0);
  EXPECT_NEAR(position.elsewhere(body_at(0), body_at(50)), 0.25, 1e-5);
  EXPECT_NEAR(position.elsewhere(body_at(0), body_at(1000)), 1, 1e-5);
  EXPECT_NEAR(position.elsewhere(body_at(0, 480), body_at(50, 500)), 0.25, 1e-5) << "above the floor";
  EXPECT_FLOAT_EQ(position.elsewhere(std::vector<float>(2000, 0.0F), body_at(0)), 0) << "nobody";
}

TEST(ImagePosition, is_told_once_the_new_one_is_held) {
  ImagePosition position(2000);
  int s = 0;
  const auto play = [&](std::size_t first, Moved moved, int n) {
    std::optional<PositionChange> seen;
    for (int i = 0; i < n; ++i)
      if (auto change = position.step({seconds(++s)}, body_at(first), moved)) seen = change;
    return seen;
  };
  EXPECT_FALSE(play(0, Moved::still, 60));
  EXPECT_FALSE(play(30, Moved::moving, 4));
  EXPECT_FALSE(play(60, Moved::still, 5)) << "not held for 5 s that the next confirms";
  const auto change = play(60, Moved::still, 1);
  ASSERT_TRUE(change);
  EXPECT_NEAR(change->size, 30, 1e-3);
  EXPECT_EQ(change->at, Instant{seconds(60)});
  EXPECT_FALSE(play(60, Moved::still, 100));
  EXPECT_FALSE(play(60, Moved::moving, 5));
  EXPECT_FALSE(play(80, Moved::still, 20)) << "10 % is an arm";
  play(80, Moved::moving, 3);
  play(80, Moved::unknown, 1);
  EXPECT_FALSE(play(900, Moved::still, 20)) << "what happened in a silence is not known";
  EXPECT_FALSE(play(1200, Moved::still, 60)) << "nothing moved: slow creep";
  // Stirs without a rest between them: it began with the one that changed something.
  for (int i = 0; i < 5; ++i)
    play(1200, Moved::moving, 1), play(1200, Moved::still, 3);
  const int turned = s;
  play(300, Moved::moving, 2);
  const auto last = play(300, Moved::still, 8);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->at, Instant{seconds(turned)});
}

TEST(ImageFloor, is_what_a_tenth_of_the_cells_lie_below) {
  std::vector<float> cells(100), scratch(100);
  for (std::size_t i = 0; i < 100; ++i)
    cells[i] = static_cast<float>((i * 37) % 100);
  EXPECT_FLOAT_EQ(image_floor(cells, scratch), 10);
  EXPECT_FLOAT_EQ(image_floor({}, scratch), 0);
}

TEST(PosturePosition, sees_30_degrees_and_not_20) {
  const auto turned = [](double degrees) {
    PosturePosition position;
    const double a = degrees * std::numbers::pi / 180;
    std::optional<PositionChange> seen;
    for (int s = 1; s <= 40; ++s) {
      const bool before = s < 20;
      const std::array<float, 3> g =
          before ? std::array<float, 3>{0, 0, 1}
                 : std::array<float, 3>{static_cast<float>(std::sin(a)), 0, static_cast<float>(std::cos(a))};
      const auto moved = s >= 20 && s < 24 ? Moved::moving : Moved::still;
      if (auto change = position.step({seconds(s)}, g, moved)) seen = change;
    }
    return seen;
  };
  EXPECT_FALSE(turned(0));
  EXPECT_FALSE(turned(20));
  ASSERT_TRUE(turned(90));
  EXPECT_NEAR(turned(90)->size, 90, 0.1);
  EXPECT_NEAR(turned(31)->size, 31, 0.1);
}

}  // namespace
}  // namespace vigil::signal
