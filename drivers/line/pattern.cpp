#include "drivers/line/pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <re2/re2.h>

namespace vigil::drivers::line {
namespace {

constexpr std::int64_t memory = 1 << 20;

}  // namespace

Pattern::Pattern(const std::string& text) {
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(memory);
  auto compiled = std::make_shared<re2::RE2>(text, options);
  if (!compiled->ok()) throw std::invalid_argument(compiled->error());
  if (compiled->NumberOfCapturingGroups() > static_cast<int>(most_captures))
    throw std::invalid_argument("more than " + std::to_string(most_captures) + " captures");
  compiled_ = std::move(compiled);
}

std::size_t Pattern::captures() const noexcept {
  return static_cast<std::size_t>(compiled_->NumberOfCapturingGroups());
}

std::size_t Pattern::capture(std::string_view name) const {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc{} && end == name.data() + name.size()) return number <= captures() ? number : 0;
  const auto& names = compiled_->NamedCapturingGroups();
  const auto found = names.find(std::string(name));
  return found == names.end() ? 0 : static_cast<std::size_t>(found->second);
}

bool Pattern::search(std::string_view line, std::span<std::string_view> found) const {
  std::array<re2::StringPiece, most_captures + 1> pieces;
  const auto wanted = std::min({found.size(), pieces.size(), captures() + 1});
  const re2::StringPiece text(line.data(), line.size());
  if (!compiled_->Match(text, 0, line.size(), re2::RE2::UNANCHORED, pieces.data(), static_cast<int>(wanted)))
    return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    found[i] = i < wanted ? std::string_view(pieces[i].data(), pieces[i].size()) : std::string_view();
  return true;
}

}  // namespace vigil::drivers::line
