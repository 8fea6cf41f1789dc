#include <stdexcept>

#include <pugixml.hpp>

#include "wire/hypnogram_runs.hpp"

namespace vigil::wire::hypnogram {
namespace {

constexpr std::size_t most_elements = 1'000'000;

double seconds_of(const pugi::xml_node& node, const char* child, const std::string& where) {
  const std::string_view text = node.child(child).text().get();
  const auto s = number_of(text);
  if (!s || *s < -1e7 || *s > 1e7)
    throw std::runtime_error(where + ": " + child + ": expected a number of seconds, found " + shown(text));
  return *s;
}

/// Profusion: a stage an epoch, in order.
void read_stages(const std::string& name, const pugi::xml_node& root, const pugi::xml_node& stages,
                 Runs& runs) {
  runs.format = "Profusion XML";
  const double length = root.child("EpochLength") ? seconds_of(root, "EpochLength", name) : 30;
  if (length < 30 || length != 30 * static_cast<int>(length / 30))
    throw std::runtime_error(name + ": EpochLength: expected 30 s or a multiple, found " + shown(length));
  for (const auto& stage : stages.children("SleepStage")) {
    const std::string_view text = stage.text().get();
    const auto where = "SleepStage " + std::to_string(runs.stages.size() + 1);
    const auto state = text.empty() ? std::nullopt : stage_of(text);
    if (!state) throw std::runtime_error(name + ": " + where + ": expected 0 to 9, found " + shown(text));
    if (runs.stages.size() >= most_elements)
      throw std::runtime_error(name + ": expected at most 40 h of epochs");
    runs.stages.push_back({length * static_cast<double>(runs.stages.size()), length, *state, where});
  }
}

void read_events(const std::string& name, const pugi::xml_node& events, Runs& runs) {
  runs.format = "NSRR XML";
  std::size_t number = 0;
  for (const auto& event : events.children("ScoredEvent")) {
    const auto where = "ScoredEvent " + std::to_string(++number);
    const std::string_view type = event.child("EventType").text().get();
    const std::string_view concept_ = event.child("EventConcept").text().get();
    if (concept_.starts_with("Lights Off") || concept_.starts_with("Lights off"))
      runs.lights_out_s = seconds_of(event, "Start", name + ": " + where);
    if (concept_.starts_with("Lights On") || concept_.starts_with("Lights on"))
      runs.lights_on_s = seconds_of(event, "Start", name + ": " + where);
    if (!type.starts_with("Stages")) continue;
    const auto state = concept_.empty() ? std::nullopt : stage_of(concept_);
    if (!state)
      throw std::runtime_error(name + ": " + where +
                               ": EventConcept: expected a stage as 'Stage 2 sleep|2', found " +
                               shown(concept_));
    if (runs.stages.size() >= most_elements)
      throw std::runtime_error(name + ": expected at most 40 h of epochs");
    runs.stages.push_back({seconds_of(event, "Start", name + ": " + where),
                           seconds_of(event, "Duration", name + ": " + where), *state, where});
  }
}

}  // namespace

// Entities beyond XML's own five and document types are not read, so nothing in a file makes it grow.
Runs read_xml(std::string_view file_name, std::span<const std::byte> file) {
  const std::string name(file_name);
  pugi::xml_document document;
  const auto read = document.load_buffer(file.data(), file.size(), pugi::parse_default, pugi::encoding_auto);
  if (!read)
    throw std::runtime_error(name + ": byte " + std::to_string(read.offset) + ": expected XML, found " +
                             read.description());
  const auto root = document.document_element();
  Runs runs;
  if (const auto stages = root.child("SleepStages"))
    read_stages(name, root, stages, runs);
  else if (const auto events = root.child("ScoredEvents"))
    read_events(name, events, runs);
  else
    throw std::runtime_error(
        name + ": expected PSGAnnotation with ScoredEvents or CMPStudyConfig with SleepStages, found " +
        shown(root.name()));
  if (runs.stages.empty())
    throw std::runtime_error(name +
                             ": expected sleep stages (ScoredEvent of EventType Stages|Stages), found none");
  return runs;
}

}  // namespace vigil::wire::hypnogram
