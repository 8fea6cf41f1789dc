#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"

namespace vigil::cli {

void add_check_config(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("check-config", "say every mistake of a configuration: file:line:column: key: what");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "the configuration, TOML")->required();
  command->callback([file, &chosen] {
    chosen = [file] {
      const auto config = load_config(*file);
      std::printf("%s: no mistakes (%zu bed%s, %zu device%s)\n", file->c_str(), config.beds.size(),
                  config.beds.size() == 1 ? "" : "s", config.devices.size(),
                  config.devices.size() == 1 ? "" : "s");
      return 0;
    };
  });
}

}  // namespace vigil::cli
