#include "wire/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "wire/utf8.hpp"
#include "wire/validation_words.hpp"

namespace vigil::wire::svg {

std::string escaped(std::string_view raw) {
  std::string out;
  for (const char c : mended_utf8(raw)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return out;
}

std::string px(double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f", std::isfinite(value) ? std::clamp(value, -1e6, 1e6) : 0.0);
  std::string out(text.data());
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

std::string line(double x0, double y0, double x1, double y1, std::string_view colour, double width,
                 std::string_view dashes) {
  auto out = "<path d=\"M" + px(x0) + " " + px(y0) + "L" + px(x1) + " " + px(y1) +
             "\" fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" +
             validation::number(width, 2) + "\"";
  if (!dashes.empty()) out += " stroke-dasharray=\"" + std::string(dashes) + "\"";
  return out + "/>";
}

std::string text(double x, double y, std::string_view words, std::string_view anchor, std::string_view kind) {
  auto out = "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + std::string(anchor) + "\"";
  if (!kind.empty()) out += " class=\"" + std::string(kind) + "\"";
  return out + ">" + escaped(words) + "</text>";
}

Axis Axis::around(double low, double high) {
  constexpr double fewest_ticks = 4;
  double span = std::max(high - low, 1.0);
  const double middle = (low + high) / 2;
  low = std::min(low, middle - span / 2) - span * .06;
  high = std::max(high, middle + span / 2) + span * .06;
  span = high - low;
  const double power = std::pow(10, std::floor(std::log10(span / fewest_ticks)));
  const double parts = span / fewest_ticks / power;
  const double step = power * (parts >= 5 ? 5 : parts >= 2 ? 2 : 1);
  return {std::floor(low / step) * step, std::ceil(high / step) * step, step, step < .99 ? 1 : 0};
}

double Plot::x(double value) const {
  return left_ + (value - x_.low) / (x_.high - x_.low) * (width_ - left_ - right_);
}
double Plot::y(double value) const {
  return height_ - bottom_ - (value - y_.low) / (y_.high - y_.low) * (height_ - top_ - bottom_);
}

std::string Plot::frame(std::string_view x_name, std::string_view y_name) const {
  std::string out = line(left_, top_, left_, height_ - bottom_, "#5A6170", 1) +
                    line(left_, height_ - bottom_, width_ - right_, height_ - bottom_, "#5A6170", 1);
  const auto ticks = [](const Axis& axis, auto&& draw) {
    const auto n = std::min(static_cast<int>(std::lround((axis.high - axis.low) / axis.step)), 50);
    for (int i = 0; i <= n; ++i)
      draw(axis.low + i * axis.step);
  };
  const double x_ticks = std::max(std::round((x_.high - x_.low) / x_.step), 1.0);
  const int every = x_ticks > 6 ? 2 : 1;
  int i = 0;
  ticks(x_, [&](double v) {
    out += line(x(v), height_ - bottom_, x(v), height_ - bottom_ + 4, "#5A6170", 1);
    if (i++ % every == 0)
      out += text(x(v), height_ - bottom_ + 18, validation::number(v, x_.decimals), "middle", "q");
  });
  ticks(y_, [&](double v) {
    out += line(left_ - 4, y(v), left_, y(v), "#5A6170", 1) +
           text(left_ - 8, y(v) + 4, validation::number(v, y_.decimals), "end", "q");
  });
  out += text((left_ + width_ - right_) / 2, height_ - 6, x_name, "middle", "");
  const double middle = (top_ + height_ - bottom_) / 2;
  out +=
      "<g transform=\"rotate(-90 12 " + px(middle) + ")\">" + text(12, middle, y_name, "middle", "") + "</g>";
  return out;
}

std::string Plot::across(double at, std::string_view colour, double width, std::string_view dashes) const {
  return line(left_, y(at), width_ - right_, y(at), colour, width, dashes);
}

std::string Plot::segment(double x0, double y0, double x1, double y1, std::string_view colour, double width,
                          std::string_view dashes) const {
  return line(x(x0), y(y0), x(x1), y(y1), colour, width, dashes);
}

std::string Plot::band(double low, double high, std::string_view colour) const {
  low = std::clamp(low, y_.low, y_.high);
  high = std::clamp(high, y_.low, y_.high);
  if (high <= low) return {};
  return "<rect x=\"" + px(left_) + "\" y=\"" + px(y(high)) + "\" width=\"" + px(width_ - left_ - right_) +
         "\" height=\"" + px(y(low) - y(high)) + "\" fill=\"" + std::string(colour) + "\"/>";
}

std::string Plot::dot(double at_x, double at_y, double radius) const {
  return "<circle cx=\"" + px(x(at_x)) + "\" cy=\"" + px(y(at_y)) + "\" r=\"" + px(radius) +
         "\" fill=\"#3B4CA8\" fill-opacity=\".85\" stroke=\"#FFF\" stroke-width=\"1\"/>";
}

std::string Plot::whole(const std::string& inside, std::string_view said) const {
  return "<svg viewBox=\"0 0 " + px(width_) + " " + px(height_) + "\" role=\"img\" aria-label=\"" +
         escaped(said) + "\">" + inside + "</svg>";
}

}  // namespace vigil::wire::svg
