#include "drivers/replay/cwa_recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "drivers/axivity/cwa.hpp"

namespace vigil::drivers::replay {
namespace {

using axivity::CwaBlock;

class CwaRecording final : public Recording {
 public:
  CwaRecording(const std::filesystem::path& file, const Options& options)
      : name_(file.filename().string()), file_(file, std::ios::binary) {
    std::vector<std::byte> head(axivity::cwa_header_size);
    if (!take(head))
      throw std::runtime_error(file.string() + ": expected a CWA file, found " +
                               (file_.gcount() == 0 ? "an empty file" : "one shorter than its header"));
    const auto header = axivity::parse_cwa_header(head);
    if (!header) throw std::runtime_error(file.string() + ": expected a CWA file, found no MD at its start");
    header_session_ = header->session;
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    blocks_ = error ? 0 : (size - axivity::cwa_header_size) / axivity::cwa_block_size;

    device_ = "axivity:" + header->type + "_" + std::to_string(header->device);
    next_ = read_block();
    if (!next_)
      throw std::runtime_error(file.string() + ": expected blocks of samples, found none that is whole (" +
                               std::to_string(bad_) + " of " + std::to_string(bad_) + " are damaged)");
    zero_ = next_->first.since_epoch;
    start_ = WallTime{zero_, options.start ? options.start->offset : std::chrono::minutes{}};
    if (options.start) start_ = options.start;
    what_ = header->type + " " + std::to_string(header->device) + ", firmware " +
            std::to_string(header->firmware) + ", session " + std::to_string(header->session);
    channels_.push_back({.quantity = Quantity::acceleration,
                         .columns = 3,
                         .rate_hz = static_cast<float>(next_->hz),
                         .minimum = -20,
                         .maximum = 20});
  }

  std::optional<Sample> next() override {
    while (sample_ >= block_.count) {
      if (!next_) {
        if (!std::exchange(told_, true)) tell_end();
        return std::nullopt;
      }
      block_ = *next_;
      sample_ = 0;
      next_ = read_block();
      // The device's oscillator is not exactly at its nominal rate: where the next block follows directly,
      // its own time says how fast this one really was.
      step_us_ = 1e6 / block_.hz;
      if (next_ && next_->sequence == block_.sequence + 1 && block_.count > 0) {
        const double real =
            static_cast<double>((next_->first.since_epoch - block_.first.since_epoch).count()) /
            static_cast<double>(block_.count);
        if (std::abs(real - step_us_) < 0.1 * step_us_) step_us_ = real;
      }
    }
    const auto at = block_.first.since_epoch +
                    std::chrono::microseconds(std::llround(step_us_ * static_cast<double>(sample_)));
    last_ = std::max(last_, Instant{at - zero_});
    return Sample{0, last_, block_.g[sample_++]};
  }

  [[nodiscard]] Duration duration() const override {
    // The last whole block near the end says it; damaged ones are stepped over.
    std::ifstream file(path(), std::ios::binary);
    std::array<std::byte, axivity::cwa_block_size> bytes{};
    for (auto i = blocks_; i-- > 0;) {
      file.seekg(static_cast<std::streamoff>(axivity::cwa_header_size + i * axivity::cwa_block_size));
      if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
        break;
      if (const auto block = axivity::parse_cwa_block(bytes))
        return block->first.since_epoch - zero_ + from_seconds(static_cast<double>(block->count) / block->hz);
    }
    return {};
  }

  void remember(std::filesystem::path file) { path_ = std::move(file); }

 private:
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  bool take(std::span<std::byte> into) {
    file_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(file_.gcount()) == into.size();
  }

  void tell_end() {
    remark(name_ + ": " + std::to_string(good_) + " of " + std::to_string(good_ + bad_) + " blocks read" +
           (bad_ == 0 ? "" : ", " + std::to_string(bad_) + " damaged and left out"));
    if (exchanged_ > 0)
      remark(name_ + ": " + std::to_string(exchanged_) +
             " samples had acceleration and gyroscope exchanged: put right by gravity");
  }

  std::optional<CwaBlock> read_block() {
    std::array<std::byte, axivity::cwa_block_size> bytes{};
    while (take(bytes)) {
      const auto number = good_ + bad_;
      const auto block = axivity::parse_cwa_block(bytes);
      if (block && block->count == 0) {
        ++good_;
        continue;
      }
      if (block && any_ && block->first.since_epoch < latest_ - std::chrono::seconds(1)) {
        ++bad_;
        reject(Reject::order);
        remark(name_ + ": block " + std::to_string(number) + " is older than the one before it: left out");
        continue;
      }
      if (block) {
        ++good_;
        any_ = true;
        exchanged_ += block->exchanged;
        latest_ = block->first.since_epoch;
        return *block;
      }
      ++bad_;
      reject(block.error());
      remark(name_ + ": block " + std::to_string(number) + " is damaged (" +
             std::string(vigil::name(block.error())) + ")");
    }
    if (file_.gcount() > 0 && !std::exchange(torn_, true)) {
      reject(Reject::length);
      remark(name_ + ": the last block is torn: left out");
    }
    return std::nullopt;
  }

  std::string name_;
  std::filesystem::path path_;
  std::ifstream file_;
  std::uint32_t header_session_ = 0;
  std::uint64_t blocks_ = 0, good_ = 0, bad_ = 0, exchanged_ = 0;
  bool told_ = false, any_ = false, torn_ = false;
  std::chrono::microseconds zero_{}, latest_{};
  CwaBlock block_;
  std::optional<CwaBlock> next_;
  std::size_t sample_ = 0;
  double step_us_ = 0;
  Instant last_{};
};

}  // namespace

std::unique_ptr<Recording> open_cwa(const std::filesystem::path& file, const Options& options) {
  auto recording = std::make_unique<CwaRecording>(file, options);
  recording->remember(file);
  return recording;
}

}  // namespace vigil::drivers::replay
