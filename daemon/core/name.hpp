#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vigil {

/// A short name held in place (at most 47 bytes), so that values that carry one need no allocation.
/// Used for beds, devices, algorithms, identities.
class Name {
 public:
  static constexpr std::size_t capacity = 47;

  constexpr Name() noexcept = default;
  /// Throws: std::length_error when `text` is longer than `capacity` (names are validated at the edge).
  constexpr Name(std::string_view text) {  // NOLINT(google-explicit-constructor): a name is its text
    if (text.size() > capacity) throw std::length_error("a name is at most 47 bytes: " + std::string(text));
    for (std::size_t i = 0; i < text.size(); ++i)
      text_[i] = text[i];
    size_ = static_cast<std::uint8_t>(text.size());
  }
  constexpr Name(const char* text) : Name(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Name(const std::string& text) : Name(std::string_view(text)) {}     // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] std::string str() const { return std::string(view()); }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

  friend constexpr bool operator==(const Name& a, const Name& b) noexcept { return a.view() == b.view(); }
  friend constexpr auto operator<=>(const Name& a, const Name& b) noexcept { return a.view() <=> b.view(); }

 private:
  std::array<char, capacity> text_{};
  std::uint8_t size_ = 0;
};

}  // namespace vigil
