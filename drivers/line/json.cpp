#include "drivers/line/json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

namespace vigil::drivers::line {
namespace {

/// Follows the parser through the object; keeps only where it is.
struct Walk final : nlohmann::json_sax<nlohmann::json> {
  explicit Walk(JsonNumbers& into) : into_(into) {}

  bool null() override { return at_value(std::numeric_limits<double>::quiet_NaN()); }
  bool boolean(bool) override { return at_other(); }
  bool number_integer(number_integer_t n) override { return at_value(static_cast<double>(n)); }
  bool number_unsigned(number_unsigned_t n) override { return at_value(static_cast<double>(n)); }
  bool number_float(number_float_t n, const string_t&) override { return at_value(n); }
  bool string(string_t&) override { return at_other(); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return enter(false); }
  bool key(string_t& key) override {
    levels_[depth_ - 1].key.assign(key);
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(true); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Level {
    bool array = false;
    std::size_t index = 0;
    std::string key;
  };

  bool enter(bool array) {
    if (depth_ == levels_.size() || (depth_ == 0 && array)) return false;
    levels_[depth_].array = array;
    levels_[depth_].index = 0;
    levels_[depth_].key.clear();
    ++depth_;
    return true;
  }
  bool leave() {
    --depth_;
    return next();
  }
  bool next() {
    if (depth_ > 0) ++levels_[depth_ - 1].index;
    return true;
  }
  [[nodiscard]] bool here(const std::vector<Step>& path) const {
    if (path.size() != depth_) return false;
    for (std::size_t i = 0; i < depth_; ++i)
      if (levels_[i].array != path[i].key.empty() ||
          (levels_[i].array ? levels_[i].index != path[i].index : levels_[i].key != path[i].key))
        return false;
    return true;
  }
  bool at_value(double number) {
    if (depth_ == 0) return false;
    for (std::size_t i = 0; i < into_.places.size(); ++i) {
      if (!here(into_.places[i]->path)) continue;
      if (into_.found[i]) return false;
      into_.found[i] = true;
      into_.numbers[i] = number;
    }
    return next();
  }
  /// Not a number, where one may have been wanted: then it stays missing.
  bool at_other() { return depth_ > 0 && next(); }

  JsonNumbers& into_;
  std::array<Level, deepest_json> levels_;
  std::size_t depth_ = 0;
};

}  // namespace

Json read_json(std::string_view line, JsonNumbers& into) {
  std::ranges::fill(into.found, false);
  std::ranges::fill(into.numbers, std::numeric_limits<double>::quiet_NaN());
  Walk walk(into);
  return nlohmann::json::sax_parse(line, &walk) ? Json::object : Json::malformed;
}

}  // namespace vigil::drivers::line
