#pragma once
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

namespace vigil::wire {

/// A float in the shortest form that keeps a thousandth: 71.2f is 71.2, not 71.19999694824219. Null: unknown.
inline nlohmann::json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 1000) / 1000;
}
template <class T>
nlohmann::json rounded(const std::optional<T>& value) {
  return value ? rounded(static_cast<double>(*value)) : nlohmann::json(nullptr);
}

}  // namespace vigil::wire
