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

void Assign::remember(const Name& bed, const Name& device) {
  for (std::size_t i = 0; i < specs_.size(); ++i)
    if (specs_[i].bed == bed && device.view().starts_with(specs_[i].driver->name) && last_[i].empty()) {
      last_[i] = device.str();
      return;
    }
}

std::optional<std::size_t> Assign::claim(const drivers::Attached& device) {
  const auto take = [&](std::size_t i) {
    holder_[i] = last_[i] = device.identity;
    return i;
  };
  const auto each = [&](auto&& right) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < specs_.size(); ++i)
      if (specs_[i].driver == device.driver && right(i)) return i;
    return std::nullopt;
  };
  if (const auto i = each([&](std::size_t s) { return names(specs_[s].port, device); })) return take(*i);
  const auto found = [&](std::size_t s) { return specs_[s].port.empty(); };
  const auto open = [&](std::size_t s) {
    return found(s) && specs_[s].identity.empty() && holder_[s].empty() && !device.keyboard;
  };
  if (const auto i = each([&](std::size_t s) { return found(s) && specs_[s].identity == device.identity; }))
    return take(*i);
  if (const auto i = each([&](std::size_t s) { return found(s) && holder_[s] == device.identity; }))
    return take(*i);
  if (const auto i = each([&](std::size_t s) { return open(s) && last_[s] == device.identity; }))
    return take(*i);
  if (const auto i = each([&](std::size_t s) { return open(s) && last_[s].empty(); })) return take(*i);
  if (const auto i = each(open)) return take(*i);
  return std::nullopt;
}

void Assign::left(const drivers::Attached& device) {
  for (auto& holder : holder_)
    if (holder == device.identity) holder.clear();
}

}  // namespace vigil::acquire
