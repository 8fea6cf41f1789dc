#pragma once
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <boost/system/result.hpp>

#include "core/sample.hpp"

/// USB HID boot keyboards (class 3, subclass 1, protocol 1): foot switches, keypads, big red buttons. In boot
/// protocol a report of 8 bytes on the interrupt-IN endpoint, on every change:
///
///   0 modifiers held: bits 0-7 = LCtrl LShift LAlt LGUI RCtrl RShift RAlt RGUI
///   1 reserved for the maker, not looked at
///   2..7 usage ids (page 07) of the keys held, in any order, 0 = none;
///        01 in all six: more keys than it can tell apart (rollover), the report says nothing
///        02 self-test failed, 03 undefined error
///
///   00 00 28 00 00 00 00 00 = Enter held        02 00 04 00 00 00 00 00 = Shift and a held
///
/// Sources: USB-IF HID 1.11, appendices B, C and F; HID usage tables, page 07. There is no checksum of its
/// own: USB's CRC guards each packet. A report altered all the same can press or release a key until the
/// next one: it costs or invents one press at the most (tested).
/// Unconfirmed on hardware: whether all foot switches change to boot protocol when told; those that do not
/// send reports of another length, which are refused.
namespace vigil::drivers::button {

inline constexpr std::size_t report_size = 8;
inline constexpr std::size_t most_keys = 6 + 8;  ///< that one report can tell

/// The keys held, by usage id; modifiers are E0 to E7.
using Held = std::bitset<256>;

/// One report. nullopt: rollover, what is held stays as it was. Errors: length; sensor_fault (the keyboard
/// says that it failed); syntax (some slots are keys, some an error).
[[nodiscard]] boost::system::result<std::optional<Held>, Reject> decode(
    std::span<const std::byte> report) noexcept;

/// The usage id of a key: "a" to "z", "0" to "9", Enter, Escape, Backspace, Tab, Space, PageUp, PageDown,
/// Home, End, Insert, Delete, Left, Right, Up, Down, F1 to F12, KP0 to KP9, KPEnter, or "0x28"; capitals do
/// not matter.
[[nodiscard]] std::optional<std::uint8_t> usage_of(std::string_view name) noexcept;

}  // namespace vigil::drivers::button
