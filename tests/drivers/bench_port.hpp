#pragma once
#include <exception>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "drivers/driver.hpp"

namespace vigil::drivers {

/// Everything a driver said, as values.
class Heard : public SampleSink {
 public:
  struct One {
    ChannelIndex channel;
    Instant at;
    std::vector<float> values;
  };
  std::vector<Channel> channels;
  std::vector<One> samples;
  std::map<Reject, std::uint64_t> rejects;
  std::string what, identity;
  std::vector<std::string> notes;  ///< each change
  float battery_percent = -1;

  ChannelIndex announce(const Channel& channel) override {
    for (std::size_t i = 0; i < channels.size(); ++i)
      if (channels[i] == channel) return static_cast<ChannelIndex>(i);
    channels.push_back(channel);
    return static_cast<ChannelIndex>(channels.size() - 1);
  }
  void sample(ChannelIndex channel, Instant at, std::span<const float> values) override {
    samples.push_back({channel, at, {values.begin(), values.end()}});
  }
  void reject(Reject reason, std::uint64_t count) override { rejects[reason] += count; }
  void describe(std::string text) override { what = std::move(text); }
  void battery(float percent) override { battery_percent = percent; }
  void note(std::string text) override {
    if (text != (notes.empty() ? std::string() : notes.back())) notes.push_back(std::move(text));
  }
  void identify(std::string_view text) override { identity = text; }
};

/// Time that passes only when the driver waits; DeviceLost at `until`.
class PassingTime : public Port {
 public:
  PassingTime(Instant from, Instant until) : now_(from), until_(until) {}
  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override {
    co_await asio::post(asio::use_awaitable);
    now_ += timeout.value_or(std::chrono::hours(1));
    if (now_ > until_) throw DeviceLost("the test is over");
    co_return Arrival{{}, now_};
  }
  asio::awaitable<void> write(std::span<const std::byte>) override { co_return; }
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] std::string_view where() const override { return "passing time"; }
  Instant now_, until_;
};

/// Runs a driver to its end. Returns what it threw, "" when it returned.
inline std::string run_to_end(const Driver& driver, Port& port, const Settings& settings, SampleSink& sink) {
  asio::io_context loop;
  std::string ended;
  const auto done = [&](const std::exception_ptr& error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      ended = e.what();
    }
  };
  asio::co_spawn(loop, driver.run(port, settings, sink), done);
  loop.run();
  return ended;
}

}  // namespace vigil::drivers
