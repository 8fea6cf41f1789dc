#pragma once
#include <string>
#include <string_view>

/// Just enough SVG for a printed report: text made safe, an axis of round numbers, a plot with two of them.
namespace vigil::wire::svg {

/// For text and attributes of HTML and SVG; what is no UTF-8 is mended, control characters are blanks.
std::string escaped(std::string_view text);
/// Pixels, to a tenth.
std::string px(double value);

std::string line(double x0, double y0, double x1, double y1, std::string_view colour, double width,
                 std::string_view dashes = "");
/// `anchor`: start, middle, end; `kind`: a class, may be empty. Escaped here.
std::string text(double x, double y, std::string_view words, std::string_view anchor, std::string_view kind);

/// From `low` to `high` in `step`s.
struct Axis {
  double low = 0, high = 1, step = .2;
  int decimals = 0;
  /// Round numbers around these two, with a little room.
  static Axis around(double low, double high);
  static Axis fixed(double low, double high, double step, int decimals) {
    return {low, high, step, decimals};
  }
};

class Plot {
 public:
  Plot(double width, double height, Axis x, Axis y) : width_(width), height_(height), x_(x), y_(y) {}

  [[nodiscard]] double x(double value) const;
  [[nodiscard]] double y(double value) const;
  /// Axes with their ticks and names; drawn first.
  [[nodiscard]] std::string frame(std::string_view x_name, std::string_view y_name) const;
  [[nodiscard]] std::string across(double y, std::string_view colour, double width,
                                   std::string_view dashes = "") const;
  [[nodiscard]] std::string segment(double x0, double y0, double x1, double y1, std::string_view colour,
                                    double width, std::string_view dashes = "") const;
  /// Over the whole width; what is beyond the axis is cut off.
  [[nodiscard]] std::string band(double low, double high, std::string_view colour) const;
  [[nodiscard]] std::string dot(double x, double y, double radius) const;
  /// The drawing as an element; `said` for those who do not see it.
  [[nodiscard]] std::string whole(const std::string& inside, std::string_view said) const;

 private:
  static constexpr double left_ = 56, right_ = 10, top_ = 10, bottom_ = 44;
  double width_, height_;
  Axis x_, y_;
};

}  // namespace vigil::wire::svg
