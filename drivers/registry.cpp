#include <algorithm>
#include <array>

#include "drivers/axivity/driver.hpp"
#include "drivers/button/driver.hpp"
#include "drivers/driver.hpp"
#include "drivers/hid_scale/driver.hpp"
#include "drivers/line/driver.hpp"
#include "drivers/phidget_bridge/driver.hpp"
#include "drivers/radar/driver.hpp"
#include "drivers/replay/driver.hpp"
#include "drivers/sensing_tex/driver.hpp"
#include "drivers/synthetic/driver.hpp"
#include "drivers/witmotion/driver.hpp"

namespace vigil::drivers {
namespace {

/// One line a driver.
constexpr auto table = std::to_array<const Driver*>({
    &axivity::driver,
    &button::driver,
    &hid_scale::driver,
    &line::driver,
    &phidget_bridge::driver,
    &radar::driver,
    &replay::driver,
    &sensing_tex::driver,
    &synthetic::driver,
    &witmotion::driver,
});

}  // namespace

std::span<const Driver* const> all() { return table; }

bool port_needed(const Driver& driver) noexcept {
  return driver.transport == Transport::serial && std::ranges::none_of(driver.matches, [](const Match& m) {
           return std::holds_alternative<SerialMatch>(m);
         });
}

const Driver* find(std::string_view name) noexcept {
  const auto found = std::ranges::find_if(table, [&](const Driver* d) { return d->name == name; });
  return found == table.end() ? nullptr : *found;
}

}  // namespace vigil::drivers
