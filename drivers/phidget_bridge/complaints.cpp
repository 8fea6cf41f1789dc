#include "drivers/phidget_bridge/complaints.hpp"

#include <algorithm>

namespace vigil::drivers::phidget_bridge {

Complaints::Complaints(std::uint8_t enabled, double rate_hz, std::string standing)
    : enabled_(enabled),
      long_(std::max(2, static_cast<int>(rate_hz / 2))),
      standing_(std::move(standing)),
      changed_(!standing_.empty()) {}

void Complaints::take(std::size_t cell, Said said) noexcept {
  auto& c = cells_[cell];
  c.in_a_row = said == c.last ? std::min(c.in_a_row + 1, long_) : 1;
  c.last = said;
  if (c.in_a_row < long_ || c.told == said) return;
  c.told = said;
  changed_ = true;
}

std::string Complaints::note() const {
  const auto cells_that = [this](Said what, int& count) {
    std::string list;
    count = 0;
    for (std::size_t i = most_cells; i-- > 0;)
      if ((enabled_ >> i & 1) != 0 && cells_[i].told == what) {
        list = std::to_string(i) + (count == 0 ? "" : count == 1 ? " and " : ", ") + list;
        ++count;
      }
    return list;
  };
  std::string note;
  const auto add = [&note](const std::string& part) { note += (note.empty() ? "" : "; ") + part; };
  int count = 0;
  if (const auto list = cells_that(Said::nothing, count); count == 1)
    add("cell " + list + " gives no number: is its cable in?");
  else if (count > 1)
    add("cells " + list + " give no number: are their cables in?");
  if (const auto list = cells_that(Said::beyond, count); count > 0)
    add((count == 1 ? "cell " + list + " says" : "cells " + list + " say") +
        " more than twice the capacity: are capacity, sensitivity and zero those of the data sheet?");
  if (!standing_.empty()) add(standing_);
  return note;
}

}  // namespace vigil::drivers::phidget_bridge
