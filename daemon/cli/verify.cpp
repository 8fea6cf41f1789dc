#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"
#include "store/store.hpp"

namespace vigil::cli {
namespace {

struct Options {
  std::string data, config, anchor;
};

int verify(const Options& options) {
  const auto directory = data_directory(options.data, load_config(options.config));
  store::Verification found;
  try {
    found = store::verify(directory);
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  if (found.broken_at) {
    std::printf("the log is BROKEN at seq %llu: %s\n", static_cast<unsigned long long>(*found.broken_at),
                found.trouble.c_str());
    return 1;
  }
  std::printf("the log %s holds: %llu events, %llu erased\nhead %s\n", found.log_id.c_str(),
              static_cast<unsigned long long>(found.events), static_cast<unsigned long long>(found.erased),
              found.head_hash.c_str());
  if (!options.anchor.empty() && options.anchor != found.head_hash) {
    std::printf("but its head is not the anchor %s\n", options.anchor.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

void add_verify(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("verify", "walk the log's chain; exit status 1 when it is broken");
  auto options = std::make_shared<Options>();
  command->add_option("--data", options->data, "folder of the night");
  command->add_option("--config", options->config, "configuration that names the folder");
  command->add_option("--anchor", options->anchor,
                      "a head noted earlier, e.g. with a backup: a cut tail shows by it");
  command->callback([options, &chosen] { chosen = [options] { return verify(*options); }; });
}

}  // namespace vigil::cli
