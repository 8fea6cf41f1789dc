#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/clock.hpp"
#include "cli/cli.hpp"
#include "cli/playing.hpp"
#include "serve/ask.hpp"
#include "sleep/agreement.hpp"
#include "wire/event_json.hpp"
#include "wire/history.hpp"
#include "wire/hypnogram.hpp"
#include "wire/validation_report.hpp"

namespace vigil::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

struct Options {
  PlayingOptions playing;
  std::vector<std::string> recordings, nights;
  std::string truth, list, truth_start, report, config;
  std::optional<std::string> lab;  ///< --store
  double truth_epoch_s = 0;
  bool json = false, forget = false;
};

/// One hypnogram and what was recorded in its night.
struct Job {
  std::string truth;
  std::vector<std::string> recordings;
  std::string person, start, truth_start;
};

/// Hindsight is decided at the latest 10 min after its epoch, a wrist's night closes 60 min after the last
/// sleep.
constexpr Duration settle = std::chrono::hours(2);

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (auto& part : parts) {
    const auto first = part.find_first_not_of(" \t\r\""), last = part.find_last_not_of(" \t\r\"");
    part = first == std::string::npos ? "" : part.substr(first, last - first + 1);
  }
  return parts;
}

std::vector<std::byte> bytes_of(const std::string& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) throw Refused(file + ": cannot be read: " + error.message());
  if (size > wire::hypnogram_most_bytes)
    throw Refused(file + ": expected a hypnogram of at most 64 MiB, found " + std::to_string(size >> 20) +
                  " MiB");
  std::ifstream in(file, std::ios::binary);
  std::vector<std::byte> bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!in) throw Refused(file + ": cannot be read");
  return bytes;
}

// ---- which nights

/// TRUTH=RECORDING[,RECORDING...]
Job job_of(const std::string& night) {
  const auto equals = night.find('=');
  Job job;
  if (equals != std::string::npos) {
    job.truth = night.substr(0, equals);
    job.recordings = split(night.substr(equals + 1), ',');
  }
  if (job.truth.empty() || job.recordings.empty() || std::ranges::count(job.recordings, "") > 0)
    throw Refused("--night: expected HYPNOGRAM=RECORDING[,RECORDING...], found '" + night + "'");
  return job;
}

/// A CSV with a header of truth, recordings (';' between, or blanks where commas separate columns), person,
/// start, truth_start; files beside it.
std::vector<Job> jobs_of(const std::string& list) {
  constexpr std::array<std::string_view, 5> known{"truth", "recordings", "person", "start", "truth_start"};
  std::ifstream in(list);
  if (!in) throw Refused(list + ": cannot be read");
  const auto folder = fs::path(list).parent_path();
  const auto beside = [&](const std::string& file) { return (folder / file).string(); };
  std::vector<std::string> header;
  std::vector<Job> jobs;
  char separator = ',';
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    const auto here = list + ":" + std::to_string(number) + ": ";
    if (header.empty()) {
      if (line.find('\t') != std::string::npos) separator = '\t';
      header = split(line, separator);
      for (const auto& name : header)
        if (std::ranges::find(known, name) == known.end())
          throw Refused(here + "expected columns truth, recordings, person, start, truth_start, found '" +
                        name + "'");
      for (const std::string_view need : {"truth", "recordings"})
        if (std::ranges::find(header, need) == header.end())
          throw Refused(here + "expected a column '" + std::string(need) + "'");
      continue;
    }
    const auto fields = split(line, separator);
    if (fields.size() > header.size())
      throw Refused(here + "expected " + std::to_string(header.size()) + " columns, found " +
                    std::to_string(fields.size()) + "; ';' separates recordings");
    Job job;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (header[i] == "truth" && !fields[i].empty()) job.truth = beside(fields[i]);
      if (header[i] == "recordings")
        for (const auto& file : split(fields[i], ';'))
          if (!file.empty()) job.recordings.push_back(beside(file));
      if (header[i] == "person") job.person = fields[i];
      if (header[i] == "start") job.start = fields[i];
      if (header[i] == "truth_start") job.truth_start = fields[i];
    }
    if (job.truth.empty() || job.recordings.empty())
      throw Refused(here + "expected a hypnogram and a recording, found '" + line + "'");
    jobs.push_back(std::move(job));
  }
  if (jobs.empty()) throw Refused(list + ": expected a table of nights, found none");
  return jobs;
}

std::vector<Job> jobs_of(const Options& options) {
  const int forms = !options.truth.empty() + !options.nights.empty() + !options.list.empty();
  if (forms != 1)
    throw Refused(
        "say which nights: --truth HYPNOGRAM RECORDING..., or --night HYPNOGRAM=RECORDING[,...] for each, or "
        "--nights LIST.csv");
  if (options.truth.empty() && !options.recordings.empty())
    throw Refused(options.recordings.front() + ": recordings stand behind --truth alone");
  if (!options.list.empty()) return jobs_of(options.list);
  std::vector<Job> jobs;
  for (const auto& night : options.nights)
    jobs.push_back(job_of(night));
  if (!options.truth.empty()) {
    if (options.recordings.empty()) throw Refused("--truth: expected recordings behind it, found none");
    jobs.push_back({.truth = options.truth,
                    .recordings = options.recordings,
                    .person = {},
                    .start = {},
                    .truth_start = {}});
  }
  return jobs;
}

// ---- one night

/// Gathers what the bed says.
class Listener {
 public:
  /// Epochs between these are counted by scorer.
  Listener(Instant from, Instant to) : from_(from), to_(to) {}

  void hear(const bed::Output& out) {
    for (const auto& event : out.events)
      std::visit([&](const auto& e) { hear(event.at, e); }, event.payload);
    for (const auto& epoch : out.epochs) {
      epochs_.push_back({epoch.from, epoch.score, epoch.score, epoch.p_asleep});
      scorers_.push_back({epoch.scorer, epoch.scorer});
    }
    for (const auto& rescore : out.rescores) {
      const auto at = std::ranges::lower_bound(epochs_, rescore.from, {}, &sleep::SaidEpoch::from);
      if (at == epochs_.end() || at->from != rescore.from) continue;
      at->hindsight = rescore.score;
      scorers_[static_cast<std::size_t>(at - epochs_.begin())].second = rescore.scorer;
    }
  }

  [[nodiscard]] const std::vector<sleep::SaidEpoch>& epochs() const noexcept { return epochs_; }
  /// An awakening that never ended lasts to the end.
  [[nodiscard]] std::vector<sleep::SaidAwakening> awakenings(Instant end) const {
    auto all = awakenings_;
    for (auto& one : all)
      if (one.to == never) one.to = std::max(end, one.from);
    return all;
  }
  [[nodiscard]] std::vector<ScorerShare> shares(Name std::pair<Name, Name>::* of) const {
    std::map<std::string, std::uint64_t> counted;
    for (std::size_t i = 0; i < epochs_.size(); ++i)
      if (epochs_[i].from >= from_ && epochs_[i].from < to_) ++counted[(scorers_[i].*of).str()];
    std::vector<ScorerShare> out;
    for (const auto& [scorer, n] : counted)
      out.push_back({scorer, n});
    return out;
  }

 private:
  static constexpr Instant never{Duration::max()};

  template <class E>
  void hear(Instant, const E&) {}
  void hear(Instant at, const event::AwakeningSuspected& e) {
    suspected_ = {.from = at - e.ago, .to = never, .suspected = at, .confirmed = at};
  }
  void hear(Instant at, const event::AwakeningConfirmed& e) {
    suspected_.from = at - e.ago;
    suspected_.confirmed = at;
    awakenings_.push_back(suspected_);
  }
  void hear(Instant at, const event::AwakeningEnded& e) {
    if (!awakenings_.empty()) awakenings_.back().to = std::max(at - e.ago, awakenings_.back().from);
  }
  void hear(Instant at, const event::NightClosed& e) {
    if (!awakenings_.empty() && awakenings_.back().to == never)
      awakenings_.back().to = std::max(at - e.ago, awakenings_.back().from);
  }

  Instant from_, to_;
  std::vector<sleep::SaidEpoch> epochs_;
  std::vector<std::pair<Name, Name>> scorers_;  ///< of each epoch, live and in hindsight
  sleep::SaidAwakening suspected_{};
  std::vector<sleep::SaidAwakening> awakenings_;
};

struct When {
  bool local = false;
  microseconds at{};
};

When when(const std::string& option, const std::string& text) {
  if (const auto zoned = wire::parse_iso(text)) return {false, zoned->since_epoch};
  if (const auto local = wire::parse_iso(text + "Z")) return {true, local->since_epoch};
  throw Refused(option + ": expected a time as 2026-11-22T22:00:00 or 2026-11-22T22:00:00+01:00, found '" +
                text + "'");
}

/// Where the hypnogram's first epoch lies in the recording's time.
Instant place(const wire::Hypnogram& hypnogram, const Job& job, const Playing& playing) {
  using Clock = wire::Hypnogram::Clock;
  if (hypnogram.clock == Clock::relative && job.truth_start.empty()) return {hypnogram.start};
  auto from = When{hypnogram.clock == Clock::local, hypnogram.start};
  if (!job.truth_start.empty()) {
    from = when("--truth-start", job.truth_start);
    from.at += hypnogram.start - hypnogram.zero;
  }
  if (!playing.start_known())
    throw Refused(job.recordings.front() + ": does not say when it began, and " + job.truth +
                  " is scored by the clock: give --start");
  if (from.local) from.at -= playing.start().offset;
  return {from.at - playing.start().since_epoch};
}

ValidatedNight validated(const Job& job, const Options& options) {
  wire::Hypnogram hypnogram;
  const auto bytes = bytes_of(job.truth);
  try {
    hypnogram = wire::read_hypnogram(
        job.truth, bytes, options.truth_epoch_s > 0 ? std::optional(options.truth_epoch_s) : std::nullopt);
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  auto how = options.playing;
  how.files = job.recordings;
  if (!job.start.empty()) how.start = job.start;
  Playing playing(how);
  const Instant first = place(hypnogram, job, playing);
  const Instant end = first + epoch_length * static_cast<std::int64_t>(hypnogram.epochs.size());

  Listener listener(first, end);
  playing.play({.said = [&](bed::Output& out) { listener.hear(out); }, .due = {}, .settle = settle});
  playing.expect_samples();
  if (playing.last() < first || playing.first() >= end) {
    const auto span = [&](Instant from, Instant to) {
      return wire::iso_local(playing.wall(from)) + " to " + wire::iso_local(playing.wall(to));
    };
    throw Refused(job.truth + " and " + job.recordings.front() + " are of different times: " +
                  span(first, end) + " is scored, " + span(playing.first(), playing.last()) +
                  " is recorded; --start and --truth-start set them right");
  }

  const auto awakenings = listener.awakenings(std::max(end, playing.last()));
  auto night = sleep::judge({.truth = hypnogram.epochs,
                             .first = first,
                             .lights_out = hypnogram.lights_out,
                             .lights_on = hypnogram.lights_on,
                             .said = listener.epochs(),
                             .awakenings = awakenings});
  night.name = fs::path(job.truth).filename().string();
  night.person = job.person;
  night.format = hypnogram.format;
  night.simulated = playing.simulated();
  night.start = playing.wall(first);
  night.start_known = playing.start_known();
  night.live_scorers = listener.shares(&std::pair<Name, Name>::first);
  night.hindsight_scorers = listener.shares(&std::pair<Name, Name>::second);
  night.remarks = std::move(hypnogram.remarks);
  if (hypnogram.clock == wire::Hypnogram::Clock::relative && job.truth_start.empty())
    night.remarks.push_back("times of the hypnogram are taken to count from the recording's start");
  for (const auto& remark : playing.remarks())
    night.remarks.push_back(remark);
  return night;
}

// ---- what becomes of it

event::ValidationStored stored_of(const Validation& v, const std::string& lab, const std::string& measured) {
  event::ValidationStored out;
  out.lab = lab;
  out.program = VIGIL_VERSION;
  out.measured = measured;
  std::map<std::string, std::uint64_t> scorers;
  for (const auto& night : v.nights)
    for (const auto& share : night.hindsight_scorers)
      if (!share.scorer.empty()) scorers[share.scorer] += share.epochs;
  if (const auto most = std::ranges::max_element(scorers, {}, [](const auto& s) { return s.second; });
      most != scorers.end()) {
    const auto blank = most->first.rfind(' ');
    out.algorithm = most->first.substr(0, blank);
    if (blank != std::string::npos) out.version = most->first.substr(blank + 1);
  }
  out.nights = static_cast<std::int64_t>(v.nights.size());
  out.people = static_cast<std::int64_t>(v.people);
  const auto& night = v.hindsight.all.night;
  out.epochs = static_cast<std::int64_t>(night.confusion.known());
  const auto tell = [](const Estimate& e, auto& value, auto& low, auto& high) {
    value = e.value, low = e.low, high = e.high;
  };
  tell(night.sensitivity, out.sensitivity, out.sensitivity_low, out.sensitivity_high);
  tell(night.specificity, out.specificity, out.specificity_low, out.specificity_high);
  tell(night.kappa, out.kappa, out.kappa_low, out.kappa_high);
  const auto limits = [](const BlandAltman& b, auto& bias, auto& low, auto& high) {
    bias = b.bias.value, low = b.lower.value, high = b.upper.value;
  };
  limits(v.hindsight.tst, out.tst_bias_min, out.tst_low_min, out.tst_high_min);
  limits(v.hindsight.sol, out.sol_bias_min, out.sol_low_min, out.sol_high_min);
  limits(v.hindsight.waso, out.waso_bias_min, out.waso_low_min, out.waso_high_min);
  const auto &one = v.live.all.least_1min, &five = v.live.all.least_5min;
  out.awakenings_true_1min = one.truth, out.awakenings_found_1min = one.found;
  out.awakenings_invented_1min = one.invented;
  out.awakenings_true_5min = five.truth, out.awakenings_found_5min = five.found;
  out.awakenings_invented_5min = five.invented;
  out.latency_median_s = v.confirmed.median_s;
  out.latency_p90_s = v.confirmed.p90_s;
  return out;
}

/// Has the running daemon put it into its log.
void post(const Options& options, event::ValidationStored stored, bool simulated) {
  const auto config = load_config(options.config);
  const auto now = Clock().wall();
  const wire::ValidationDraft draft{
      .client_id = "validate-" + std::to_string(now.since_epoch.count()) + "-" + std::to_string(getpid()),
      .simulated = simulated,
      .stored = std::move(stored)};
  const auto place = config.listen_address + ":" + std::to_string(config.listen_port);
  const auto told = serve::tell(config.listen_address, config.listen_port, "/api/v1/validation",
                                wire::validation_body(draft));
  if (!told)
    throw Refused("no daemon answers at " + place +
                  ": nothing was stored; start vigild run, or name its address with --config");
  if (told->status == 200 || told->status == 201) return;
  throw Refused(place + ": did not store it: " + wire::error_message(told->body));
}

void write_report(const std::string& file, const std::string& page) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << page;
  out.close();
  if (!out) throw Refused(file + ": cannot be written");
}

int run(const Options& options) {
  if (options.forget) {
    if (options.lab || !options.truth.empty() || !options.nights.empty() || !options.list.empty())
      throw Refused("--forget: stands alone; it withdraws what was stored");
    post(options, {}, false);
    std::fputs("withdrawn: no figures of a lab are shown any more\n", stdout);
    return 0;
  }
  if (options.lab && (options.lab->empty() || options.lab->size() > 120))
    throw Refused("--store: expected the name of the lab, 1 to 120 bytes");
  auto jobs = jobs_of(options);
  std::vector<ValidatedNight> nights;
  for (auto& job : jobs) {
    if (job.truth_start.empty()) job.truth_start = options.truth_start;
    nights.push_back(validated(job, options));
    for (const auto& remark : nights.back().remarks)
      std::fprintf(stderr, "%s: %s\n", nights.back().name.c_str(), remark.c_str());
  }
  const auto validation = sleep::judge(std::move(nights));
  const wire::ReportHead head{.program = VIGIL_VERSION,
                              .measured = wire::iso_local(Clock().wall()).substr(0, 10),
                              .lab = options.lab.value_or("")};
  const auto said =
      options.json ? wire::validation_json(validation, head) + "\n" : wire::validation_table(validation);
  std::fputs(said.c_str(), stdout);
  std::fflush(stdout);
  if (!options.report.empty()) write_report(options.report, wire::validation_report(validation, head));
  if (!options.lab) return 0;
  const bool simulated = std::ranges::any_of(validation.nights, &ValidatedNight::simulated);
  post(options, stored_of(validation, *options.lab, head.measured), simulated);
  std::fprintf(stderr, "stored: under every night now stands what was measured in %s\n",
               options.lab->c_str());
  return 0;
}

}  // namespace

void add_validate(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "validate", "compare what Vigil says of recorded nights with their scored hypnograms");
  auto options = std::make_shared<Options>();
  command->add_option("--truth", options->truth,
                      "a hypnogram: EDF+ annotations, CSV (time, stage), XML of the NSRR or Profusion");
  command->add_option("RECORDING", options->recordings, "what was recorded in that night, as for replay");
  command->add_option("--night", options->nights, "HYPNOGRAM=RECORDING[,RECORDING...]; once for each night")
      ->allow_extra_args(false);
  command->add_option("--nights", options->list,
                      "a CSV of nights: truth, recordings (';' between), person, start, truth_start");
  add_playing_options(*command, options->playing);
  command->add_option("--truth-start", options->truth_start,
                      "when the hypnogram's times begin, where it does not say or is wrong, ISO 8601");
  command->add_option("--truth-epoch", options->truth_epoch_s, "length of a CSV's epochs in seconds")
      ->check(CLI::Range(30.0, 3600.0));
  command->add_option("--report", options->report, "write an HTML page with the plots to this file");
  command->add_flag("--json", options->json, "one JSON object instead of a table");
  command->add_option("--store", options->lab,
                      "the lab's name: have the running daemon print the figures under every night");
  command->add_flag("--forget", options->forget, "have it print none any more");
  command->add_option("--config", options->config, "configuration: where the daemon listens");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace vigil::cli
