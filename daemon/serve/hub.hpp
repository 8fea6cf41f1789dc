#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "serve/client.hpp"
#include "serve/door.hpp"
#include "serve/server.hpp"
#include "serve/work.hpp"

namespace vigil::serve {

/// What a client asked for in the address of GET /api/v1/live.
struct Wish {
  std::optional<std::uint64_t> since;
  std::string log;         ///< empty: not said
  std::vector<Name> beds;  ///< empty: all
  bool waves = false;
};

/// All live clients, and what they are told. A frame is encoded once and shared.
///
/// No gap, no duplicate: each client has a cursor, the seq it is sent next. It is live when the cursor stands
/// behind the head; a live client is pushed what is published, any other reads on from its cursor, out of
/// memory or (older) through the work thread, one page at a time as it takes them, until it gets there. All
/// of it on the serve thread, so nothing can be published in between.
class Hub {
 public:
  /// `options`, `backend` and `work` must outlive it.
  Hub(boost::asio::io_context& io, std::shared_ptr<Door> door, const Options& options, const Backend& backend,
      Work& work);
  ~Hub();

  void start();  ///< housekeeping begins
  /// The handshake is done; `early` are bytes that came after it.
  void join(boost::asio::ip::tcp::socket socket, Wish wish, std::string_view early);
  void close_all(CloseCode code, std::string_view reason);

  void events(std::vector<Event> committed);
  void unrecorded(std::vector<Event> events);
  void readings(std::vector<Reading> readings);
  void waves(std::vector<wire::BedWave> waves, WallTime first);
  void beds(std::vector<wire::BedSnapshot> beds);
  void devices(std::vector<DeviceHealth> devices);
  void recording(bool writing, std::string trouble);

  [[nodiscard]] std::uint64_t head() const noexcept { return head_; }
  [[nodiscard]] const std::vector<wire::BedSnapshot>& beds() const noexcept { return beds_; }
  [[nodiscard]] const std::vector<DeviceHealth>& devices() const noexcept { return devices_; }
  [[nodiscard]] bool writing() const noexcept { return writing_; }
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] const wire::BedSnapshot* bed(std::string_view name) const noexcept;

  /// Any thread.
  [[nodiscard]] std::size_t clients() const noexcept { return clients_; }
  [[nodiscard]] std::uint64_t turns() const noexcept { return turns_; }

 private:
  class Member;
  struct Audience;
  struct Kept;
  struct Page;
  using MemberPtr = std::shared_ptr<Member>;

  std::shared_ptr<Audience> audience(std::vector<Name> beds);
  WallTime earliest() const;
  void advance(const MemberPtr& member);
  void find_start(const MemberPtr& member);
  void read_page(const MemberPtr& member);
  void took_page(const MemberPtr& member, const Page& page);
  void history_from_memory(Member& member);
  void send_history(Member& member, std::span<const std::string_view> lines, std::uint64_t through);
  void go_live(Member& member);
  void trim();
  void gather_soon();
  void gather();
  void keep_house();
  void send_beds();
  void send_devices();
  void left();
  template <class Send>
  void each_live(Send send);

  boost::asio::io_context& io_;
  std::shared_ptr<Door> door_;
  const Options& options_;
  const Backend& backend_;
  Work& work_;
  Client::Limits limits_;
  boost::asio::steady_timer gather_timer_, house_timer_;
  std::chrono::milliseconds house_every_;

  std::vector<MemberPtr> members_;
  bool sweeping_ = false;
  std::map<std::vector<Name>, std::weak_ptr<Audience>> audiences_;
  std::atomic<std::size_t> clients_ = 0;
  std::atomic<std::uint64_t> turns_ = 0;

  std::uint64_t head_;
  std::deque<Kept> kept_;  ///< the newest events, seq without holes, the last is head_

  std::vector<wire::BedSnapshot> beds_;
  std::vector<DeviceHealth> devices_;
  bool writing_ = true;
  std::string trouble_;
  std::uint64_t beds_version_ = 0, devices_version_ = 0, recording_version_ = 0;
  bool beds_due_ = false, devices_due_ = false;
  Client::Clock::time_point beds_sent_{}, devices_sent_{};

  struct Waves {
    std::vector<wire::BedWave> waves;
    WallTime first;
  };
  bool gathering_ = false;
  std::map<Name, Reading> gathered_readings_;
  std::deque<Waves> gathered_waves_;
};

}  // namespace vigil::serve
