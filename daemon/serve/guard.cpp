#include "serve/guard.hpp"

#include <algorithm>
#include <charconv>

namespace vigil::serve {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view s) noexcept {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && space(s.front()))
    s.remove_prefix(1);
  while (!s.empty() && space(s.back()))
    s.remove_suffix(1);
  return s;
}

/// "localhost:8580" -> "localhost" when the port is ours.
std::optional<std::string_view> our_host(std::string_view authority, std::uint16_t port) noexcept {
  std::uint16_t given = 80;
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  auto host = authority;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = authority.substr(0, colon);
    const auto digits = authority.substr(colon + 1);
    const auto* end = digits.data() + digits.size();
    if (const auto r = std::from_chars(digits.data(), end, given);
        digits.empty() || digits.front() == '0' || r.ec != std::errc{} || r.ptr != end)
      return {};
  }
  if (given != port) return {};
  if (same(host, "localhost") || host == "127.0.0.1" || host == "[::1]") return host;
  return {};
}

std::optional<int> hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return {};
}

std::optional<std::string> decoded(std::string_view raw, bool plus_is_space) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto c = static_cast<unsigned char>(raw[i]);
    if (c == '%') {
      if (i + 2 >= raw.size()) return {};
      const auto high = hex(raw[i + 1]);
      const auto low = hex(raw[i + 2]);
      if (!high || !low) return {};
      c = static_cast<unsigned char>(*high * 16 + *low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c < 0x20 || c == 0x7F) return {};
    out.push_back(static_cast<char>(c));
  }
  return out;
}

bool read_path(std::string_view path, Target& target) {
  if (path.starts_with('/')) path.remove_prefix(1);
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    auto segment = decoded(path.substr(0, slash), false);
    if (!segment || *segment == "." || *segment == ".." || segment->find_first_of("/\\") != std::string::npos)
      return false;
    target.segments.push_back(std::move(*segment));
    if (slash == path.size()) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) target.segments.emplace_back();  // "/a/" is not "/a"
  }
  return true;
}

bool read_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto key = decoded(pair.substr(0, equals), true);
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value) return false;
    target.query.emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

}  // namespace

Verdict judge(const Asked& asked, std::uint16_t port) noexcept {
  if (!asked.host) return Verdict::bad_host;
  const auto host = our_host(*asked.host, port);
  if (!host) return Verdict::misdirected;
  if (asked.origin) {
    constexpr std::string_view scheme = "http://";
    if (!asked.origin->starts_with(scheme)) return Verdict::foreign;
    const auto origin = our_host(asked.origin->substr(scheme.size()), port);
    if (!origin || !same(*origin, *host)) return Verdict::foreign;
  }
  if (asked.api && !asked.fetch_site.empty() && asked.fetch_site != "same-origin" &&
      asked.fetch_site != "none")
    return Verdict::foreign;
  return Verdict::admitted;
}

std::string Target::path() const {
  if (segments.empty()) return "/";
  std::string whole;
  for (const auto& s : segments)
    whole.append("/").append(s);
  return whole;
}

std::optional<std::string_view> Target::value(std::string_view key) const noexcept {
  for (const auto& [k, v] : query)
    if (k == key) return v;
  return {};
}

std::optional<Target> parse_target(std::string_view raw) {
  Target target;
  constexpr std::string_view scheme = "http://";
  if (raw.find('#') != std::string_view::npos) return {};
  if (raw.size() >= scheme.size() && same(raw.substr(0, scheme.size()), scheme)) {
    raw.remove_prefix(scheme.size());
    const auto end = std::min(raw.find_first_of("/?"), raw.size());
    target.authority = raw.substr(0, end);
    if (target.authority.empty()) return {};
    raw.remove_prefix(end);  // an empty path is "/"
  } else if (!raw.starts_with('/')) {
    return {};
  }
  const auto mark = std::min(raw.find('?'), raw.size());
  if (!read_path(raw.substr(0, mark), target) ||
      !read_query(raw.substr(std::min(mark + 1, raw.size())), target))
    return {};
  return target;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  std::optional<bool> any;
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const auto item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto coding = trimmed(item.substr(0, semicolon));
    auto weight = trimmed(item.substr(std::min(semicolon + 1, item.size())));
    bool allowed = true;
    if (weight.size() > 2 && lower(weight[0]) == 'q' && weight[1] == '=')
      allowed = weight.find_first_of("123456789") != std::string_view::npos;
    if (same(coding, "gzip")) return allowed;
    if (coding == "*") any = allowed;
  }
  return any.value_or(false);
}

}  // namespace vigil::serve
