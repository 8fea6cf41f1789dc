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

event::DeviceAssigned began(const char* device) { return {.device = device}; }
event::DeviceAssigned taken(const char* device) { return {.device = device, .taken = true}; }

/// The bed that the device belongs to now; "" where it has none.
std::string bed_of(Assign& assign, const drivers::Attached& device) { return assign.place(device).bed.str(); }

TEST(Assign, an_identity_that_is_named_goes_where_it_is_named) {
  const std::vector specs{spec(wrist, "a"), spec(wrist, "b", "axivity:CWA17_00123")};
  Assign assign(specs);
  EXPECT_EQ(bed_of(assign, attached(wrist, "axivity:CWA17_00123")), "b");
  EXPECT_EQ(bed_of(assign, attached(wrist, "axivity:CWA17_00999")), "a");
  EXPECT_EQ(bed_of(assign, attached(wrist, "axivity:CWA17_00777")), "");
}

TEST(Assign, an_identity_that_is_named_never_takes_another_device) {
  const std::vector specs{spec(wrist, "a", "axivity:CWA17_00123")};
  Assign assign(specs);
  EXPECT_EQ(bed_of(assign, attached(wrist, "axivity:CWA17_00999")), "");
}

TEST(Assign, a_driver_takes_only_its_own) {
  const std::vector specs{spec(wrist, "a")};
  Assign assign(specs);
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1")), "");
}

TEST(Assign, two_alike_without_serial_are_told_apart_by_port_path) {
  const std::vector specs{spec(scale, "a", {}, "1-1.2"), spec(scale, "b", {}, "1-1.4")};
  Assign assign(specs);
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1.4", "1-1.4")), "b");
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1.2", "1-1.2")), "a");
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1.3", "1-1.3")), "");
}

TEST(Assign, each_comes_back_to_its_own_bed) {
  const std::vector specs{spec(scale, "a"), spec(scale, "b")};
  Assign assign(specs);
  const auto x = attached(scale, "hid_scale:usb-1-1", "1-1"), y = attached(scale, "hid_scale:usb-1-2", "1-2");
  EXPECT_EQ(bed_of(assign, x), "a");
  EXPECT_EQ(bed_of(assign, y), "b");
  EXPECT_EQ(bed_of(assign, x), "a");  // ARRIVED twice
  assign.left(x.identity), assign.left(y.identity);
  EXPECT_EQ(bed_of(assign, y), "b");
  EXPECT_EQ(bed_of(assign, x), "a");
}

TEST(Assign, a_replacement_takes_the_place_of_the_one_that_went) {
  const std::vector specs{spec(scale, "a"), spec(scale, "b")};
  Assign assign(specs);
  const auto x = attached(scale, "hid_scale:usb-1-1"), y = attached(scale, "hid_scale:usb-1-2"),
             z = attached(scale, "hid_scale:usb-1-3");
  EXPECT_EQ(bed_of(assign, x), "a");
  EXPECT_EQ(bed_of(assign, y), "b");
  EXPECT_EQ(bed_of(assign, z), "");
  assign.left(y.identity);
  EXPECT_EQ(bed_of(assign, z), "b");
  EXPECT_EQ(bed_of(assign, y), "");
}

TEST(Assign, the_log_remembers_across_a_restart) {
  const std::vector specs{spec(scale, "a"), spec(scale, "b")};
  Assign assign(specs);
  assign.remember("a", began("hid_scale:usb-1-2"), false);
  assign.remember("b", began("hid_scale:usb-1-1"), false);
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1")), "b");
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-2")), "a");
}

TEST(Assign, the_log_remembers_all_devices_of_a_bed) {
  const std::vector specs{spec(scale, "a"), spec(scale, "a"), spec(scale, "b"), spec(scale, "b")};
  Assign assign(specs);
  for (const auto* device : {"hid_scale:usb-1-1", "hid_scale:usb-1-2", "hid_scale:usb-1-1"})
    assign.remember("b", began(device), false);
  for (const auto* device : {"hid_scale:usb-1-3", "hid_scale:usb-1-4"})
    assign.remember("a", began(device), false);
  for (const auto* device : {"hid_scale:usb-1-2", "hid_scale:usb-1-1"})
    EXPECT_EQ(bed_of(assign, attached(scale, device)), "b") << device;
  for (const auto* device : {"hid_scale:usb-1-3", "hid_scale:usb-1-4"})
    EXPECT_EQ(bed_of(assign, attached(scale, device)), "a") << device;
}

TEST(Assign, what_a_person_gave_goes_before_a_specification_that_names_no_device) {
  const std::vector specs{spec(scale, "a")};
  Assign assign(specs);
  const auto x = attached(scale, "hid_scale:usb-1-1"), y = attached(scale, "hid_scale:usb-1-2");
  EXPECT_EQ(bed_of(assign, x), "a");
  EXPECT_EQ(bed_of(assign, y), "");
  assign.remember("b", began("hid_scale:usb-1-1"), true);
  EXPECT_EQ(bed_of(assign, x), "b");
  EXPECT_EQ(bed_of(assign, y), "a") << "the specification is free again";
  assign.remember("b", taken("hid_scale:usb-1-1"), true);
  EXPECT_EQ(bed_of(assign, x), "");
  assign.left("hid_scale:usb-1-2");
  EXPECT_EQ(bed_of(assign, x), "") << "what was taken is not claimed behind the person's back";
}

TEST(Assign, two_alike_without_serial_are_given_one_by_one) {
  const std::vector<DeviceSpec> specs;
  Assign assign(specs);
  assign.remember("a", began("hid_scale:usb-1-1.2"), true);
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1.2", "1-1.2")), "a");
  EXPECT_EQ(bed_of(assign, attached(scale, "hid_scale:usb-1-1.4", "1-1.4")), "");
}

TEST(Assign, a_bed_that_the_configuration_sets_is_not_set_again) {
  std::vector specs{spec(wrist, "a", "axivity:CWA17_00123")};
  specs[0].source = "vigil.toml line 12";
  Assign assign(specs);
  const auto x = attached(wrist, "axivity:CWA17_00123");
  EXPECT_EQ(assign.place(x).fixed, "its bed is set in vigil.toml line 12");
  assign.remember("a", began("axivity:CWA17_00123"), true);  // both say the same: no harm
  EXPECT_EQ(bed_of(assign, x), "a");
  assign.remember("b", began("axivity:CWA17_00123"), true);
  const auto twice = assign.place(x);
  EXPECT_TRUE(twice.bed.empty()) << "a wrong bed is worse than none";
  EXPECT_EQ(
      twice.trouble,
      "its bed is set twice: a in vigil.toml line 12, b by a person: take it from its bed here, or take "
      "it out of the configuration");
  assign.remember("b", taken("axivity:CWA17_00123"), true);
  EXPECT_EQ(bed_of(assign, x), "a");
}

TEST(Assign, a_named_device_without_a_bed_can_be_given_one) {
  const std::vector specs{spec(wrist, {}, "axivity:CWA17_00123")};
  Assign assign(specs);
  const auto x = attached(wrist, "axivity:CWA17_00123");
  EXPECT_EQ(assign.place(x).fixed, "");
  assign.remember("b", began("axivity:CWA17_00123"), true);
  const auto place = assign.place(x);
  EXPECT_EQ(place.bed, "b");
  EXPECT_EQ(place.spec, specs.data()) << "its settings stay those of the configuration";
}

TEST(Assign, a_port_that_no_driver_claims_has_the_driver_that_was_chosen) {
  const std::vector<DeviceSpec> specs;
  Assign assign(specs);
  drivers::Attached port;
  port.identity = "tty:usb-1-1.2", port.tty = "/dev/ttyUSB0";
  EXPECT_EQ(assign.place(port).driver, nullptr);
  assign.remember("a", {.device = "tty:usb-1-1.2", .driver = "axivity", .settings = "rate_hz = 50"}, true);
  const auto place = assign.place(port);
  ASSERT_NE(place.driver, nullptr);
  EXPECT_EQ(place.driver->name, "axivity");
  EXPECT_EQ(place.settings, "rate_hz = 50");
  EXPECT_EQ(place.bed, "a");
  assign.remember("a", {.device = "tty:usb-1-1.2", .driver = "crystal_ball"}, true);
  EXPECT_NE(assign.place(port).trouble, "");
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
  const auto x = keyboard("button:usb-1-1.2", "1-1.2");
  EXPECT_EQ(bed_of(assign, x), "") << "the first has no name: it means nobody";
  EXPECT_EQ(bed_of(assign, keyboard("button:usb-1-1.4", "1-1.4")), "b");
  EXPECT_EQ(bed_of(assign, keyboard("button:RED", "1-1.9")), "c");
  assign.remember("a", began("button:usb-1-1.2"), true);
  EXPECT_EQ(bed_of(assign, x), "a");
}

}  // namespace
}  // namespace vigil::acquire
