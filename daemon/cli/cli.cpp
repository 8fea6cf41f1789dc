#include "cli/cli.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>

#include "drivers/driver.hpp"
#include "drivers/settings.hpp"

namespace vigil::cli {

namespace {

static_assert(config::between_elements == drivers::between_elements);

std::string environment(const char* key) {
  const char* value = std::getenv(key);
  return value == nullptr ? "" : value;
}

config::SettingRule rule_of(const drivers::Setting& setting) {
  using Type = config::SettingRule::Type;
  auto type = Type::text;
  switch (setting.type) {
    case drivers::Setting::Type::text:
      break;
    case drivers::Setting::Type::number:
      type = Type::number;
      break;
    case drivers::Setting::Type::boolean:
      type = Type::boolean;
      break;
    case drivers::Setting::Type::list:
      type = Type::list;
      break;
  }
  return {.key = setting.key,
          .type = type,
          .unit = setting.unit,
          .minimum = setting.minimum,
          .maximum = setting.maximum,
          .fallback = setting.fallback,
          .help = setting.help};
}

}  // namespace

std::vector<config::DriverRule> driver_rules() {
  std::vector<config::DriverRule> rules;
  for (const auto* driver : drivers::all()) {
    auto& rule = rules.emplace_back();
    rule.name = driver->name;
    rule.port_needed = drivers::port_needed(*driver);
    for (const auto& setting : driver->settings)
      rule.settings.push_back(rule_of(setting));
    rule.named_only = std::ranges::any_of(driver->matches, [](const drivers::Match& match) {
      return std::holds_alternative<drivers::BootKeyboard>(match);
    });
    if (driver->check != nullptr)
      rule.check = [driver](const config::DriverRule::Values& values) {
        std::vector<config::DriverRule::Wrong> wrongs;
        for (auto& wrong : driver->check(drivers::WrittenSettings(*driver, values)))
          wrongs.push_back({std::string(wrong.key), wrong.element, std::move(wrong.what)});
        return wrongs;
      };
  }
  return rules;
}

config::Config load_config(const std::filesystem::path& file) {
  if (file.empty()) return {};
  config::Loaded loaded;
  try {
    loaded = config::load(file, driver_rules());
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  if (!loaded.mistakes.empty()) {
    std::string all;
    for (const auto& mistake : loaded.mistakes)
      all += (all.empty() ? "" : "\n") + mistake.text();
    throw Refused(all);
  }
  return std::move(loaded.config);
}

std::filesystem::path data_directory(const std::string& option, const config::Config& config) {
  if (!option.empty()) return option;
  if (!config.data.empty()) return config.data;
  // systemd gives a list when the unit names several; the first is ours.
  if (auto state = environment("STATE_DIRECTORY"); !state.empty()) return state.substr(0, state.find(':'));
  if (auto xdg = environment("XDG_STATE_HOME"); xdg.starts_with('/'))
    return std::filesystem::path(xdg) / "vigil";
  if (auto home = environment("HOME"); home.starts_with('/'))
    return std::filesystem::path(home) / ".local" / "state" / "vigil";
  throw Refused("nothing says where the data shall lie: give --data DIR");
}

int main(int argc, char** argv) {
  CLI::App app{"Vigil: an open bedside monitor for the sleep-pain cycle. Not a medical device."};
  app.name("vigild");
  app.set_version_flag("--version", "vigild " VIGIL_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("vigild: ") + error.what() + "; vigild --help says what there is\n";
  });
  Chosen chosen;
  add_run(app, chosen);
  add_replay(app, chosen);
  add_score(app, chosen);
  add_validate(app, chosen);
  add_devices(app, chosen);
  add_verify(app, chosen);
  add_check_config(app, chosen);
  add_sensors(app, chosen);
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (argc > 1 && argv[1][0] != '-' &&
      std::ranges::find(commands, argv[1], &CLI::App::get_name) == commands.end()) {
    std::fprintf(stderr, "vigild: there is no command '%s'; vigild --help says what there is\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return chosen();
  } catch (const Refused& refused) {
    std::fprintf(stderr, "vigild: %s\n", refused.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vigild: %s\n", error.what());
    return 3;
  }
}

}  // namespace vigil::cli
