#include "acquire/assign.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>

namespace vigil::acquire {

Name short_name(std::string_view text) {
  if (text.size() <= Name::capacity) return text;
  std::uint32_t mark = 2166136261U;  // FNV-1a
  for (const char c : text)
    mark = (mark ^ static_cast<std::uint8_t>(c)) * 16777619U;
  char tail[10];
  std::snprintf(tail, sizeof tail, "~%08x", mark);
  return std::string(text.substr(0, Name::capacity - 9)) + tail;
}

Name placed_identity(const DeviceSpec& spec) {
  if (!spec.identity.empty()) return short_name(spec.identity);
  auto place = spec.port.empty() ? spec.bed.str() : spec.port;
  if (place.starts_with("/dev/"))
    place.erase(0, 5);
  else if (place.find('/') != std::string::npos)
    place = std::filesystem::path(place).filename();
  return short_name(std::string(spec.driver->name) + ":" + place);
}

bool names(const std::string& port, const drivers::Attached& device) {
  if (port.empty()) return false;
  if (device.usb && port == device.usb->port_path) return true;
  if (device.tty.empty()) return false;
  if (port == device.tty) return true;
  std::error_code ec;
  return std::filesystem::equivalent(port, device.tty, ec);
}

void Assign::remember(const Name& bed, const event::DeviceAssigned& told, bool by_person) {
  if (by_person) {
    given_[told.device] = {
        .bed = told.taken ? Name() : bed, .driver = told.driver, .settings = told.settings};
    for (auto& holder : holder_)
      if (holder == told.device) holder = {};
    return;
  }
  std::erase_if(begun_, [&](const auto& one) { return one.first == told.device; });
  begun_.emplace_back(told.device, bed);
}

/// What the log remembers goes to the specifications, before the first device is looked at.
void Assign::settle() {
  for (; !begun_.empty(); begun_.pop_back()) {
    const auto& [device, bed] = begun_.back();
    for (std::size_t i = 0; i < specs_.size(); ++i)
      if (specs_[i].bed == bed && device.view().starts_with(std::string(specs_[i].driver->name) + ":") &&
          last_[i].empty()) {
        last_[i] = device;
        break;
      }
  }
}

const Given* Assign::given(const Name& device) const {
  const auto found = given_.find(device);
  return found == given_.end() ? nullptr : &found->second;
}

Place Assign::named(const Name& device, const DeviceSpec& spec) const {
  const auto* said = given(device);
  Place place{
      .bed = spec.bed, .driver = spec.driver, .spec = &spec, .settings = {}, .fixed = {}, .trouble = {}};
  const auto source = spec.source.empty() ? "the configuration" : spec.source;
  if (spec.bed.empty()) {
    if (said != nullptr) place.bed = said->bed;
    return place;
  }
  place.fixed = "its bed is set in " + source;
  if (said == nullptr || said->bed.empty() || said->bed == spec.bed) return place;
  place.bed = {};
  place.trouble = "its bed is set twice: " + spec.bed.str() + " in " + source + ", " + said->bed.str() +
                  " by a person: take it from its bed here, or take it out of the configuration";
  return place;
}

Place Assign::place(const Name& identity, const DeviceSpec& spec) const { return named(identity, spec); }

Place Assign::place(const drivers::Attached& attached) {
  const auto device = short_name(attached.identity);
  if (const auto at = claim(device, attached)) {
    holder_[*at] = last_[*at] = device;
    const auto& spec = specs_[*at];
    if (!spec.identity.empty() || !spec.port.empty()) return named(device, spec);
    return {
        .bed = spec.bed, .driver = spec.driver, .spec = &spec, .settings = {}, .fixed = {}, .trouble = {}};
  }
  Place place{
      .bed = {}, .driver = attached.driver, .spec = nullptr, .settings = {}, .fixed = {}, .trouble = {}};
  const auto* said = given(device);
  if (said == nullptr) return place;
  place.bed = said->bed;
  place.settings = said->settings;
  if (place.driver == nullptr && !said->bed.empty()) {
    place.driver = drivers::find(said->driver.view());
    if (place.driver == nullptr)
      place.trouble = "its driver was chosen as '" + said->driver.str() +
                      "', which this program does not have: choose another";
  }
  return place;
}

std::optional<std::size_t> Assign::claim(const Name& device, const drivers::Attached& attached) {
  settle();
  const auto each = [&](auto&& right) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < specs_.size(); ++i)
      if (specs_[i].driver == attached.driver && right(i)) return i;
    return std::nullopt;
  };
  if (const auto i = each([&](std::size_t s) { return names(specs_[s].port, attached); })) return i;
  const auto found = [&](std::size_t s) { return specs_[s].port.empty(); };
  const auto open = [&](std::size_t s) {
    return found(s) && specs_[s].identity.empty() && holder_[s].empty();
  };
  if (const auto i = each([&](std::size_t s) { return found(s) && specs_[s].identity == attached.identity; }))
    return i;
  if (given(device) != nullptr || attached.keyboard) return std::nullopt;
  if (const auto i = each([&](std::size_t s) { return found(s) && holder_[s] == device; })) return i;
  if (const auto i = each([&](std::size_t s) { return open(s) && last_[s] == device; })) return i;
  if (const auto i = each([&](std::size_t s) { return open(s) && last_[s].empty(); })) return i;
  return each(open);
}

void Assign::left(const Name& device) {
  for (auto& holder : holder_)
    if (holder == device) holder = {};
}

}  // namespace vigil::acquire
