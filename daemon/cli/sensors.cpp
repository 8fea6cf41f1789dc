#include "cli/sensors.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"

namespace vigil::cli {
namespace {

using drivers::Adapter;
using drivers::BootKeyboard;
using drivers::ExplicitOnly;
using drivers::HidUsageMatch;
using drivers::SerialMatch;
using drivers::UsbMatch;

template <class... F>
struct Each : F... {
  using F::operator()...;
};

std::string hex(std::uint16_t id) {
  std::array<char, 5> text{};
  std::snprintf(text.data(), text.size(), "%04x", id);
  return text.data();
}

std::string id(std::uint16_t vendor, std::uint16_t product) {
  return hex(vendor) + ":" + (product == 0 ? "*" : hex(product));
}

/// Appends `part` to a list of words.
void add(std::string& list, const std::string& part, std::string_view between = ", ") {
  if (!list.empty()) list += between;
  list += part;
}

std::string_view connection(drivers::Transport transport) {
  switch (transport) {
    case drivers::Transport::serial:
      return "serial port";
    case drivers::Transport::usb:
      return "USB";
    case drivers::Transport::file:
      return "file";
    case drivers::Transport::none:
      return "none";
  }
  return "?";
}

/// The ids of one model stand together: "DYMO M10 / M25 0922:8003, 0922:8004".
std::string recognised(const drivers::Driver& driver) {
  std::string usage, serial, adapters, explicitly;
  std::vector<std::pair<std::string_view, std::string>> models;
  for (const auto& match : driver.matches)
    std::visit(Each{[&](const UsbMatch& m) {
                      const auto text = "`" + id(m.vendor, m.product) + "`";
                      const auto known =
                          std::ranges::find(models, m.model, [](const auto& model) { return model.first; });
                      if (known == models.end())
                        models.emplace_back(m.model, text);
                      else
                        add(known->second, text);
                    },
                    [&](const HidUsageMatch& m) {
                      add(usage, "HID usage page `" + hex(m.page) + "`, usage `" + hex(m.usage) + "`");
                    },
                    [&](const SerialMatch& m) {
                      add(serial, "`" + id(m.vendor, m.product) + "` with a serial number `" +
                                      std::string(m.serial_prefix) + "...`");
                    },
                    [&](const BootKeyboard&) { explicitly = "a boot keyboard that somebody assigned"; },
                    [&](const Adapter& m) {
                      add(adapters, std::string(m.model) + " `" + id(m.vendor, m.product) + "`");
                    },
                    [&](const ExplicitOnly&) { explicitly = "only where the configuration names it"; }},
               match);
  std::string all;
  for (const auto& part : {usage, serial})
    if (!part.empty()) add(all, part, "; ");
  std::string known;
  for (const auto& [model, ids] : models)
    add(known, std::string(model) + " " + ids, "; ");
  if (!known.empty()) add(all, (all.empty() ? "" : "known: ") + known, "; ");
  if (!explicitly.empty()) add(all, explicitly, "; ");
  if (!adapters.empty()) add(all, "often behind: " + adapters, "; ");
  return all;
}

std::string access() { return R"(GROUP="vigil", MODE="0660", TAG+="uaccess")"; }

/// Any interface of class 3, subclass 1, protocol 1; which of them is a button, a person says. Not for the
/// local user: he could read what others type.
std::string keyboard_rule() {
  return "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ENV{ID_USB_INTERFACES}==\"*:030101:*\", "
         "GROUP=\"vigil\", MODE=\"0660\"\n";
}

std::string usb_rule(const UsbMatch& m) {
  return "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ATTR{idVendor}==\"" + hex(m.vendor) + "\", " +
         (m.product == 0 ? "" : "ATTR{idProduct}==\"" + hex(m.product) + "\", ") + access() + "\n";
}

std::string serial_rules(const SerialMatch& m) {
  const auto with = [&m](std::string_view subsystem, std::string_view attribute) {
    const std::string key(attribute);
    return "SUBSYSTEM==\"" + std::string(subsystem) + "\", " + key + "{idVendor}==\"" + hex(m.vendor) +
           "\", " + key + "{idProduct}==\"" + hex(m.product) + "\", " + key + "{serial}==\"" +
           std::string(m.serial_prefix) + "*\", ";
  };
  return with("usb", "ATTR") + "ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n" +  //
         with("tty", "ATTRS") + access() +
         ", ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_MM_PORT_IGNORE}=\"1\"\n" + with("block", "ATTRS") +
         "ENV{UDISKS_AUTO}=\"0\"\n";
}

/// Not its group: whoever may use serial ports may use this one. But a modem probe would disturb the sensor.
std::string adapter_rule(const Adapter& m) {
  return "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"" + hex(m.vendor) + "\", ATTRS{idProduct}==\"" +
         hex(m.product) + "\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_MM_PORT_IGNORE}=\"1\"\n";
}

}  // namespace

std::string sensors_markdown(std::span<const drivers::Driver* const> drivers) {
  std::string table =
      "| sensor | driver | connection | recognised by |\n"
      "|---|---|---|---|\n";
  for (const auto* driver : drivers)
    table += "| " + std::string(driver->title) + (driver->simulated ? " (SIMULATED)" : "") + " | `" +
             std::string(driver->name) + "` | " + std::string(connection(driver->transport)) + " | " +
             recognised(*driver) + " |\n";
  return table;
}

std::string sensors_udev(std::span<const drivers::Driver* const> drivers) {
  std::string rules =
      "# Sensors that vigild reads: its group and the local user may open them, ModemManager leaves them "
      "alone, their\n"
      "# volumes are not mounted by themselves. Made by `vigild sensors --udev` from the drivers' tables.\n";
  std::string adapters;
  for (const auto* driver : drivers) {
    std::string own;
    for (const auto& match : driver->matches) {
      if (const auto* usb = std::get_if<UsbMatch>(&match)) own += usb_rule(*usb);
      if (std::holds_alternative<BootKeyboard>(match)) own += keyboard_rule();
      if (const auto* serial = std::get_if<SerialMatch>(&match)) own += serial_rules(*serial);
      if (const auto* adapter = std::get_if<Adapter>(&match))
        if (const auto rule = adapter_rule(*adapter); adapters.find(rule) == std::string::npos)
          adapters += rule;
    }
    if (!own.empty())
      rules += "\n# " + std::string(driver->name) + ": " + std::string(driver->title) + "\n" + own;
  }
  if (!adapters.empty())
    rules += "\n# Common adapters with a sensor behind them, which the configuration names\n" + adapters;
  return rules;
}

void add_sensors(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("sensors", "print the sensors that this build reads");
  command->group("");  // for the makers of README and udev rules, not in --help
  auto udev = std::make_shared<bool>(false);
  auto markdown = std::make_shared<bool>(true);
  auto* table = command->add_flag("--markdown", *markdown, "as a table, the default");
  command->add_flag("--udev", *udev, "as udev rules")->excludes(table);
  command->callback([udev, markdown, &chosen] {
    chosen = [udev] {
      const auto text = *udev ? sensors_udev(drivers::all()) : sensors_markdown(drivers::all());
      std::fputs(text.c_str(), stdout);
      return 0;
    };
  });
}

}  // namespace vigil::cli
