#include "wire/definitions.hpp"

#include <nlohmann/json.hpp>

#include "core/definitions.hpp"
#include "wire/event_json.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {

std::string definitions_text(const Algorithm& figures) {
  auto list = nlohmann::json::array();
  for (const auto& d : figure_definitions)
    list.push_back({{"key", d.key}, {"title", d.title}, {"unit", d.unit}, {"definition", d.definition}});
  return text({{"algorithm", mended_utf8(figures.name.view())},
               {"version", mended_utf8(figures.version.view())},
               {"caution", figures_caution},
               {"definitions", std::move(list)}});
}

}  // namespace vigil::wire
