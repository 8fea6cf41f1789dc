#include "acquire/assign.hpp"

#include <gtest/gtest.h>

namespace vigil::acquire {
namespace {

const drivers::Driver scale{"hid_scale", "scale", drivers::Transport::usb, {}, {}, std::chrono::seconds(5),
                            false,       nullptr};
const drivers::Driver wrist{"axivity", "wrist", drivers::Transport::serial, {}, {}, std::chrono::seconds(5),
                            false,     nullptr};

drivers::Attached attached(const drivers::Driver& driver, std::string identity, std::string port = {}) {
  drivers::Attached a;
  a.identity = std::move(identity);
  a.driver = &driver;
  if (driver.transport == drivers::Transport::serial) {
    a.tty = std::move(port);
  } else {
    auto usb = std::make_shared<drivers::UsbSighting>();
    usb->port_path = std::move(port);
    a.usb = usb;
  }
  return a;
}

DeviceSpec spec(const drivers::Driver& driver, Name bed, std::string identity = {}, std::string port = {}) {
  DeviceSpec s;
  s.driver = &driver, s.bed = bed, s.identity = std::move(identity), s.port = std::move(port);
  return s;
}

TEST(Assign, an_identity_that_is_named_goes_where_it_is_named) {
  const std::vector specs{spec(wrist, "a"), spec(wrist, "b", "axivity:CWA17_00123")};
  Assign assign(specs);
  EXPECT_EQ(assign.claim(attached(wrist, "axivity:CWA17_00123")), 1U);
  EXPECT_EQ(assign.claim(attached(wrist, "axivity:CWA17_00999")), 0U);
  EXPECT_EQ(assign.claim(attached(wrist, "axivity:CWA17_00777")), std::nullopt);
}

TEST(Assign, an_identity_that_is_named_never_takes_another_device) {
  const std::vector specs{spec(wrist, "a", "axivity:CWA17_00123")};
  Assign assign(specs);
  EXPECT_EQ(assign.claim(attached(wrist, "axivity:CWA17_00999")), std::nullopt);
}

TEST(Assign, a_driver_takes_only_its_own) {
  const std::vector specs{spec(wrist, "a")};
  Assign assign(specs);
  EXPECT_EQ(assign.claim(attached(scale, "hid_scale:usb-1-1")), std::nullopt);
}

TEST(Assign, two_alike_without_serial_are_told_apart_by_port_path) {
  const std::vector specs{spec(scale, "a", {}, "1-1.2"), spec(scale, "b", {}, "1-1.4")};
  Assign assign(specs);
  EXPECT_EQ(assign.claim(attached(scale, "hid_scale:usb-1-1.4", "1-1.4")), 1U);
  EXPECT_EQ(assign.claim(attached(scale, "hid_scale:usb-1-1.2", "1-1.2")), 0U);
  EXPECT_EQ(assign.claim(attached(scale, "hid_scale:usb-1-1.3", "1-1.3")), std::nullopt);
}

TEST(Assign, each_comes_back_to_its_own_bed) {
  const std::vector specs{spec(scale, "a"), spec(scale, "b")};
  Assign assign(specs);
  const auto x = attached(scale, "hid_scale:usb-1-1", "1-1"), y = attached(scale, "hid_scale:usb-1-2", "1-2");
  EXPECT_EQ(assign.claim(x), 0U);
  EXPECT_EQ(assign.claim(y), 1U);
  EXPECT_EQ(assign.claim(x), 0U);  // ARRIVED twice
  assign.left(x), assign.left(y);
  EXPECT_EQ(assign.claim(y), 1U);
  EXPECT_EQ(assign.claim(x), 0U);
}

TEST(Assign, a_replacement_takes_the_place_of_the_one_that_went) {
  const std::vector specs{spec(scale, "a"), spec(scale, "b")};
  Assign assign(specs);
  const auto x = attached(scale, "hid_scale:usb-1-1"), y = attached(scale, "hid_scale:usb-1-2"),
             z = attached(scale, "hid_scale:usb-1-3");
  EXPECT_EQ(assign.claim(x), 0U);
  EXPECT_EQ(assign.claim(y), 1U);
  EXPECT_EQ(assign.claim(z), std::nullopt);
  assign.left(y);
  EXPECT_EQ(assign.claim(z), 1U);
  EXPECT_EQ(assign.claim(y), std::nullopt);
}

TEST(Assign, the_log_remembers_across_a_restart) {
  const std::vector specs{spec(scale, "a"), spec(scale, "b")};
  Assign assign(specs);
  assign.remember("a", "hid_scale:usb-1-2");
  assign.remember("b", "hid_scale:usb-1-1");
  EXPECT_EQ(assign.claim(attached(scale, "hid_scale:usb-1-1")), 1U);
  EXPECT_EQ(assign.claim(attached(scale, "hid_scale:usb-1-2")), 0U);
}

TEST(Assign, a_placed_device_is_called_by_its_place) {
  EXPECT_EQ(placed_identity(spec(wrist, "a", {}, "/dev/ttyACM0")), "axivity:ttyACM0");
  EXPECT_EQ(placed_identity(spec(wrist, "a", "axivity:CWA17_00123", "/dev/ttyACM0")), "axivity:CWA17_00123");
  EXPECT_EQ(placed_identity(spec(wrist, "a", {}, "/srv/nights/one.cap")), "axivity:one.cap");
  EXPECT_EQ(placed_identity(spec(wrist, "bed-9")), "axivity:bed-9");
}

TEST(Assign, long_identities_stay_different) {
  const std::string head(60, 'x');
  const auto a = short_name(head + "1"), b = short_name(head + "2");
  EXPECT_NE(a, b);
  EXPECT_EQ(a.view().size(), Name::capacity);
  EXPECT_EQ(short_name(head + "1"), a);
  EXPECT_EQ(short_name("short"), "short");
}

TEST(Assign, a_keyboard_goes_only_where_it_is_named) {
  const drivers::Driver button{"button", "button", drivers::Transport::usb, {}, {}, std::chrono::hours(1),
                               false,    nullptr};
  const auto keyboard = [&](const char* identity, const char* port) {
    auto a = attached(button, identity, port);
    a.keyboard = true;
    return a;
  };
  const std::vector specs{spec(button, "a"), spec(button, "b", {}, "1-1.4"), spec(button, "c", "button:RED")};
  Assign assign(specs);
  EXPECT_FALSE(assign.claim(keyboard("button:usb-1-1.2", "1-1.2")))
      << "the first has no name: it means nobody";
  EXPECT_EQ(assign.claim(keyboard("button:usb-1-1.4", "1-1.4")), 1U);
  EXPECT_EQ(assign.claim(keyboard("button:RED", "1-1.9")), 2U);
}

}  // namespace
}  // namespace vigil::acquire
