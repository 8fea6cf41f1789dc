#include "serve/hub.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <tuple>

#include "base/log.hpp"
#include "wire/event_json.hpp"
#include "wire/health.hpp"

namespace vigil::serve {
namespace {

using boost::asio::ip::tcp;
constexpr std::size_t page_events = 500;
constexpr std::size_t page_bytes = 256 * 1024;
constexpr std::size_t kept_events = 20'000;
constexpr auto kept_for = std::chrono::hours(16);
constexpr std::size_t wave_batches = 8;    // waiting for the next gathering; the newest win
constexpr std::size_t held_events = 1000;  // unrecorded ones, for a client that still takes its history

Bytes text_frame(std::string_view text) {
  return std::make_shared<const std::string>(encode(Opcode::text, text));
}

/// What of a bed's snapshot is worth a `beds` frame: all but the reading, which has its own.
auto standing(const wire::BedSnapshot& b) {
  return std::make_tuple(b.bed, b.label, b.person, b.simulated, b.night_open, b.night_opened, b.night,
                         std::cref(b.figures));
}

/// What of a device is worth a `devices` frame: not its counters and rates, which always move.
auto standing(const DeviceHealth& d) {
  return std::make_tuple(d.device, d.driver, d.bed, d.what, d.where, d.state, d.mend, d.note, d.simulated,
                         d.nominal_hz, d.rejects, d.fixed, d.unclaimed, d.settings,
                         d.battery_percent ? static_cast<int>(*d.battery_percent) : -1);
}

template <class T>
bool same_standing(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return standing(x) == standing(y); });
}

}  // namespace

struct Hub::Kept {
  std::uint64_t seq;
  WallTime wall;
  Name bed;
  Bytes frame;  ///< as it goes to live clients

  [[nodiscard]] std::string_view text() const {
    return std::string_view(*frame).substr(payload_offset(*frame));
  }
};

/// A page of history as the work thread read and wrote it.
struct Hub::Page {
  struct Row {
    std::uint64_t seq;
    Name bed;
    std::string text;
  };
  std::vector<Row> rows;
  bool failed = false;
};

/// Clients with the same choice of beds share it, and what is encoded for them.
struct Hub::Audience {
  std::vector<Name> beds;   ///< sorted; empty: all
  Bytes plain, with_waves;  ///< of the gathering under way
  bool made = false;

  /// What belongs to no bed concerns everyone.
  [[nodiscard]] bool wants(const Name& bed) const noexcept {
    return beds.empty() || bed.empty() || std::ranges::binary_search(beds, bed);
  }
};

class Hub::Member final : public Client {
 public:
  Member(tcp::socket socket, const Limits& limits, Hub& hub, std::shared_ptr<Audience> who, bool with_waves)
      : Client(std::move(socket), limits), audience(std::move(who)), waves(with_waves), hub_(hub) {}

  std::uint64_t cursor = 1;  ///< seq that is sent next
  bool live = false;
  bool reading = false;  ///< the work thread has a question of ours
  bool told = false;     ///< a history frame was sent
  std::shared_ptr<Audience> audience;
  bool waves;
  std::uint64_t beds_version = 0, devices_version = 0, recording_version = 0;  ///< of what it was told
  std::vector<Bytes> held;

 private:
  MemberPtr self() { return std::static_pointer_cast<Member>(shared_from_this()); }
  void on_text(std::string_view message) override {
    auto watch = wire::watch_from_json(message);
    if (!watch) return close(CloseCode::policy, watch.error().what);
    audience = hub_.audience(std::move(watch->beds));
    waves = watch->waves;
  }
  void on_drained() override {
    if (!live) hub_.advance(self());
  }
  void on_gone() override { hub_.left(); }

  Hub& hub_;
};

Hub::Hub(boost::asio::io_context& io, std::shared_ptr<Door> door, const Options& options,
         const Backend& backend, Work& work)
    : io_(io),
      door_(std::move(door)),
      options_(options),
      backend_(backend),
      work_(work),
      gather_timer_(io),
      house_timer_(io),
      head_(options.head) {
  limits_.ping = options.deadlines.ping;
  limits_.close = options.deadlines.close;
  using std::chrono::milliseconds;
  house_every_ = std::clamp(std::min({limits_.ping / 4, limits_.close / 4, options.deadlines.standing}),
                            milliseconds(1), milliseconds(1000));
}

Hub::~Hub() = default;

void Hub::start() { keep_house(); }

const wire::BedSnapshot* Hub::bed(std::string_view name) const noexcept {
  for (const auto& b : beds_)
    if (b.bed.view() == name) return &b;
  return nullptr;
}

std::shared_ptr<Hub::Audience> Hub::audience(std::vector<Name> beds) {
  std::ranges::sort(beds);
  const auto [end, last] = std::ranges::unique(beds);
  beds.erase(end, last);
  std::erase_if(audiences_, [](const auto& known) { return known.second.expired(); });
  auto& known = audiences_[beds];
  auto found = known.lock();
  if (!found) {
    found = std::make_shared<Audience>();
    found->beds = std::move(beds);
    known = found;
  }
  return found;
}

// ---- coming and going

void Hub::join(tcp::socket socket, Wish wish, std::string_view early) {
  auto member =
      std::make_shared<Member>(std::move(socket), limits_, *this, audience(std::move(wish.beds)), wish.waves);
  members_.push_back(member);
  ++clients_;
  const bool other_log = !wish.log.empty() && wish.log != options_.log_id;
  const bool reset = other_log || (wish.since && *wish.since > head_);

  wire::Hello hello;
  hello.version = options_.version;
  hello.log_id = options_.log_id;
  hello.head = head_;
  hello.time_scale = options_.time_scale;
  hello.writing = writing_;
  hello.trouble = trouble_;
  hello.reset = reset;
  hello.beds = beds_;
  hello.devices = devices_;
  member->push(text_frame(wire::hello_frame(hello, backend_.now())));
  member->beds_version = beds_version_;
  member->devices_version = devices_version_;
  member->recording_version = recording_version_;
  member->open(early);

  if (wish.since && !reset) {
    member->cursor = *wish.since + 1;
    advance(member);
  } else {
    find_start(member);
  }
}

void Hub::left() {
  --clients_;
  if (sweeping_) return;
  sweeping_ = true;  // not now: someone may be walking through the members
  boost::asio::post(io_, [this] {
    sweeping_ = false;
    std::erase_if(members_, [](const auto& m) { return m->gone(); });
  });
}

void Hub::close_all(CloseCode code, std::string_view reason) {
  for (std::size_t i = 0; i < members_.size(); ++i)
    members_[i]->close(code, reason);
}

// ---- history

/// A client without `since` is told at least what happened since then: 16 hours, and each open night from its
/// start.
WallTime Hub::earliest() const {
  const auto now = backend_.now().wall;
  WallTime from{now.since_epoch - kept_for, now.offset};
  for (const auto& b : beds_)
    if (b.night_open && b.night_opened.since_epoch < from.since_epoch) from = b.night_opened;
  return from;
}

void Hub::find_start(const MemberPtr& member) {
  const auto from = earliest().since_epoch;
  // Times of the log are not monotonic (the clock may step, a simulated past is told at once): the first that
  // is young enough counts, and only an older one before it proves that there is no earlier.
  const auto first = std::ranges::find_if(kept_, [&](const Kept& k) { return k.wall.since_epoch >= from; });
  const auto before = kept_.empty() ? head_ : kept_.front().seq - 1;
  if (first != kept_.begin() || before == 0) {
    member->cursor = first == kept_.end() ? head_ + 1 : first->seq;
    return advance(member);
  }
  member->reading = true;
  // `held` goes back with the answer, so that it ends on our thread. (A plain copy of a reference to const
  // would be const and could not be moved on.)
  auto search = [this, held = MemberPtr(member), before, from]() mutable {
    std::uint64_t start = before + 1;
    bool failed = false;
    try {
      for (auto top = before; top > 0;) {  // pages backwards, until one is wholly too old
        const auto below = top > page_events ? top - page_events : 0;
        std::optional<std::uint64_t> young;
        for (const auto& e : backend_.events(below, page_events, {}))
          if (e.seq <= top && e.wall.since_epoch >= from && !young) young = e.seq;
        if (!young) break;
        start = *young;
        top = below;
      }
    } catch (const std::exception& e) {
      log::error("history cannot be read: {}", e.what());
      failed = true;
    }
    auto found = [this, member = std::move(held), start, failed] {
      member->reading = false;
      if (failed) return member->close(CloseCode::internal, "history cannot be read");
      member->cursor = start;
      advance(member);
    };
    door_->post(std::move(found));
  };
  if (!work_.post(std::move(search))) member->close(CloseCode::try_again, "too many ask for history");
}

void Hub::advance(const MemberPtr& member) {
  while (!member->live && !member->reading && !member->gone() && !member->closing()) {
    if (member->cursor > head_) {
      // At once, also while it has not taken all yet: it was told that this is the end of history.
      if (!member->told) send_history(*member, {}, head_);
      go_live(*member);
    } else if (member->unsent()) {
      return;
    } else if (!kept_.empty() && member->cursor >= kept_.front().seq) {
      history_from_memory(*member);
    } else {
      read_page(member);
    }
  }
}

void Hub::history_from_memory(Member& member) {
  std::vector<std::string_view> lines;
  std::size_t bytes = 0;
  auto through = member.cursor - 1;
  for (auto i = static_cast<std::size_t>(member.cursor - kept_.front().seq);
       i < kept_.size() && lines.size() < page_events && bytes < page_bytes; ++i) {
    through = kept_[i].seq;
    if (!member.audience->wants(kept_[i].bed)) continue;
    lines.push_back(kept_[i].text());
    bytes += lines.back().size();
  }
  send_history(member, lines, through);
}

void Hub::read_page(const MemberPtr& member) {
  member->reading = true;
  auto read = [this, held = MemberPtr(member), since = member->cursor - 1]() mutable {
    auto page = std::make_shared<Page>();
    try {
      std::size_t bytes = 0;
      for (const auto& e : backend_.events(since, page_events, {})) {
        page->rows.push_back({e.seq, e.bed, wire::to_line(e)});
        bytes += page->rows.back().text.size();
        if (bytes >= page_bytes) break;
      }
    } catch (const std::exception& e) {
      log::error("history cannot be read: {}", e.what());
      page->failed = true;
    }
    auto take = [this, member = std::move(held), page] { took_page(member, *page); };
    door_->post(std::move(take));
  };
  if (!work_.post(std::move(read))) member->close(CloseCode::try_again, "too many ask for history");
}

void Hub::took_page(const MemberPtr& member, const Page& page) {
  member->reading = false;
  if (member->gone() || member->closing()) return;
  if (page.failed) return member->close(CloseCode::internal, "history cannot be read");
  std::vector<std::string_view> lines;
  std::uint64_t through = 0;
  for (const auto& row : page.rows) {
    if (row.seq < member->cursor) continue;
    if (row.seq > head_) break;  // committed, but not yet told to us: it comes live
    through = row.seq;
    if (member->audience->wants(row.bed)) lines.push_back(row.text);
  }
  if (through == 0) {  // the log has nothing there: go on where memory begins
    log::warn("the log has no events from {} on", member->cursor);
    through = kept_.empty() ? head_ : kept_.front().seq - 1;
  }
  send_history(*member, lines, through);
  advance(member);
}

void Hub::send_history(Member& member, std::span<const std::string_view> lines, std::uint64_t through) {
  member.cursor = through + 1;
  member.told = true;
  member.push(text_frame(wire::history_frame(lines, through, head_)));
  member.flush();
}

/// It has all up to the head. What else changed since its hello it is told now.
void Hub::go_live(Member& member) {
  member.live = true;
  for (auto& frame : member.held)
    member.push(std::move(frame));
  member.held = {};
  const auto now = backend_.now();
  if (member.recording_version != recording_version_)
    member.push(text_frame(wire::recording_frame(writing_, trouble_)));
  if (member.beds_version != beds_version_) member.push(text_frame(wire::beds_frame(beds_, now)));
  if (member.devices_version != devices_version_) member.push(text_frame(wire::devices_frame(devices_, now)));
  member.flush();
}

// ---- what is published

template <class Send>
void Hub::each_live(Send send) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    auto& m = *members_[i];
    if (!m.live || m.gone() || m.closing()) continue;
    send(m);
    m.flush();
  }
}

void Hub::events(std::vector<Event> committed) {
  const auto known = head_;
  bool hole = false;
  for (const auto& e : committed) {
    if (e.seq <= head_) continue;
    if (e.seq != head_ + 1) {
      log::warn("events {} to {} were not published: clients read them from the log", head_ + 1, e.seq - 1);
      hole = true;
      kept_.clear();
    }
    kept_.push_back({e.seq, e.wall, e.bed, text_frame(wire::to_line(e))});
    head_ = e.seq;
  }
  if (head_ == known) return;
  if (hole) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      members_[i]->live = false;
      const auto member = members_[i];
      advance(member);
    }
  } else {
    const auto fresh = kept_.size() - static_cast<std::size_t>(head_ - known);
    each_live([&](Member& m) {
      for (auto i = fresh; i < kept_.size(); ++i)
        if (m.audience->wants(kept_[i].bed)) m.push(kept_[i].frame);
      m.cursor = head_ + 1;
    });
  }
  trim();
}

void Hub::trim() {
  const auto from = earliest().since_epoch;
  const auto old = [&](std::size_t i) { return kept_[i].wall.since_epoch < from; };
  // One that is too old stays in front: find_start knows by it that nothing young lies before.
  while (kept_.size() > kept_events || (kept_.size() > 2 && old(0) && old(1)))
    kept_.pop_front();
}

void Hub::unrecorded(std::vector<Event> events) {
  for (const auto& e : events) {
    const auto frame = text_frame(wire::to_line(e));
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& m = *members_[i];
      if (m.gone() || m.closing() || !m.audience->wants(e.bed)) continue;
      if (m.live) {
        m.push(frame);
        m.flush();
      } else if (m.held.size() < held_events) {
        m.held.push_back(frame);
      }
    }
  }
}

void Hub::readings(std::vector<Reading> readings) {
  for (const auto& r : readings) {
    for (auto& b : beds_)
      if (b.bed == r.bed) b.reading = r;
    gathered_readings_.insert_or_assign(r.bed, r);
  }
  gather_soon();
}

void Hub::waves(std::vector<wire::BedWave> waves, WallTime first) {
  if (gathered_waves_.size() >= wave_batches) gathered_waves_.pop_front();
  gathered_waves_.push_back({std::move(waves), first});
  gather_soon();
}

void Hub::gather_soon() {
  if (gathering_) return;
  gathering_ = true;
  gather_timer_.expires_after(options_.deadlines.gather);
  gather_timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) gather();
  });
}

/// One write a client: what came in the last 50 ms, in one piece, made once for each choice of beds.
void Hub::gather() {
  gathering_ = false;
  const auto now = backend_.now();
  const auto make = [&](Audience& a) {
    a.made = true;
    std::string plain;
    std::vector<Reading> readings;
    for (const auto& [bed, r] : gathered_readings_)
      if (a.wants(bed)) readings.push_back(r);
    if (!readings.empty()) plain = encode(Opcode::text, wire::readings_frame(readings, now));
    auto with_waves = plain;
    for (const auto& batch : gathered_waves_) {
      if (a.beds.empty()) {
        with_waves += encode(Opcode::binary, wire::waves_frame(batch.waves, batch.first));
        continue;
      }
      std::vector<wire::BedWave> wanted;
      for (const auto& w : batch.waves)
        if (w.bed < beds_.size() && a.wants(beds_[w.bed].bed)) wanted.push_back(w);
      if (!wanted.empty()) with_waves += encode(Opcode::binary, wire::waves_frame(wanted, batch.first));
    }
    if (!plain.empty()) a.plain = std::make_shared<const std::string>(std::move(plain));
    if (!with_waves.empty()) a.with_waves = std::make_shared<const std::string>(std::move(with_waves));
  };
  each_live([&](Member& m) {
    auto& a = *m.audience;
    if (!a.made) make(a);
    if (const auto& bytes = m.waves ? a.with_waves : a.plain) m.offer(bytes);
  });
  for (const auto& [beds, known] : audiences_)
    if (const auto a = known.lock()) a->plain = a->with_waves = nullptr, a->made = false;
  gathered_readings_.clear();
  gathered_waves_.clear();
}

void Hub::beds(std::vector<wire::BedSnapshot> beds) {
  const bool changed = !same_standing(beds_, beds);
  beds_ = std::move(beds);
  if (!changed) return;
  ++beds_version_;
  beds_due_ = true;
  if (Client::Clock::now() - beds_sent_ >= options_.deadlines.standing) send_beds();
}

void Hub::devices(std::vector<DeviceHealth> devices) {
  const bool changed = !same_standing(devices_, devices);
  devices_ = std::move(devices);
  if (!changed) return;
  ++devices_version_;
  devices_due_ = true;
  if (Client::Clock::now() - devices_sent_ >= options_.deadlines.standing) send_devices();
}

void Hub::send_beds() {
  beds_due_ = false;
  beds_sent_ = Client::Clock::now();
  const auto frame = text_frame(wire::beds_frame(beds_, backend_.now()));
  each_live([&](Member& m) { m.push(frame), m.beds_version = beds_version_; });
}

void Hub::send_devices() {
  devices_due_ = false;
  devices_sent_ = Client::Clock::now();
  const auto frame = text_frame(wire::devices_frame(devices_, backend_.now()));
  each_live([&](Member& m) { m.push(frame), m.devices_version = devices_version_; });
}

void Hub::recording(bool writing, std::string trouble) {
  if (writing == writing_ && trouble == trouble_) return;
  writing_ = writing;
  trouble_ = std::move(trouble);
  ++recording_version_;
  const auto frame = text_frame(wire::recording_frame(writing_, trouble_));
  each_live([&](Member& m) { m.push(frame), m.recording_version = recording_version_; });
}

void Hub::keep_house() {
  ++turns_;
  const auto now = Client::Clock::now();
  for (std::size_t i = 0; i < members_.size(); ++i)
    members_[i]->tick(now);
  if (beds_due_ && now - beds_sent_ >= options_.deadlines.standing) send_beds();
  if (devices_due_ && now - devices_sent_ >= options_.deadlines.standing) send_devices();
  house_timer_.expires_after(house_every_);
  house_timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec) keep_house();
  });
}

}  // namespace vigil::serve
