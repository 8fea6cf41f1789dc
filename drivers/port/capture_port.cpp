#include "drivers/port/capture_port.hpp"

#include <stdexcept>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "drivers/port/tap.hpp"

namespace vigil::drivers {

CapturePort::CapturePort(const std::vector<std::span<const std::byte>>& files, std::string where)
    : where_(std::move(where)) {
  for (const auto file : files) {
    readers_.emplace_back(file);
    answers_.emplace_back(file);
  }
  if (readers_.empty()) throw std::runtime_error("expected a capture, found none");
  now_ = readers_.front().header().at;
}

std::optional<wire::CaptureRecord> CapturePort::next_of(Readers& readers, std::size_t& current) {
  for (; current < readers.size(); ++current)
    if (auto record = readers[current].next()) return record;
  return std::nullopt;
}

std::uint64_t CapturePort::damaged_chunks() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& reader : readers_)
    sum += reader.damaged_chunks();
  return sum;
}

asio::awaitable<Arrival> CapturePort::read(std::optional<std::chrono::milliseconds> timeout) {
  co_await asio::post(asio::use_awaitable);
  for (;;) {
    while (!next_ || (next_->kind != static_cast<std::uint8_t>(Passed::read) &&
                      next_->kind != static_cast<std::uint8_t>(Passed::time_out))) {
      next_ = next_of(readers_, reading_);
      if (next_) continue;
      ended_ = true;
      throw DeviceLost(where_ + ": the capture ends here");
    }
    const auto record = *next_;
    const auto give_up = timeout ? std::optional(now_ + *timeout) : std::nullopt;
    if (record.kind == static_cast<std::uint8_t>(Passed::time_out)) {
      // A recorded time-out is taken where it is this one: its moment was stamped a little after it was due.
      // Where the driver is more patient now, it is nothing; less patient, this one comes first.
      const auto slack =
          timeout ? std::max<Duration>(*timeout / 4, std::chrono::milliseconds(50)) : Duration{};
      if (give_up && record.at > *give_up + slack) {
        now_ = *give_up;
        co_return Arrival{{}, now_};
      }
      next_.reset();
      if (!give_up || record.at < *give_up - slack) continue;
      now_ = std::max(now_, record.at);
      co_return Arrival{{}, now_};
    }
    if (give_up && record.at > *give_up) {
      now_ = *give_up;
      co_return Arrival{{}, now_};
    }
    next_.reset();
    now_ = std::max(now_, record.at);
    co_return Arrival{record.bytes, now_};
  }
}

asio::awaitable<void> CapturePort::write(std::span<const std::byte>) { co_return; }

asio::awaitable<std::vector<std::byte>> CapturePort::control(std::uint8_t, std::uint8_t, std::uint16_t,
                                                             std::uint16_t, std::span<const std::byte>,
                                                             std::uint16_t) {
  while (const auto record = next_of(answers_, answering_))
    if (record->kind == static_cast<std::uint8_t>(Passed::control_answer))
      co_return std::vector<std::byte>(record->bytes.begin(), record->bytes.end());
  co_return std::vector<std::byte>();
}

}  // namespace vigil::drivers
