#include <algorithm>
#include <cmath>

#include "bed/inside.hpp"
#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

std::int16_t wave(float value) {
  return static_cast<std::int16_t>(std::lround(std::clamp(value, -32767.0F, 32767.0F)));
}

}  // namespace

// One 100-ms cell: every feed decides it, and the two traces get their point. A sensor slower than the grid
// holds its value while it is fresh; after that the trace is absent.
void Bed::Inside::decide_cell(std::int64_t cell, Output& out) {
  const Instant start = signal::cell_start(cell, signal::tenth);
  const Instant end = start + signal::tenth;
  int loads = 0;
  int fresh_loads = 0;
  float kg = 0;
  float energy = 0;
  const Feed* worn = nullptr;
  const Feed* image = nullptr;
  const Feed* motion = nullptr;
  const auto newer = [&](const Feed*& kept, const Feed& f) {
    if (f.fresh(end) && (!kept || *f.at() > *kept->at())) kept = &f;
  };
  for (Feed& f : feeds) {
    f.decide(cell);
    if (f.removed()) continue;
    if (f.quantity() == Quantity::load) {
      ++loads;
      if (!f.fresh(end)) continue;
      ++fresh_loads;
      kg += f.value();
      energy += f.cell_movement() * f.cell_movement();
    } else if (f.quantity() == Quantity::acceleration) {
      newer(worn, f);
    } else if (f.quantity() == Quantity::pressure) {
      newer(image, f);
    } else if (f.quantity() == Quantity::motion) {
      newer(motion, f);
    }
  }
  if (feeds.empty()) return;
  const bool load = loads > 0 && fresh_loads == loads;
  WavePoint point{start, Trace::load, wave_absent};
  if (load && load_presence.tare()) point.value = wave(100 * (kg - *load_presence.tare()));
  out.waves.push_back(point);
  // Which unit the trace has does not change with what is fresh, only with what sensors the bed has.
  point.trace = Trace::movement;
  point.value = wave_absent;
  if (has_load) {
    if (load) point.value = wave(100 * std::sqrt(energy));
  } else if (has_image) {
    if (image) point.value = wave(1000 * image->cell_movement());
  } else if (has_worn) {
    if (worn) point.value = wave(worn->cell_movement());
  } else if (motion) {
    point.value = wave(10 * motion->value());
  }
  out.waves.push_back(point);
}

}  // namespace vigil::bed
