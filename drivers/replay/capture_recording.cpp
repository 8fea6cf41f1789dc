#include "drivers/replay/capture_recording.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "drivers/driver.hpp"
#include "drivers/port/capture_port.hpp"
#include "drivers/port/tap.hpp"
#include "drivers/settings.hpp"
#include "wire/capture.hpp"

namespace vigil::drivers::replay {
namespace {

std::vector<std::byte> whole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": cannot be opened");
  std::vector<char> chars(std::istreambuf_iterator<char>(in), {});
  const auto bytes = std::as_bytes(std::span(chars));
  return {bytes.begin(), bytes.end()};
}

class CaptureRecording final : public Recording, private SampleSink {
 public:
  explicit CaptureRecording(const std::vector<std::filesystem::path>& files) {
    for (const auto& file : files) {
      try {
        one(file);
      } catch (const std::runtime_error& error) {
        throw std::runtime_error(file.string() + ": " + error.what());
      }
    }
    const auto& first = sessions_.front().header;
    device_ = first.device;
    start_ = first.wall;
    driver_ = find(first.driver.view());
    if (driver_ == nullptr)
      throw std::runtime_error(files.front().string() + ": was made by the driver '" + first.driver.str() +
                               "', which this build does not have");
    simulated_ = first.simulated || driver_->simulated;
    what_ = driver_->title;
    begin();
    // Up to the first sample: what the device is and which channels it has is known then.
    while (waiting() == 0 && turn()) {
    }
  }

  std::optional<Sample> next() override {
    while (taken_ == waiting()) {
      samples_.clear(), values_.clear(), taken_ = 0;
      if (!turn()) return std::nullopt;
    }
    const auto& s = samples_[taken_++];
    return Sample{s.channel, s.at, std::span(values_).subspan(s.first, s.count)};
  }

  [[nodiscard]] Duration duration() const override {
    Duration longest{};
    for (const auto& session : sessions_)
      for (const auto& file : session.files) {
        wire::CaptureReader reader(file);
        while (const auto record = reader.next())
          longest = std::max(longest, record->at + session.shift - Instant{});
      }
    return longest;
  }

 private:
  struct Session {
    wire::CaptureHeader header;
    std::vector<std::vector<std::byte>> files;
    std::string where;
    Duration shift{};  ///< from its Instants to the recording's
  };
  struct Held {
    ChannelIndex channel;
    Instant at;
    std::size_t first, count;
  };

  void one(const std::filesystem::path& file) {
    auto bytes = whole(file);
    wire::CaptureReader reader(bytes);
    const auto& header = reader.header();
    const auto first = reader.next();
    // A session begins with what the driver said or asked; a file that the recorder rolled over to, with a
    // read.
    const bool begins = !first || first->kind >= static_cast<std::uint8_t>(Passed::written);
    if (!sessions_.empty() && !begins && sessions_.back().header.boot == header.boot) {
      sessions_.back().files.push_back(std::move(bytes));
      return;
    }
    if (!begins)
      remark(file.filename().string() +
             ": begins in the middle of a session; give the file before it as well");
    Session session{header, {}, file.filename().string(), {}};
    session.shift = -(header.at - Instant{});
    if (!sessions_.empty()) {
      const auto& zero = sessions_.front().header;
      if (zero.boot == header.boot)
        session.shift = -(zero.at - Instant{});
      else
        session.shift += header.wall.since_epoch - zero.wall.since_epoch;
    }
    session.files.push_back(std::move(bytes));
    sessions_.push_back(std::move(session));
  }

  void begin() {
    auto& session = sessions_[session_];
    const std::vector<std::span<const std::byte>> files(session.files.begin(), session.files.end());
    port_.emplace(files, session.where);
    settings_.emplace(*driver_, settings_of_table(session.header.settings));
    stale_after_ = drivers::stale_after(*driver_, *settings_);
    running_ = true;
    const auto done = [this](const std::exception_ptr& error) {
      running_ = false;
      if (const auto damaged = port_->damaged_chunks(); damaged > 0) {
        SampleSink* const sink = this;
        sink->reject(Reject::checksum, damaged);
        remark(sessions_[session_].where + ": " + std::to_string(damaged) + " damaged stretches left out");
      }
      if (!error || port_->ended()) return;
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        remark(e.what());
      }
    };
    loop_.restart();
    asio::co_spawn(loop_, driver_->run(*port_, *settings_, *this), done);
  }

  /// Lets the driver read once. false: all sessions are over.
  bool turn() {
    if (!running_) {
      if (session_ + 1 >= sessions_.size()) return false;
      ++session_;
      begin();
    }
    loop_.run_one();
    return true;
  }
  [[nodiscard]] std::size_t waiting() const noexcept { return samples_.size(); }

  ChannelIndex announce(const Channel& channel) override {
    const auto found = std::ranges::find(channels_, channel);
    if (found != channels_.end()) return static_cast<ChannelIndex>(found - channels_.begin());
    channels_.push_back(channel);
    return static_cast<ChannelIndex>(channels_.size() - 1);
  }
  void sample(ChannelIndex channel, Instant at, std::span<const float> values) override {
    samples_.push_back({channel, at + sessions_[session_].shift, values_.size(), values.size()});
    values_.insert(values_.end(), values.begin(), values.end());
  }
  void reject(Reject reason, std::uint64_t count) override { Recording::reject(reason, count); }
  void describe(std::string what) override { what_ = std::move(what); }
  void battery(float) override {}

  const Driver* driver_ = nullptr;
  std::vector<Session> sessions_;
  std::size_t session_ = 0;
  std::optional<WrittenSettings> settings_;
  std::optional<CapturePort> port_;
  bool running_ = false;
  std::vector<Held> samples_;
  std::vector<float> values_;
  std::size_t taken_ = 0;
  asio::io_context loop_{1};  ///< last: its coroutine uses the rest
};

}  // namespace

std::unique_ptr<Recording> open_captures(const std::vector<std::filesystem::path>& files) {
  return std::make_unique<CaptureRecording>(files);
}

bool is_capture(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 8> head{};
  in.read(head.data(), head.size());
  return std::string_view(head.data(), static_cast<std::size_t>(in.gcount())) == "VIGILCAP";
}

}  // namespace vigil::drivers::replay
