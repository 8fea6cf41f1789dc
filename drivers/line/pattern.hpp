#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace vigil::drivers::line {

/// A regular expression of bytes, searched for anywhere in a line. RE2: time is linear in the line and the
/// stack bounded whatever a device sends and whatever a person writes; so no look-around, no back-references.
class Pattern {
 public:
  static constexpr std::size_t most_captures = 16;

  /// Throws: std::invalid_argument saying what is wrong with it, also for more than most_captures.
  explicit Pattern(const std::string& text);

  [[nodiscard]] std::size_t captures() const noexcept;
  /// Of a named capture `(?P<name>...)`, or a number as text; 0: there is none.
  [[nodiscard]] std::size_t capture(std::string_view name) const;
  /// The whole match is found[0], the captures follow; a capture that took no part has no data.
  [[nodiscard]] bool search(std::string_view line, std::span<std::string_view> found) const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace vigil::drivers::line
