#include "bed/feed.hpp"

#include <algorithm>
#include <cmath>

#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

constexpr float default_counts_epoch_s = 60;
// Movement that leaves nothing of breath and heart to be seen: what makes a second moving, within 0.3 s of
// it.
constexpr float disturbing_kg = 0.3F;
constexpr float stir_s = 0.3F;

}  // namespace

Feed::Feed(Name owner, const Channel& channel, Duration stale_after, bool simulated)
    : owner_(owner),
      announced_(channel),
      channel_(channel),
      stale_after_(stale_after),
      simulated_(simulated) {
  if (channel.quantity == Quantity::load) {
    load_movement_.assign(channel.values(), signal::LoadMovement(channel.rate_hz));
    parts_ = std::min(channel.values(), cells_.size());
    const double rate_hz = channel.rate_hz;
    if (rate_hz >= signal::Respiration::lowest_rate_hz)
      respiration_ = std::make_unique<signal::Respiration>(rate_hz);
    if (rate_hz >= signal::Heart::lowest_rate_hz) heart_ = std::make_unique<signal::Heart>(rate_hz);
  }
  if (channel.quantity == Quantity::acceleration && channel.rate_hz >= signal::Counts::lowest_rate_hz)
    counts_.emplace(channel.rate_hz);
  if (channel.quantity == Quantity::pressure) {
    image_ = std::make_unique<signal::ImageMovement>(channel.values(), channel.rate_hz);
    image_position_ = std::make_unique<signal::ImagePosition>(channel.values());
    scratch_.resize(channel.values());
    full_scale_ = channel.maximum > channel.minimum ? channel.maximum - channel.minimum : 1.0F;
  }
  if (channel.quantity == Quantity::counts && channel.epoch_s <= 0) channel_.epoch_s = default_counts_epoch_s;
}

void Feed::attach(Duration stale_after, bool simulated) noexcept {
  if (!attached_)
    for (auto& movement : load_movement_)
      movement.reset();
  attached_ = true;
  removed_ = false;
  stale_after_ = stale_after;
  simulated_ = simulated;
}

void Feed::detach() noexcept {
  attached_ = false;
  bins_.clear();
  second_ = {};
  at_.reset();
  missing_ = 0;
  rated_at_.reset();
  covered_from_.reset(), covered_to_.reset();
}

void Feed::remove() noexcept {
  detach();
  removed_ = true;
}

// All cells at once or none: with one missing the rest would look as though somebody had risen a little.
void Feed::take_load(const Sample& sample, signal::Bin& bin) noexcept {
  const auto gap =
      std::find_if(sample.values.begin(), sample.values.end(), [](float v) { return std::isnan(v); });
  if (gap != sample.values.end()) {
    bin.missing = static_cast<std::uint16_t>(gap - sample.values.begin() + 1);
    return;
  }
  bin.missing = 0;
  bin.last = sample.at;
  ++bin.n;
  signal::Axes parts{};
  float energy = 0;
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    const float kg = sample.values[i];
    bin.sum += kg;
    parts[static_cast<int>(parts_ == sample.values.size() ? i : i * parts_ / sample.values.size())] += kg;
    energy += load_movement_[i].step(kg, sample.at);
  }
  for (std::size_t i = 0; i < parts_; ++i)
    bin.parts[i] += parts[static_cast<int>(i)];
  bin.energy += energy;
  if (respiration_) rate(parts, energy, sample.at, bin);
}

// Rates are made as the samples come, once a second of their own time, so that they do not depend on when the
// ticks do.
void Feed::rate(const signal::Axes& kg, float energy, Instant at, signal::Bin& bin) noexcept {
  const std::int64_t second = signal::cell(at, signal::second);
  if (rated_second_ && second != *rated_second_) {
    bin.rated = true;
    bin.breath = respiration_->estimate();
    bin.lifeless = respiration_->lifeless();
    if (heart_) bin.heart = heart_->estimate();
  }
  rated_second_ = second;
  stir_ += (energy - stir_) / (1 + stir_s * channel_.rate_hz);
  if (stir_ >= disturbing_kg * disturbing_kg) {
    respiration_->disturb();
    if (heart_) heart_->disturb();
    return;
  }
  respiration_->step(kg, at);
  if (heart_) heart_->step(kg, at);
}

bool Feed::take(const Sample& sample) noexcept {
  if (!attached_ || sample.values.size() != channel_.values() || (newest_ && sample.at < *newest_))
    return false;
  if (channel_.quantity == Quantity::acceleration && sample.values.size() < 3) return false;
  if (newest_ && sample.at - *newest_ > stale_after_)
    for (auto& movement : load_movement_)
      movement.reset();  // a gap is no movement
  newest_ = sample.at;
  signal::Bin& bin = bins_.at(sample.at);
  if (channel_.quantity == Quantity::load) {
    take_load(sample, bin);
    return true;
  }
  bin.last = sample.at;
  ++bin.n;
  switch (channel_.quantity) {
    case Quantity::load:
      break;
    case Quantity::acceleration: {
      const std::array<float, 3> g{sample.values[0], sample.values[1], sample.values[2]};
      for (std::size_t i = 0; i < 3; ++i)
        bin.parts[i] += g[i];
      bin.activity += 1000 * std::abs(std::sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]) - 1);
      if (counts_) bin.counts += counts_->step(g, sample.at);
      break;
    }
    case Quantity::pressure: {
      const auto seen = image_->step(sample.values, sample.at);
      bin.sum += 100 * (seen.level - channel_.minimum) / full_scale_;
      bin.energy += seen.relative * seen.relative;
      break;
    }
    case Quantity::counts:
    case Quantity::heart_rate:
    case Quantity::breath_rate:
    case Quantity::occupancy:
    case Quantity::motion:
    case Quantity::button:
      bin.value = sample.values[0];
      break;
  }
  return true;
}

float Feed::image_floor() noexcept {
  if (!image_) return 0;
  return 100 * std::max(signal::image_floor(image_->slow(), scratch_) - channel_.minimum, 0.0F) / full_scale_;
}

std::optional<signal::PositionChange> Feed::turned(Instant now, signal::Moved moved) noexcept {
  if (!image_position_) return {};
  return image_position_->step(now, image_->slow(), moved);
}

const signal::Bin* Feed::decide(std::int64_t cell) noexcept {
  if (bins_.empty() || bins_.next() > cell) return nullptr;
  const signal::Bin* bin = bins_.take(cell);
  if (!bin) return nullptr;
  missing_ = bin->missing;
  if (bin->n == 0) return nullptr;
  const auto n = static_cast<float>(bin->n);
  at_ = bin->last;
  switch (channel_.quantity) {
    case Quantity::load:
    case Quantity::pressure:
      value_ = bin->sum / n;
      cell_movement_ = std::sqrt(bin->energy / n);
      for (std::size_t i = 0; i < parts_; ++i)
        cells_[i] = bin->parts[i] / n;
      if (bin->rated) {
        breath_ = bin->breath;
        pulse_ = bin->heart;
        lifeless_ = bin->lifeless;
        rated_at_ = bin->last;
      }
      break;
    case Quantity::acceleration:
      cell_movement_ = bin->activity / n;
      break;
    case Quantity::counts:
      covered_from_ = bin->last;
      covered_to_ = bin->last + from_seconds(double{channel_.epoch_s});
      value_ = bin->value;
      break;
    case Quantity::heart_rate:
    case Quantity::breath_rate:
    case Quantity::occupancy:
    case Quantity::motion:
    case Quantity::button:
      value_ = bin->value;
      break;
  }
  second_.last = bin->last;
  second_.sum += bin->sum;
  second_.energy += bin->energy;
  second_.counts += bin->counts;
  second_.activity += bin->activity;
  for (std::size_t i = 0; i < bin->parts.size(); ++i)
    second_.parts[i] += bin->parts[i];
  second_.n += bin->n;
  return bin;
}

signal::Bin Feed::take_second() noexcept {
  const signal::Bin done = second_;
  steady_s_ = done.n > 0 ? std::min(steady_s_ + 1, 5) : 0;
  second_ = {};
  return done;
}

std::optional<float> Feed::counts_in_second(Instant now) const noexcept {
  // Half a second of grace: stamps of whole seconds and the grid need not coincide.
  constexpr Duration grace = std::chrono::milliseconds(500);
  if (!attached_ || !covered_from_ || now < *covered_from_ + grace || now > *covered_to_ + grace) return {};
  return value_ / channel_.epoch_s;
}

}  // namespace vigil::bed
