#pragma once
#include <string>
#include <string_view>

namespace vigil::wire {

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;
/// The text itself when it is UTF-8, else with every byte that is not replaced by U+FFFD.
std::string mended_utf8(std::string_view text);

}  // namespace vigil::wire
