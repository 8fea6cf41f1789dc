// sources: drivers/witmotion/protocol.cpp
// corpus: tests/captures/witmotion
// What comes out of a WitMotion's port. The first byte says how it is split: the frames are the same. Nothing
// is outside what the sensor can measure, and two whole frames after any rubbish the next one is found.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "drivers/witmotion/protocol.hpp"

namespace {

using namespace vigil::drivers::witmotion;
using Bytes = std::span<const std::byte>;

void require(bool held) {
  if (!held) std::abort();
}

template <class Finder>
auto found(Bytes bytes, std::size_t step, Damage& damage) {
  Finder finder;
  std::vector<std::decay_t<decltype(*finder.next(bytes))>> out;
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (const auto one = finder.next(part))
      out.push_back(*one);
    require(part.empty());
  }
  damage = finder.take_damage();
  require(finder.take_damage() == Damage{});
  return out;
}

void check(const Acceleration& g) {
  for (const float axis : g)
    require(std::isfinite(axis) && std::abs(axis) <= 16);
}

template <class Finder>
auto same_however_split(Bytes bytes, std::size_t step) {
  Damage whole_damage, split_damage;
  auto whole = found<Finder>(bytes, std::max<std::size_t>(1, bytes.size()), whole_damage);
  require(found<Finder>(bytes, step, split_damage) == whole);
  require(split_damage == whole_damage);
  return whole;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t step = 1 + data[0] % 43;

  for (const auto& frame : same_however_split<FrameFinder>(bytes, step)) {
    require(frame.id >= 0x50 && frame.id <= 0x5F);
    check(acceleration(frame));
    if (const auto output = output_of(frame)) require(rate_of(output->rate) >= 0);
  }
  const auto ble = same_however_split<BleFinder>(bytes, step);
  require(ble.size() * ble_frame_size <= bytes.size());
  for (const auto& g : ble)
    check(g);

  // After any of it, the stream is found again.
  constexpr std::array<std::uint8_t, frame_size> frame{0x55, 0x51, 0, 0, 0, 0, 0, 8, 0xC4, 0x09, 0x7B};
  std::vector<std::byte> after(bytes.begin(), bytes.end());
  for (int i = 0; i < 4; ++i)
    for (const auto byte : frame)
      after.push_back(std::byte{byte});
  Damage damage;
  const auto all = found<FrameFinder>(after, step, damage);
  require(!all.empty() && all.back().id == id_acceleration && acceleration(all.back())[2] == 1);
  return 0;
}
