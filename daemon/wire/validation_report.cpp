#include "wire/validation_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "wire/event_json.hpp"
#include "wire/svg.hpp"
#include "wire/utf8.hpp"
#include "wire/validation_words.hpp"

namespace vigil::wire {
namespace {

using svg::escaped;
using svg::px;
using validation::minutes;
using validation::number;
using validation::with_interval;

constexpr double epoch_s = 30;

// The day theme of the page, and what prints.
constexpr std::string_view style = R"css(
:root{--ground:#F7F5F0;--card:#FFF;--ink:#1B1E24;--quiet:#5A6170;--line:#D9D5CC;--asleep:#3B4CA8;--awake:#A3540F;--unknown:#626975}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.45 "Atkinson Hyperlegible Next","Atkinson Hyperlegible",system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:960px;margin:0 auto;padding:32px 24px 48px}
h1{font-size:33px;line-height:1.2;margin:0 0 4px}
h2{font-size:23px;margin:40px 0 8px}
h3{font-size:16px;margin:0 0 4px}
p{margin:8px 0}
.quiet,figcaption,caption,small{color:var(--quiet)}
.notice{border:1px solid var(--ink);border-radius:6px;padding:12px 16px;margin:16px 0;background:var(--card)}
.lead{font-size:19px;margin:16px 0}
section,.card{break-inside:avoid}
.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:16px;margin:12px 0}
.row{display:flex;flex-wrap:wrap;gap:12px}.row>.card{flex:1 1 280px;margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;background:var(--card)}
caption,figcaption{text-align:left;font-size:13px;padding:6px 0 0;caption-side:bottom}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:right;vertical-align:baseline;white-space:nowrap}
th{font-weight:600}thead th{border-bottom:1px solid var(--ink)}
th:first-child,td.text{text-align:left}
td small{display:block;font-size:13px}
.tight{width:auto;margin-top:12px}.tight th,.tight td{padding:3px 10px;font-size:13px;white-space:normal}
.confusion th{white-space:normal}.confusion th,.confusion td{padding:6px 8px}.agree{outline:2px solid var(--ink);outline-offset:-3px}
figure{margin:0}svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:13px;fill:var(--ink)}svg .q{fill:var(--quiet)}
ol,ul{padding-left:20px}li{margin:4px 0}
@page{margin:14mm}
@media print{body{background:#fff;font-size:12px}main{padding:0;max-width:none}.card{border-color:#999}h2{margin-top:20px}}
)css";

/// SVG patterns and classes of all drawings, once a page.
constexpr std::string_view textures =
    R"svg(<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="u" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 0L6 6M6 0L0 6" stroke="#626975" stroke-width=".9" opacity=".75" fill="none"/></pattern>
</defs></svg>
)svg";

std::string tag(std::string_view name, const std::string& inner, std::string_view attributes = "") {
  return "<" + std::string(name) + std::string(attributes.empty() ? "" : " ") + std::string(attributes) +
         ">" + inner + "</" + std::string(name) + ">";
}

std::string cell(const Estimate& e, int decimals) {
  if (!e.value) return "<td class=\"quiet\">not known</td>";
  auto inner = number(*e.value, decimals);
  if (e.low && e.high)
    inner += "<small>" + number(*e.low, decimals) + " to " + number(*e.high, decimals) + "</small>";
  return tag("td", inner);
}
std::string cell(const std::string& text) { return tag("td", escaped(text)); }
std::string cell(std::uint64_t n) { return tag("td", std::to_string(n)); }

// ---- the night strip

struct Lane {
  double top = 0, height = 0, width = 0;
  std::size_t epochs = 0;
  [[nodiscard]] double x(double s) const { return s / (static_cast<double>(epochs) * epoch_s) * width; }
};

/// As the page draws it: asleep solid and low, awake an outline and high, unknown hatched over all.
std::string strip(const Lane& lane, const std::vector<EpochState>& row) {
  constexpr double low = .3, high = .8;
  std::string asleep, awake, unknown;
  const double foot = lane.top + lane.height;
  for (std::size_t i = 0; i < row.size();) {
    std::size_t end = i;
    while (end < row.size() && row[end] == row[i])
      ++end;
    const double inset = row[i] == EpochState::wake ? .75 : 0;
    const double x0 = lane.x(static_cast<double>(i) * epoch_s) + inset;
    const double x1 = std::max(x0 + 1, lane.x(static_cast<double>(end) * epoch_s) - inset);
    const double tall = lane.height * (row[i] == EpochState::sleep  ? low
                                       : row[i] == EpochState::wake ? high
                                                                    : 1);
    auto& path = row[i] == EpochState::sleep ? asleep : row[i] == EpochState::wake ? awake : unknown;
    path +=
        "M" + px(x0) + " " + px(foot) + "V" + px(foot - tall + inset) + "H" + px(x1) + "V" + px(foot) + "Z";
    i = end;
  }
  std::string out;
  if (!unknown.empty()) out += "<path d=\"" + unknown + "\" fill=\"url(#u)\"/>";
  if (!asleep.empty())
    out += "<path d=\"" + asleep + "\" fill=\"#3B4CA8\" stroke=\"#3B4CA8\" stroke-width=\".75\"/>";
  if (!awake.empty())
    out += "<path d=\"" + awake + "\" fill=\"#FFF\" stroke=\"#A3540F\" stroke-width=\"1.5\"/>";
  return out + svg::line(0, foot, lane.width, foot, "#1B1E24", .75);
}

std::string clock_text(const ValidatedNight& night, double s) {
  if (!night.start_known) {
    const auto min = std::llround(s / 60);
    auto rest = std::to_string(min % 60);
    return std::to_string(min / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
  }
  return iso_local(night.start + std::chrono::microseconds(std::llround(s * 1e6))).substr(11, 5);
}

/// Full hours of local time, or of the recording where nobody knows when it was.
std::string hours(const ValidatedNight& night, const Lane& lane) {
  const double length = static_cast<double>(lane.epochs) * epoch_s;
  const double most_ticks = lane.width / 60;
  double step = 3600;
  while (length / step > most_ticks)
    step *= 2;
  double first = 0;
  if (night.start_known) {
    const auto local = night.start.since_epoch + night.start.offset;
    const auto into = std::chrono::duration<double>(local % std::chrono::hours(24)).count();
    first = std::ceil(into / step) * step - into;
  }
  std::string out;
  for (double s = first; s <= length; s += step)
    out += svg::line(lane.x(s), lane.top, lane.x(s), lane.top + 4, "#5A6170", 1) +
           svg::text(lane.x(s), lane.top + 18, clock_text(night, s), "middle", "q");
  return out;
}

std::string triangle(double x, double y, JudgedAwakening::Verdict verdict) {
  using enum JudgedAwakening::Verdict;
  const auto path = "M" + px(x - 4.5) + " " + px(y) + "h9L" + px(x) + " " + px(y + 8.5) + "Z";
  auto out = "<path d=\"" + path + "\" fill=\"" + (verdict == found ? "#1B1E24" : "#FFF") +
             "\" stroke=\"#1B1E24\" stroke-width=\"1.25\"" +
             (verdict == unseen ? " stroke-dasharray=\"2 1.5\"" : "") + "/>";
  if (verdict == invented) out += svg::line(x - 6, y + 9, x + 6, y - 1, "#1B1E24", 1.5);
  return out;
}

std::string night_drawing(const ValidatedNight& night) {
  constexpr double width = 900, label = 92, tall = 52;
  Lane lane{16, tall, width - label, night.truth.size()};
  std::string inside;
  const auto named = [&](const char* name, const std::vector<EpochState>& row) {
    inside += svg::text(-8, lane.top + tall - 4, name, "end", "");
    inside += strip(lane, row);
    lane.top += tall + 20;
  };
  named("Truth", night.truth);
  named("Hindsight", night.hindsight);
  named("Live", night.live);
  const double foot = lane.top - 20;
  for (const auto& a : night.awakenings)
    inside += triangle(lane.x(a.from_s),
                       a.verdict == JudgedAwakening::Verdict::invented ? foot - tall - 12 : 4, a.verdict);
  if (night.lights_told)
    for (const auto at : {night.lights_out, night.lights_on}) {
      const double x = lane.x(static_cast<double>(at) * epoch_s);
      inside += svg::line(x, 4, x, foot, "#5A6170", 1, "1 3");
    }
  lane.top = foot + 2;
  inside += hours(night, lane);
  return "<svg viewBox=\"0 0 " + px(width) + " " + px(foot + 24) + "\" role=\"img\" aria-label=\"" +
         escaped("Hypnogram of " + night.name + " over Vigil's two") + "\"><g transform=\"translate(" +
         px(label) + " 0)\">" + inside + "</g></svg>";
}

// ---- plots

std::string bland_altman(const std::string& name, const BlandAltman& b, std::size_t nights) {
  std::string without;
  for (const auto i : b.left_out)
    without += (without.empty() ? ", without night " : ", ") + std::to_string(i + 1);
  const auto caption = [&](const std::string& more) {
    return tag("figcaption",
               escaped("n = " + std::to_string(b.pairs.size()) +
                       (b.pairs.size() < nights ? " of " + std::to_string(nights) : "") + without + more));
  };
  if (b.pairs.empty())
    return tag("figure",
               tag("h3", escaped(name)) + tag("p", "No night has it.", "class=\"quiet\"") + caption(""),
               "class=\"card\"");
  double low_x = INFINITY, high_x = -INFINITY, low_y = 0, high_y = 0;
  for (const auto& p : b.pairs) {
    const double x = (p.truth + p.said) / 2, y = p.said - p.truth;
    low_x = std::min(low_x, x), high_x = std::max(high_x, x);
    low_y = std::min(low_y, y), high_y = std::max(high_y, y);
  }
  for (const auto* e : {&b.bias, &b.lower, &b.upper})
    for (const auto* v : {&e->value, &e->low, &e->high})
      // With two or three nights the interval of a limit would leave no room for the nights.
      if (*v && (v == &e->value || b.pairs.size() > 3))
        low_y = std::min(low_y, **v), high_y = std::max(high_y, **v);
  const svg::Plot plot(300, 240, svg::Axis::around(low_x, high_x), svg::Axis::around(low_y, high_y));
  auto inside = plot.frame("mean of truth and Vigil, min", "Vigil less truth, min");
  const auto band = [&](const Estimate& e, std::string_view colour) {
    return e.low && e.high ? plot.band(*e.low, *e.high, colour) : std::string();
  };
  inside += band(b.lower, "#EDEAE3") + band(b.upper, "#EDEAE3") + band(b.bias, "#D2CEC4");
  inside += plot.across(0, "#5A6170", .75);
  if (b.lower.value)
    inside += plot.across(*b.lower.value, "#1B1E24", 1.25, "5 4") +
              plot.across(*b.upper.value, "#1B1E24", 1.25, "5 4");
  inside += plot.across(*b.bias.value, "#1B1E24", 1.75);
  for (const auto& p : b.pairs)
    inside += plot.dot((p.truth + p.said) / 2, p.said - p.truth, 4);
  std::string words = "bias " + number(b.bias.value, 1);
  if (b.lower.value) words += ", limits " + number(b.lower.value, 1) + " to " + number(b.upper.value, 1);
  auto after = "; " + words + " min";
  if (b.slope.value) {
    const bool sure = (b.slope.low && *b.slope.low > 0) || (b.slope.high && *b.slope.high < 0);
    after += "; slope " + with_interval(b.slope, 2) + (sure ? ": the bias grows with the value" : "");
  }
  return tag(
      "figure",
      tag("h3", escaped(name)) + plot.whole(inside, name + ": difference against mean") + caption(after),
      "class=\"card\"");
}

std::string calibration_plot(const Calibration& c) {
  const svg::Plot plot(420, 300, svg::Axis::fixed(0, 1, .2, 1), svg::Axis::fixed(0, 1, .2, 1));
  auto inside = plot.frame("P(asleep) as Vigil says it", "share truly asleep");
  inside += plot.segment(0, 0, 1, 1, "#5A6170", 1, "4 4");
  std::uint64_t most = 1;
  for (const auto& bin : c.bins)
    most = std::max(most, bin.n);
  std::string path;
  for (const auto& bin : c.bins) {
    if (bin.n == 0) continue;
    path += (path.empty() ? "M" : "L") + px(plot.x(bin.mean_p)) + " " + px(plot.y(bin.asleep));
    inside += plot.dot(bin.mean_p, bin.asleep,
                       3 + 7 * std::sqrt(static_cast<double>(bin.n) / static_cast<double>(most)));
  }
  inside += "<path d=\"" + path + "\" fill=\"none\" stroke=\"#1B1E24\" stroke-width=\"1\"/>";
  return "<section><h2>How sure it is, and how right</h2>" +
         tag("figure",
             plot.whole(inside, "Share truly asleep against P(asleep)") +
                 tag("figcaption",
                     "Ten bins of P(asleep), as said live; the area of a dot is its share "
                     "of n = " +
                         std::to_string(c.n) +
                         " epochs. On the dashed line it would be right. Expected calibration error " +
                         number(c.error, 3) + ", Brier score " + number(c.brier, 3) + "."),
             "class=\"card\" style=\"max-width:520px\"") +
         "</section>";
}

// ---- tables

std::string table(const std::string& head, const std::string& body, const std::string& caption,
                  std::string_view attributes = "") {
  return tag(
      "div",
      tag("table", (caption.empty() ? "" : tag("caption", caption)) + tag("thead", head) + tag("tbody", body),
          attributes),
      "class=\"scroll\"");
}

std::string epochs_table(const Validation& v) {
  const std::array columns{&v.hindsight.all.night, &v.live.all.night, &v.hindsight.all.record,
                           &v.live.all.record};
  std::string body;
  const auto row = [&](const char* name, Estimate EpochAgreement::* of) {
    std::string cells = tag("th", name, "scope=\"row\"");
    for (const auto* a : columns)
      cells += cell(a->*of, 2);
    body += tag("tr", cells);
  };
  row("Sensitivity (sleep found)", &EpochAgreement::sensitivity);
  row("Specificity (wake found)", &EpochAgreement::specificity);
  row("Accuracy", &EpochAgreement::accuracy);
  row("Cohen's kappa", &EpochAgreement::kappa);
  std::string counts = tag("th", "Epochs known to both", "scope=\"row\"");
  for (const auto* a : columns)
    counts += cell(a->confusion.known());
  body += tag("tr", counts);
  return table(
      R"(<tr><th></th><th colspan="2">Within the night</th><th colspan="2">Whole record</th></tr>
<tr><th></th><th>in hindsight</th><th>live</th><th>in hindsight</th><th>live</th></tr>)",
      body, escaped(validation::interval_words(v.interval)) + R"( Within the night: from the true onset to the
true final awakening. Whole record: lights out to lights on, or the hypnogram where it tells neither; its easy wake at
both ends flatters every method.)");
}

std::string confusion_table(const std::string& name, const Confusion& c) {
  constexpr std::array states{EpochState::sleep, EpochState::wake, EpochState::unknown};
  std::string body;
  for (const auto truth : states) {
    std::uint64_t all = 0;
    for (const auto said : states)
      all += c.of(truth, said);
    std::string cells = tag("th", "truly " + std::string(vigil::name(truth)), "scope=\"row\"");
    for (const auto said : states) {
      const auto n = c.of(truth, said);
      const bool agree = truth == said && truth != EpochState::unknown;
      cells += tag(
          "td",
          std::to_string(n) + "<small>" +
              (all > 0 ? number(100 * static_cast<double>(n) / static_cast<double>(all), 1) + " %" : "none") +
              "</small>",
          agree ? "class=\"agree\"" : "");
    }
    body += tag("tr", cells + cell(all));
  }
  return tag(
      "div",
      tag("h3", escaped(name)) +
          table("<tr><th></th><th>said sleep</th><th>said wake</th><th>said unknown</th><th>all</th></tr>",
                body, {}, "class=\"confusion\""),
      "class=\"card\"");
}

std::string differences_table(const Validation& v) {
  std::string body;
  const auto row = [&](const char* name, const BlandAltman& b) {
    body += tag("tr", tag("th", escaped(name), "scope=\"row\"") + cell(b.pairs.size()) + cell(b.bias, 1) +
                          cell(number(b.sd, 1)) + cell(b.lower, 1) + cell(b.upper, 1) + cell(b.slope, 2));
  };
  row("TST, in hindsight", v.hindsight.tst), row("TST, live", v.live.tst);
  row("SOL, in hindsight", v.hindsight.sol), row("SOL, live", v.live.sol);
  row("WASO, in hindsight", v.hindsight.waso), row("WASO, live", v.live.waso);
  return table(
      R"(<tr><th></th><th>nights</th><th>bias</th><th>SD</th><th>lower limit</th><th>upper limit</th>
<th>slope on the mean</th></tr>)",
      body, R"(Vigil less truth, in minutes; intervals of 95 % by Student's t (limits: Bland and Altman 1986).
Nights of one person count as independent here. A night counts where truth and Vigil each know at least 90 % of the
record, and both have the figure.)");
}

std::string awakenings_table(const Validation& v) {
  std::string body;
  const auto row = [&](const char* name, const AwakeningAgreement& a) {
    std::string share = a.truth > 0 ? number(100.0 * a.found / a.truth, 0) + " %" : "none";
    body += tag("tr", tag("th", escaped(name), "scope=\"row\"") + cell(static_cast<std::uint64_t>(a.truth)) +
                          tag("td", std::to_string(a.found) + "<small>" + share + "</small>") +
                          tag("td", std::to_string(a.missed()) + (a.unseen > 0
                                                                      ? "<small>" + std::to_string(a.unseen) +
                                                                            " while nothing was known</small>"
                                                                      : "")) +
                          cell(static_cast<std::uint64_t>(a.invented)));
  };
  row("Live, of 1 min or more", v.live.all.least_1min);
  row("Live, of 5 min or more", v.live.all.least_5min);
  row("In hindsight, of 1 min or more", v.hindsight.all.least_1min);
  row("In hindsight, of 5 min or more", v.hindsight.all.least_5min);
  const auto told = [](const Latency& l) {
    return l.n == 0 ? std::string("not known, none was found")
                    : "median " + number(l.median_s, 0) + " s, nine of ten within " + number(l.p90_s, 0) +
                          " s (n = " + std::to_string(l.n) + ")";
  };
  return table(
             "<tr><th></th><th>true</th><th>found</th><th>missed</th><th>invented</th></tr>", body,
             R"(Wake between two sleeps within the true night; live ones are those that were confirmed. One of 1 min or
more (5 min) is found by one said of at least 30 s (2.5 min) that overlaps it within 30 s; one said of 1 min or more (5
min) is invented where it meets no true one of at least 30 s (2.5 min).)") +
         tag("p", escaped("From the true beginning to suspected: " + told(v.suspected) +
                          ". To confirmed: " + told(v.confirmed) + "."));
}

std::string awakenings_list(const ValidatedNight& night) {
  using enum JudgedAwakening::Verdict;
  if (night.awakenings.empty()) return "<p class=\"quiet\">No awakening of 1 min or more, true or said.</p>";
  std::string body;
  for (const auto& a : night.awakenings) {
    const auto after = [](const std::optional<double>& s) {
      return s ? number(*s, 0) + " s" : std::string();
    };
    const char* verdict = a.verdict == found    ? "found"
                          : a.verdict == missed ? "missed"
                          : a.verdict == unseen ? "missed, nothing was known"
                                                : "invented";
    body += tag("tr", tag("th", clock_text(night, a.from_s), "scope=\"row\"") +
                          cell(number((a.to_s - a.from_s) / 60, 1)) + tag("td", verdict, "class=\"text\"") +
                          cell(after(a.suspected_s)) + cell(after(a.confirmed_s)));
  }
  return table(
      "<tr><th>awakening</th><th>min</th><th></th><th>suspected after</th><th>confirmed after</th></tr>",
      body, {}, "class=\"tight\"");
}

std::string night_section(const ValidatedNight& n, std::size_t index) {
  auto title = std::to_string(index + 1) + ". " + n.name;
  if (!n.person.empty()) title += ", " + n.person;
  std::string under = n.start_known ? iso_local(n.start).substr(0, 10) + ", " : "";
  under += n.format + ", " + minutes(static_cast<double>(n.truth.size()) / 2) + " scored; Vigil knows " +
           number(n.known_percent, 0) + " % of it";
  if (n.simulated) under += "; SIMULATED";
  std::string body;
  const auto row = [&](const char* name, const NightFigures& f, const EpochAgreement* a) {
    std::string cells = tag("th", name, "scope=\"row\"") + cell(minutes(f.tst_min)) +
                        cell(minutes(f.sol_min)) + cell(minutes(f.waso_min)) +
                        cell(static_cast<std::uint64_t>(f.nwak_1min)) +
                        cell(static_cast<std::uint64_t>(f.nwak_5min));
    cells += a == nullptr ? "<td></td><td></td><td></td>"
                          : cell(number(a->sensitivity.value, 2)) + cell(number(a->specificity.value, 2)) +
                                cell(number(a->kappa.value, 2));
    body += tag("tr", cells);
  };
  row("Truth", n.true_figures, nullptr);
  row("Hindsight", n.hindsight_figures, &n.hindsight_view.night);
  row("Live", n.live_figures, &n.live_view.night);
  std::string notes;
  for (const auto& remark : n.remarks)
    notes += tag("li", escaped(remark));
  const auto figures =
      table(R"(<tr><th></th><th>TST</th><th>SOL</th><th>WASO</th><th>awakenings &#8805; 1 min</th>
<th>&#8805; 5 min</th><th>sensitivity</th><th>specificity</th><th>kappa</th></tr>)",
            body, {}, "class=\"tight\"");
  return tag("section",
             tag("h3", escaped(title)) + tag("p", escaped(under), "class=\"quiet\"") + night_drawing(n) +
                 figures + awakenings_list(n) + (notes.empty() ? "" : tag("ul", notes, "class=\"quiet\"")),
             "class=\"card\"");
}

std::string percent(const Estimate& e) {
  return e.value ? number(100 * *e.value, 0) + " %" : "an unknown share";
}

std::string summary(const Validation& v) {
  const auto& a = v.hindsight.all.night;
  return "Within the night Vigil called " + percent(a.sensitivity) + " of true sleep sleep and " +
         percent(a.specificity) + " of true wake wake; Cohen's kappa is " + number(a.kappa.value, 2) +
         ". It found " + std::to_string(v.live.all.least_5min.found) + " of " +
         std::to_string(v.live.all.least_5min.truth) + " awakenings of 5 min or more live, and invented " +
         std::to_string(v.live.all.least_5min.invented) + ".";
}

}  // namespace

std::string validation_report(const Validation& v, const ReportHead& head) {
  const bool simulated = std::ranges::any_of(v.nights, &ValidatedNight::simulated);
  const auto where = head.lab.empty() ? std::string() : " in " + head.lab;
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>" +
      escaped("Vigil against scored nights" + where) + "</title><style>" + std::string(style) +
      "</style></head>\n<body><main>\n" + std::string(textures);
  out += tag("h1", escaped("Vigil against scored nights" + where));
  out += tag(
      "p",
      escaped(validation::nights_words(v) + ", measured " + head.measured + " with vigild " + head.program),
      "class=\"quiet\"");
  if (simulated)
    out +=
        R"(<p class="notice"><strong>SIMULATED.</strong> At least one of these nights was made by a program. What
follows says nothing of people.</p>)";
  out += tag("p", escaped(summary(v)), "class=\"lead\"");
  out +=
      R"(<p class="notice"><strong>Vigil is not a medical device.</strong> It senses movement, not brain waves: people
in pain lie awake still, and still wake looks like sleep. These figures hold for the people, beds and sensors that were
measured, and for no others.</p>
)";

  out += "<section><h2>Epochs</h2>" + epochs_table(v) + "</section>\n";
  out +=
      "<section><h2>Confusion within the night</h2><div class=\"row\">" +
      confusion_table("In hindsight", v.hindsight.all.night.confusion) +
      confusion_table("Live", v.live.all.night.confusion) +
      R"(</div><p class="quiet">Epochs of 30 s, and their share of the row. Unknown is neither sleep nor wake and
enters no share above.</p></section>
)";
  out += "<section><h2>Awakenings</h2>" + awakenings_table(v) + "</section>\n";
  out +=
      "<section><h2>Figures of the night</h2><div class=\"row\">" +
      bland_altman("Total sleep time", v.hindsight.tst, v.nights.size()) +
      bland_altman("Sleep onset latency", v.hindsight.sol, v.nights.size()) +
      bland_altman("Wake after sleep onset", v.hindsight.waso, v.nights.size()) +
      R"(</div><p class="quiet">In hindsight, a dot a night. Solid: bias; dashed: limits of agreement, bias &#8723; 1.96
SD; grey: their 95-% intervals.</p>)" +
      differences_table(v) + "</section>\n";
  if (v.calibration) out += calibration_plot(*v.calibration) + "\n";
  out +=
      R"(<h2>The nights</h2><p class="quiet">Asleep is solid and low, awake an outline and high, unknown hatched.
Triangles are awakenings of 1 min or more: filled found live, hollow missed, dotted missed while nothing was known, struck
invented. Dotted uprights: lights out and on.</p>
)";
  for (std::size_t i = 0; i < v.nights.size(); ++i)
    out += night_section(v.nights[i], i) + "\n";

  out += R"(<section><h2>How it was measured</h2><ul>
<li>The recordings were played through the stages that run live. <em>Live</em> is what was said when an epoch ended;
<em>in hindsight</em> is what the night's figures are made of, rescored where the record that followed told better.</li>
<li>Vigil's epochs are laid onto those of the hypnogram by the state that fills most of each. Movement, artefact and
epochs not scored are unknown, never sleep.</li>
<li>Onset is the first epoch of 10 min of sleep without a break, for truth and Vigil alike; TST is the sum of the epochs
scored sleep, WASO the wake between onset and the last sleep, SOL counts from lights out, or from the beginning of the
hypnogram.</li>
)" +
         tag("li", escaped("Scored in hindsight by " +
                           validation::scorers_words(v, &ValidatedNight::hindsight_scorers) + "; live by " +
                           validation::scorers_words(v, &ValidatedNight::live_scorers) + ".")) +
         "</ul></section>\n";
  return out + "</main></body></html>\n";
}

}  // namespace vigil::wire
