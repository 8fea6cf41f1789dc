#include "drivers/port/serial_port.hpp"

#include <functional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/port/file_port.hpp"
#include "drivers/port/idle_port.hpp"

namespace vigil::drivers {
namespace {

using std::chrono::milliseconds;

struct Pty {
  Pty() {
    master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) throw std::runtime_error("no pty");
    path = ::ptsname(master);
  }
  ~Pty() { close(); }
  void close() {
    if (master >= 0) ::close(master);
    master = -1;
  }
  void put(std::string_view text) const {
    ASSERT_EQ(::write(master, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  int master = -1;
  std::string path;
};

struct Tapped {
  std::uint8_t kind;
  std::string bytes;
  bool operator==(const Tapped&) const = default;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class SerialPortTest : public testing::Test {
 protected:
  Tap tap() {
    return [this](Instant, std::uint8_t kind, std::span<const std::byte> bytes) {
      tapped.push_back({kind, text_of(bytes)});
    };
  }
  /// Runs the conversation to its end; what it threw, "" for nothing.
  std::string run(std::function<asio::awaitable<void>()> conversation) {
    std::string ended;
    const auto done = [&](const std::exception_ptr& error) {
      try {
        if (error) std::rethrow_exception(error);
      } catch (const std::exception& e) {
        ended = e.what();
      }
    };
    loop.restart();
    asio::co_spawn(loop, conversation(), done);
    loop.run();
    return ended;
  }

  asio::io_context loop;
  Clock clock{100};  // time-outs pass quickly
  std::vector<Tapped> tapped;
};

TEST_F(SerialPortTest, reads_writes_times_out_and_taps) {
  Pty pty;
  SerialPort port(loop.get_executor(), clock, pty.path, tap());
  EXPECT_EQ(port.where(), pty.path);
  std::string heard;
  const auto talk = [&]() -> asio::awaitable<void> {
    Arrival nothing = co_await port.read(milliseconds(500));
    EXPECT_TRUE(nothing.bytes.empty());
    const std::string_view id = "ID\r";
    co_await port.write(std::as_bytes(std::span(id)));
    pty.put("ID=CWA\r\n");
    Arrival arrival = co_await port.read({});
    heard = text_of(arrival.bytes);
    EXPECT_GE(arrival.at, nothing.at);
  };
  EXPECT_EQ(run(talk), "");
  char buffer[16]{};
  EXPECT_EQ(::read(pty.master, buffer, sizeof buffer), 3);
  EXPECT_STREQ(buffer, "ID\r");  // raw: no CR becomes LF, nothing is echoed
  EXPECT_EQ(heard, "ID=CWA\r\n");
  const std::vector<Tapped> expected{{1, ""}, {2, "ID\r"}, {0, "ID=CWA\r\n"}};
  EXPECT_EQ(tapped, expected);
}

TEST_F(SerialPortTest, bytes_that_came_while_the_daemon_was_held_up_are_no_silence) {
  Pty pty;
  SerialPort port(loop.get_executor(), clock, pty.path, tap());
  std::string heard;
  const auto talk = [&]() -> asio::awaitable<void> {
    asio::post(loop, [&] {
      ::usleep(50'000);  // the time-out passes, then the device speaks, and only then is there time to look
      pty.put("ID=CWA\r\n");
    });
    const Arrival arrival = co_await port.read(milliseconds(500));
    heard = text_of(arrival.bytes);
  };
  EXPECT_EQ(run(talk), "");
  EXPECT_EQ(heard, "ID=CWA\r\n");
}

TEST_F(SerialPortTest, a_port_that_vanishes_is_lost) {
  Pty pty;
  SerialPort port(loop.get_executor(), clock, pty.path);
  const auto talk = [&]() -> asio::awaitable<void> {
    pty.close();
    co_await port.read({});
  };
  EXPECT_NE(run(talk).find(pty.path), std::string::npos);
  EXPECT_THROW(SerialPort(loop.get_executor(), clock, "/dev/ttyACM-none"), DeviceLost);
}

TEST_F(SerialPortTest, a_device_that_takes_nothing_is_lost) {
  Pty pty;
  SerialPort port(loop.get_executor(), clock, pty.path);
  const std::string much(1 << 20, 'x');
  const auto talk = [&]() -> asio::awaitable<void> { co_await port.write(std::as_bytes(std::span(much))); };
  EXPECT_NE(run(talk).find("does not take what is written"), std::string::npos);
}

TEST_F(SerialPortTest, a_port_that_another_holds_is_refused_with_the_mend) {
  Pty pty;
  const int other = ::open(pty.path.c_str(), O_RDWR | O_NOCTTY);
  ASSERT_GE(other, 0);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  try {
    SerialPort port(loop.get_executor(), clock, pty.path);
    FAIL() << "the lock was not seen";
  } catch (const DeviceRefused& error) {
    EXPECT_NE(std::string(error.what()).find("fuser -v " + pty.path), std::string::npos);
  }
  ::close(other);
  const SerialPort first(loop.get_executor(), clock, pty.path);
  EXPECT_THROW(SerialPort(loop.get_executor(), clock, pty.path), DeviceRefused);
}

// Root passes TIOCEXCL and every permission: somebody else has to try.
TEST_F(SerialPortTest, exclusive_and_forbidden_ports_refuse_an_unprivileged_user) {
  const auto* nobody = ::getpwnam("nobody");
  if (::geteuid() != 0 || nobody == nullptr) GTEST_SKIP() << "becoming another user needs root";
  Pty pty;
  const int other = ::open(pty.path.c_str(), O_RDWR | O_NOCTTY);
  ASSERT_EQ(::ioctl(other, TIOCEXCL), 0);
  const auto refusal = [&](mode_t mode) {
    ::chmod(pty.path.c_str(), mode);
    int out[2];
    EXPECT_EQ(::pipe(out), 0);
    const auto pid = ::fork();
    if (pid == 0) {
      std::string said = "opened";
      if (::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0) ::_exit(1);
      try {
        asio::io_context own;
        const SerialPort port(own.get_executor(), clock, pty.path);
      } catch (const DeviceRefused& error) {
        said = error.what();
      } catch (const std::exception& error) {
        said = std::string("other: ") + error.what();
      }
      ::_exit(::write(out[1], said.data(), said.size()) > 0 ? 0 : 1);
    }
    ::close(out[1]);
    char buffer[512]{};
    EXPECT_GT(::read(out[0], buffer, sizeof buffer - 1), 0);
    ::close(out[0]);
    ::waitpid(pid, nullptr, 0);
    return std::string(buffer);
  };
  EXPECT_NE(refusal(0666).find("another program has it for itself"), std::string::npos);
  EXPECT_NE(refusal(0600).find("install Vigil's udev rule"), std::string::npos);
  ::close(other);
}

TEST_F(SerialPortTest, what_is_no_tty_is_refused) {
  const auto path = testing::TempDir() + "/no-tty";
  ::close(::open(path.c_str(), O_CREAT | O_RDWR, 0600));
  EXPECT_THROW(SerialPort(loop.get_executor(), clock, path), std::runtime_error);
}

TEST_F(SerialPortTest, a_read_can_be_cancelled_and_the_next_goes_on) {
  Pty pty;
  SerialPort port(loop.get_executor(), clock, pty.path);
  asio::cancellation_signal stop;
  bool cancelled = false;
  const auto wait_for_ever = [&]() -> asio::awaitable<void> { co_await port.read({}); };
  const auto done = [&](const std::exception_ptr& error) { cancelled = error != nullptr; };
  asio::co_spawn(loop, wait_for_ever(), asio::bind_cancellation_slot(stop.slot(), done));
  const auto cancel = [&] { stop.emit(asio::cancellation_type::all); };
  asio::post(loop, cancel);
  loop.run();
  EXPECT_TRUE(cancelled);
  std::string heard;
  const auto talk = [&]() -> asio::awaitable<void> {
    pty.put("x");
    const Arrival arrival = co_await port.read(milliseconds(1000));
    heard = text_of(arrival.bytes);
  };
  EXPECT_EQ(run(talk), "");
  EXPECT_EQ(heard, "x");
}

TEST_F(SerialPortTest, one_that_always_has_bytes_gives_others_their_turn) {
  Pty loud, quiet;
  const Clock now;
  SerialPort first(loop.get_executor(), now, loud.path), second(loop.get_executor(), now, quiet.path);
  // The other end writes whenever there is room, from within the tap: there is always something to be read.
  const std::string much(1024, 'x');
  std::size_t reads = 0, limit = 0;
  const auto flood = [&]() -> asio::awaitable<void> {
    while (limit == 0 || reads < limit) {
      loud.put(much);
      co_await first.read({});
      ++reads;
    }
  };
  const auto talk = [&]() -> asio::awaitable<void> {
    quiet.put("y");
    const Arrival arrival = co_await second.read({});
    EXPECT_EQ(text_of(arrival.bytes), "y");
    limit = reads + 10;
  };
  std::string ended;
  const auto done = [&](const std::exception_ptr& error) { ended = error ? "thrown" : "done"; };
  asio::co_spawn(loop, flood(), done);
  EXPECT_EQ(run(talk), "");
  EXPECT_EQ(ended, "done");
  EXPECT_LT(reads, 1000U);
}

TEST_F(SerialPortTest, one_that_sends_without_end_is_read_no_faster_than_its_share) {
  Pty pty;
  const Clock now;
  SerialPort port(loop.get_executor(), now, pty.path);
  const std::string much(4000, 'x');
  std::size_t bytes = 0;
  Instant from, to;
  const auto flood = [&]() -> asio::awaitable<void> {
    from = now.now();
    while (bytes < 400 * 1024) {
      pty.put(much);
      for (std::size_t got = 0; got < much.size();) {
        const Arrival arrival = co_await port.read({});
        got += arrival.bytes.size();
      }
      bytes += much.size();
    }
    to = now.now();
  };
  EXPECT_EQ(run(flood), "");
  // 256 KiB at once, the rest at 256 KiB a second.
  EXPECT_GE(seconds(to - from), 0.5);
}

TEST_F(SerialPortTest, a_reset_ends_what_waits) {
  Pty pty;
  SerialPort port(loop.get_executor(), clock, pty.path);
  const auto wait_for_ever = [&]() -> asio::awaitable<void> { co_await port.read({}); };
  const auto reset = [&] { EXPECT_FALSE(port.reset()); };  // a pty has no lines to let down
  asio::post(loop, reset);
  EXPECT_NE(run(wait_for_ever).find("was reset"), std::string::npos);
  EXPECT_NE(run(wait_for_ever).find("was reset"), std::string::npos);
}

TEST_F(SerialPortTest, idle_and_file_ports_keep_the_daemons_time) {
  IdlePort idle(loop.get_executor(), clock, "nothing");
  Instant before, after;
  const auto wait = [&]() -> asio::awaitable<void> {
    before = idle.now();
    const Arrival arrival = co_await idle.read(milliseconds(500));
    after = arrival.at;
    EXPECT_TRUE(arrival.bytes.empty());
  };
  EXPECT_EQ(run(wait), "");
  EXPECT_GE(seconds(after - before), 0.5);
  EXPECT_THROW(FilePort(loop.get_executor(), clock, "/none"), DeviceRefused);
  EXPECT_THROW(FilePort(loop.get_executor(), clock, "/tmp"), DeviceRefused);
}

}  // namespace
}  // namespace vigil::drivers
