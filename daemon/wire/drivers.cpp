#include "wire/drivers.hpp"

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"

namespace vigil::wire {

using nlohmann::json;

std::string drivers_text(std::span<const DriverNote> drivers) {
  auto list = json::array();
  for (const auto& driver : drivers) {
    auto settings = json::array();
    for (const auto& s : driver.settings) {
      const bool ranged = s.minimum != s.maximum;
      settings.push_back({{"key", s.key},
                          {"type", s.type},
                          {"unit", s.unit},
                          {"minimum", ranged ? json(s.minimum) : json(nullptr)},
                          {"maximum", ranged ? json(s.maximum) : json(nullptr)},
                          {"default", s.fallback},
                          {"help", s.help}});
    }
    list.push_back({{"name", driver.name},
                    {"title", driver.title},
                    {"choosable", driver.choosable},
                    {"settings", std::move(settings)}});
  }
  return text({{"drivers", std::move(list)}});
}

}  // namespace vigil::wire
