#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/validation.hpp"

/// How the figures of a validation are written, the same in its report and on the terminal.
namespace vigil::wire::validation {

inline constexpr std::string_view minus = "\xE2\x88\x92", en_dash = "\xE2\x80\x93";

/// With so many decimals and a real minus; "not known" without a value.
std::string number(double value, int decimals);
std::string number(const std::optional<double>& value, int decimals);
/// "0.92 (0.90 to 0.94)".
std::string with_interval(const Estimate& estimate, int decimals);
/// "7 h 05 min", "48 min".
std::string minutes(const std::optional<double>& value);
/// What the intervals of shares stand on, as a sentence.
std::string_view interval_words(IntervalBy by) noexcept;
/// "12 nights of 7 people", "1 night".
std::string nights_words(const Validation& validation);
/// "estimator_hindsight 1 (912 epochs), presence 1 (8)".
std::string scorers_words(const Validation& validation, std::vector<ScorerShare> ValidatedNight::* of);

}  // namespace vigil::wire::validation
