// The serial ports of a USB bus in user space (umockdev), and the program under test as a child: what sysfs
// and udev say of CDC-ACM devices that come, go, and come back under another number.
//
//   umockdev-wrapper tty_bus_simulator -- PROGRAM [ARG ...]
//
// Commands on standard input:
//   plug NODE VENDOR PRODUCT SERIAL    plug ttyACM0 04d8 0057 CWA17_00123; each node has a USB port of its
//   own unplug NODE                        the node and its entry go, and that is told vanish NODE the node
//   goes; nothing is told until `unplug` quit
// Each is answered on standard error, once it is done, by `sim: WORD`. The exit status is the program's.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

namespace {

pid_t child = -1;

class Bus {
 public:
  Bus() : bed_(umockdev_testbed_new()) {}

  void command(const std::string& line) {
    std::istringstream in(line);
    std::string word, node, vendor, product, serial;
    in >> word >> node >> vendor >> product >> serial;
    if (word == "plug")
      plug(node, vendor, product, serial);
    else if (word == "unplug")
      unplug(node);
    else if (word == "vanish")
      unlink(dev(node).c_str());
    else if (word == "quit")
      kill(child, SIGTERM);
    else
      std::fprintf(stderr, "sim: unknown command '%s'\n", line.c_str());
    std::fprintf(stderr, "sim: %s\n", word.c_str());
  }

 private:
  [[nodiscard]] std::string dev(const std::string& node) const {
    char* root = umockdev_testbed_get_root_dir(bed_);
    std::string path = std::string(root) + "/dev/" + node;
    g_free(root);
    return path;
  }

  void plug(const std::string& node, const std::string& vendor, const std::string& product,
            const std::string& serial) {
    const std::string port = "1-" + std::to_string(++ports_);
    const std::string usb = "/devices/pci0000:00/0000:00:14.0/usb1/" + port;
    // Parents first, as the kernel makes them; children are added before anything is told of them.
    add("P: " + usb + "\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nA: idVendor=" + vendor +
        "\\n\nA: idProduct=" + product + "\\n\nA: serial=" + serial +
        "\\n\nA: manufacturer=Newcastle University\\n\nA: product=CWA\\n\n");
    add("P: " + usb + "/" + port + ":1.1\nE: SUBSYSTEM=usb\nE: DRIVER=cdc_acm\nE: DEVTYPE=usb_interface\n");
    const std::string tty = usb + "/" + port + ":1.1/tty/" + node;
    add("P: " + tty + "\nN: " + node + "\nE: SUBSYSTEM=tty\nE: DEVNAME=/dev/" + node + "\n");
    paths_[node] = "/sys" + tty;
  }
  void unplug(const std::string& node) {
    const auto path = paths_[node];
    umockdev_testbed_uevent(bed_, path.c_str(), "remove");
    umockdev_testbed_remove_device(bed_, path.c_str());
    unlink(dev(node).c_str());
  }
  void add(const std::string& text) {
    GError* error = nullptr;
    if (!umockdev_testbed_add_from_string(bed_, text.c_str(), &error))
      throw std::runtime_error(error->message);
  }

  UMockdevTestbed* bed_;
  int ports_ = 0;
  std::map<std::string, std::string> paths_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || std::strcmp(argv[1], "--") != 0) {
    std::fprintf(stderr, "tty_bus_simulator: -- PROGRAM is needed\n");
    return 2;
  }
  Bus bus;
  child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_RDONLY), 0);
    execvp(argv[2], argv + 2);
    std::fprintf(stderr, "sim: %s: %s\n", argv[2], std::strerror(errno));
    _exit(127);
  }
  const auto commands = [&bus] {
    try {
      for (std::string line; std::getline(std::cin, line);)
        bus.command(line);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "sim: %s\n", error.what());
    }
    kill(child, SIGTERM);
  };
  std::thread(commands).detach();
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
