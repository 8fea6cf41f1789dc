#include "drivers/axivity/protocol.hpp"

#include <charconv>
#include <cmath>
#include <utility>

namespace vigil::drivers::axivity {
namespace {

/// The next field up to a comma; `rest` is advanced. nullopt when none is left.
std::optional<std::string_view> field(std::string_view& rest, bool& more) noexcept {
  if (!more) return std::nullopt;
  const auto comma = rest.find(',');
  const auto out = rest.substr(0, comma);
  more = comma != std::string_view::npos;
  rest.remove_prefix(more ? comma + 1 : rest.size());
  return out;
}

template <class T>
std::optional<T> number(std::optional<std::string_view> text) noexcept {
  if (!text || text->empty()) return std::nullopt;
  T value{};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Identity::serial() const {
  auto id = std::to_string(device);
  if (id.size() < 5) id.insert(0, 5 - id.size(), '0');
  return type + hardware + "_" + id;
}

std::string Identity::what() const {
  return std::string(is_ax6() ? "AX6 " : "AX3 ") + hardware + ", firmware " + std::to_string(firmware);
}

std::optional<Identity> parse_identity(std::string_view line) {
  if (!line.starts_with("ID=")) return std::nullopt;
  line.remove_prefix(3);
  bool more = true;
  Identity out;
  out.type = field(line, more).value_or("");
  if (out.type != "CWA" && out.type != "AX6") return std::nullopt;
  const auto hardware = field(line, more);
  if (!hardware || hardware->empty() || hardware->size() > 4 ||
      hardware->find_first_not_of("0123456789ABCDEFabcdef") != std::string_view::npos)
    return std::nullopt;
  out.hardware = *hardware;
  const auto firmware = number<unsigned>(field(line, more));
  const auto device = number<unsigned long>(field(line, more));
  const auto session = number<unsigned long>(field(line, more));
  if (!firmware || !device || !session || *device > 0xFFFFFFFFUL) return std::nullopt;
  out.firmware = *firmware, out.device = *device, out.session = *session;
  return out;
}

Rate rate_of(unsigned code) noexcept {
  return {code, 3200.0 / static_cast<double>(1U << (15 - (code & 15))), 16 >> ((code >> 6) & 3)};
}

std::optional<Rate> parse_rate(std::string_view line) {
  if (!line.starts_with("RATE=")) return std::nullopt;
  line.remove_prefix(5);
  bool more = true;
  const auto code = number<unsigned>(field(line, more));
  const auto hz = number<unsigned>(field(line, more));
  if (!code || *code > 255 || !hz) return std::nullopt;
  return rate_of(*code);
}

std::optional<Battery> parse_battery(std::string_view line) {
  if (!line.starts_with("$BATT=")) return std::nullopt;
  line.remove_prefix(6);
  bool more = true;
  const auto adc = number<int>(field(line, more));
  const auto millivolt = number<int>(field(line, more));
  const auto unit = field(line, more);
  const auto percent = number<int>(field(line, more));
  if (!adc || !millivolt || unit != "mV" || !percent || *percent < 0 || *percent > 100) return std::nullopt;
  return Battery{*percent, *millivolt};
}

boost::system::result<StreamLine, Reject> parse_sample(std::string_view line) noexcept {
  StreamLine out;
  bool more = true;
  while (more) {
    const auto text = field(line, more);
    const auto value = number<int>(text);
    if (!value) return Reject::syntax;
    const auto digits = text->substr(text->starts_with('-') ? 1 : 0);
    if (digits.starts_with('0') && (digits.size() > 1 || text->size() > 1)) return Reject::syntax;
    if (out.columns < 3) out.acceleration[out.columns] = *value;
    if (++out.columns > 6) return Reject::length;
  }
  if (out.columns != 3 && out.columns != 6) return Reject::length;
  return out;
}

bool Columns::take(std::size_t columns) noexcept {
  constexpr std::size_t believed_at = 3;
  if (columns_ == 0) columns_ = columns;
  if (columns == columns_) {
    changed_ = 0;
    return true;
  }
  if (++changed_ < believed_at) return false;
  columns_ = columns;
  changed_ = 0;
  return true;
}

boost::system::result<std::array<float, 3>, Reject> to_g(const std::array<int, 3>& raw,
                                                         float lsb_per_g) noexcept {
  constexpr float implausible_g = 20;
  std::array<float, 3> out{};
  for (std::size_t i = 0; i < 3; ++i) {
    out[i] = static_cast<float>(raw[i]) / lsb_per_g;
    if (std::abs(out[i]) > implausible_g) return Reject::range;
  }
  return out;
}

std::optional<std::string_view> LineSplitter::next(std::span<const std::byte>& bytes) {
  while (!bytes.empty()) {
    const auto c = static_cast<char>(bytes.front());
    bytes = bytes.subspan(1);
    if (c == '\n') {
      const auto size = std::exchange(size_, 0);
      if (std::exchange(dropping_, false)) continue;
      if (size > 0) return std::string_view(line_.data(), size);
    } else if (c != '\r' && !dropping_) {
      if (size_ == line_.size()) {
        dropping_ = true;
        ++dropped_;
      } else {
        line_[size_++] = c;
      }
    }
  }
  return std::nullopt;
}

std::uint64_t LineSplitter::take_dropped() noexcept { return std::exchange(dropped_, 0); }

}  // namespace vigil::drivers::axivity
