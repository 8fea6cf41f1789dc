#include <algorithm>
#include <charconv>
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

/// "12:<64 hex digits>", as `verify` prints the head.
std::optional<store::Anchor> anchor_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto colon = text.find(':');
  store::Anchor anchor;
  const auto* end = text.data() + std::min(colon, text.size());
  const auto [at, error] = std::from_chars(text.data(), end, anchor.seq);
  if (colon != std::string::npos) anchor.hash = text.substr(colon + 1);
  if (error != std::errc{} || at != end || anchor.hash.size() != 64)
    throw Refused("--anchor " + text + ": expected SEQ:HASH as `vigild verify` prints it");
  return anchor;
}

int verify(const Options& options) {
  const auto directory = data_directory(options.data, load_config(options.config));
  store::Verification found;
  try {
    found = store::verify(directory, anchor_of(options.anchor));
  } catch (const Refused&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  if (found.broken_at || !found.trouble.empty()) {
    if (found.broken_at)
      std::printf("the log is BROKEN at seq %llu: ", static_cast<unsigned long long>(*found.broken_at));
    else
      std::printf("the log does NOT hold: ");
    std::printf("%s\n", found.trouble.c_str());
    return 1;
  }
  std::printf("the log %s holds: %llu events, %llu erased\nhead %llu:%s\n", found.log_id.c_str(),
              static_cast<unsigned long long>(found.events), static_cast<unsigned long long>(found.erased),
              static_cast<unsigned long long>(found.head), found.head_hash.c_str());
  return 0;
}

}  // namespace

void add_verify(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("verify", "walk the log's chain; exit status 1 when it is broken");
  auto options = std::make_shared<Options>();
  command->add_option("--data", options->data, "folder of the night");
  command->add_option("--config", options->config, "configuration that names the folder");
  command->add_option("--anchor", options->anchor,
                      "SEQ:HASH, a head noted earlier, e.g. with a backup: a cut tail shows by it");
  command->callback([options, &chosen] { chosen = [options] { return verify(*options); }; });
}

}  // namespace vigil::cli
