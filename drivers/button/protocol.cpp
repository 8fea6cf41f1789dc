#include "drivers/button/protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace vigil::drivers::button {
namespace {

constexpr std::size_t first_key = 2;
constexpr std::uint8_t rollover = 0x01, last_error = 0x03;
constexpr std::uint8_t first_modifier = 0xE0, last_usage = 0xE7;

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<unsigned> number(std::string_view digits, int base) noexcept {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return n;
}

}  // namespace

boost::system::result<std::optional<Held>, Reject> decode(std::span<const std::byte> report) noexcept {
  if (report.size() != report_size) return Reject::length;
  const auto keys = report.subspan(first_key);
  const auto usage = [](std::byte b) { return std::to_integer<std::uint8_t>(b); };
  const auto is_error = [&](std::byte b) { return usage(b) > 0 && usage(b) <= last_error; };
  if (std::ranges::all_of(keys, [&](std::byte b) { return usage(b) == rollover; }))
    return std::optional<Held>();
  if (std::ranges::all_of(keys, is_error)) return Reject::sensor_fault;
  if (std::ranges::any_of(keys, is_error)) return Reject::syntax;
  Held held;
  for (const std::byte key : keys)
    if (usage(key) != 0) held.set(usage(key));
  for (std::uint8_t bit = 0; bit < 8; ++bit)
    if ((usage(report[0]) >> bit & 1) != 0) held.set(std::size_t{first_modifier} + bit);
  return std::optional(held);
}

std::optional<std::uint8_t> usage_of(std::string_view name) noexcept {
  using Named = std::pair<std::string_view, std::uint8_t>;
  constexpr std::array<Named, 16> names{{{"enter", 0x28},
                                         {"escape", 0x29},
                                         {"backspace", 0x2A},
                                         {"tab", 0x2B},
                                         {"space", 0x2C},
                                         {"insert", 0x49},
                                         {"home", 0x4A},
                                         {"pageup", 0x4B},
                                         {"delete", 0x4C},
                                         {"end", 0x4D},
                                         {"pagedown", 0x4E},
                                         {"right", 0x4F},
                                         {"left", 0x50},
                                         {"down", 0x51},
                                         {"up", 0x52},
                                         {"kpenter", 0x58}}};
  const auto found = std::ranges::find_if(names, [&](const Named& n) { return same(n.first, name); });
  if (found != names.end()) return found->second;
  const auto digit = [](unsigned n, unsigned first) {  // 1 to 9 stand before 0
    return static_cast<std::uint8_t>(first + (n + 9) % 10);
  };
  if (name.size() == 1) {
    const char c = lower(name.front());
    if (c >= 'a' && c <= 'z') return static_cast<std::uint8_t>(0x04 + (c - 'a'));
    if (c >= '0' && c <= '9') return digit(static_cast<unsigned>(c - '0'), 0x1E);
    return std::nullopt;
  }
  if (same(name.substr(0, 2), "kp"))
    if (const auto n = number(name.substr(2), 10); n && *n < 10 && name.size() == 3) return digit(*n, 0x59);
  if (lower(name.front()) == 'f' && name.size() <= 3)
    if (const auto n = number(name.substr(1), 10); n && *n >= 1 && *n <= 12)
      return static_cast<std::uint8_t>(0x3A + *n - 1);
  if (same(name.substr(0, 2), "0x"))
    if (const auto n = number(name.substr(2), 16); n && *n > last_error && *n <= last_usage)
      return static_cast<std::uint8_t>(*n);
  return std::nullopt;
}

}  // namespace vigil::drivers::button
