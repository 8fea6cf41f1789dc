#include "drivers/synthetic/load_cells.hpp"

#include <cmath>

namespace vigil::drivers::synthetic {
namespace {

constexpr double dt = 1 / LoadCells::rate_hz;
constexpr double drift_step_kg = 5.37e-5;  // 0.0006 kg a root second

}  // namespace

LoadCells::LoadCells(std::uint64_t seed) : random_(seed) {
  for (double& tare : tare_)
    tare = random_.uniform(4, 9);
  lie(one_), lie(other_);
  one_.share_now = one_.share, other_.share_now = other_.share;
}

// Each draw stands in a statement of its own: compilers differ in the order within one.
void LoadCells::lie(Lying& lying) {
  const double x = random_.uniform(-0.15, 0.15);
  const double y = random_.uniform(-0.15, 0.15);
  lying.share = {(0.5 + x) * (0.5 + y), (0.5 - x) * (0.5 + y), (0.5 + x) * (0.5 - y), (0.5 - x) * (0.5 - y)};
  const double up = random_.uniform(0.015, 0.06);
  const double head = random_.chance(0.8) ? up : -up;
  const double side = random_.uniform(-0.4, 0.4);
  const double beat = random_.uniform(0.005, 0.018);
  for (std::size_t i = 0; i < count; ++i) {
    const double along = i < 2 ? 1 : -1;
    const double across = i % 2 == 0 ? 1 : -1;
    lying.breath_kg[i] = head * (along + side * across) * random_.uniform(0.6, 1.2);
    lying.heart_kg[i] = beat * along * random_.uniform(0.3, 1.0);
    lying.late_kg[i] = beat * random_.uniform(-0.5, 0.5);
    const double swing = random_.uniform(0.1, 0.6);
    lying.swing[i] = random_.chance(0.7) ? swing : -swing;
  }
}

void LoadCells::add(const Body& body, Lying& lying, double at_s, std::array<double, count>& kg) {
  const bool on = body.on > 0.5;
  if ((on && !lying.was_on) || (lying.was_turning && !body.turns)) lie(lying);
  lying.was_on = on, lying.was_turning = body.turns;
  double early = 0, late = 0;
  if (body.on > 0)
    for (const auto& beat : *body.beats) {
      early += beat.strength * burst(at_s - beat.at_s, 0.2, 0.09, 5.5);
      late += beat.strength * burst(at_s - beat.at_s, 0.42, 0.12, 3.5);
    }
  for (std::size_t i = 0; i < count; ++i) {
    lying.share_now[i] += (lying.share[i] - lying.share_now[i]) * dt / 0.8;
    kg[i] += body.on * (lying.share_now[i] * body.weight_kg + lying.breath_kg[i] * body.breath +
                        lying.heart_kg[i] * early + lying.late_kg[i] * late) +
             lying.swing[i] * body.swing_kg;
  }
}

LoadCells::Kg LoadCells::step(const Body& body, const Body& other, double rumble_kg, double at_s) {
  std::array<double, count> sum{};
  add(body, one_, at_s, sum);
  if (other.beats != nullptr) add(other, other_, at_s, sum);
  Kg kg{};
  for (std::size_t i = 0; i < count; ++i) {
    drift_[i] += -drift_[i] * dt / 3000 + drift_step_kg * random_.normal();
    kg[i] = static_cast<float>(sum[i] + tare_[i] + drift_[i] + rumble_kg + 0.006 * random_.normal());
  }
  return kg;
}

}  // namespace vigil::drivers::synthetic
