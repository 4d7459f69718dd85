#include "encap/live/privileges.h"

#ifdef __linux__

#include <array>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <map>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/network_namespace.h"

namespace encap {
namespace {

// The lines of /proc/self/status by their names; numbers of capability sets are hexadecimal.
std::map<std::string, std::string> status_of_this_process() {
  std::map<std::string, std::string> status;
  std::ifstream file{"/proc/self/status"};
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    status[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return status;
}

bool has_every_privilege_needed() {
  return ::geteuid() == 0 && std::stoull(status_of_this_process()["CapEff"], nullptr, 16) >> CAP_SETPCAP & 1;
}

// Runs `work` in a process of its own, as what it does cannot be undone; what it returns.
template <class Work>
std::string in_a_child(Work work) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    const std::string text = work();
    std::_Exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t got = ::read(ends[0], text.data(), text.size());
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return text;
}

std::string privileges_of_this_process() {
  auto status = status_of_this_process();
  std::string text;
  for (const char* name : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"}) {
    text += std::string{name} + " " + status[name] + "\n";
  }
  return text;
}

TEST(Privileges, none_is_left_in_any_set) {
  if (!has_every_privilege_needed()) GTEST_SKIP() << "this process has no privileges to drop";
  EXPECT_EQ(in_a_child([] {
              const auto r = drop_privileges({});
              return r ? privileges_of_this_process() : to_string(r.error());
            }),
            "CapInh 0000000000000000\nCapPrm 0000000000000000\nCapEff 0000000000000000\nCapBnd 0000000000000000\n"
            "CapAmb 0000000000000000\nNoNewPrivs 1\n");
}

TEST(Privileges, root_makes_a_file_in_the_folder_of_another) {
  if (!has_every_privilege_needed()) GTEST_SKIP() << "this process has no privileges to drop";
  constexpr uid_t nobody = 65534;
  std::string folder = "/tmp/encap_privileges_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ASSERT_EQ(::chown(folder.c_str(), nobody, nobody), 0);
  const std::string file = folder + "/seen.pcap";
  EXPECT_EQ(in_a_child([&file] {
              if (const auto r = drop_privileges({.file = file}); !r) return to_string(r.error());
              std::ofstream{file} << "packets";
              std::string who = std::to_string(::getuid()) + " " + std::to_string(::getgid()) + " ";
              std::array<gid_t, 64> groups{};
              const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
              for (int i = 0; i < count; ++i) who += std::to_string(groups[static_cast<std::size_t>(i)]) + " ";
              return who + privileges_of_this_process();
            }),
            "65534 65534 65534 CapInh 0000000000000000\nCapPrm 0000000000000000\nCapEff 0000000000000000\n"
            "CapBnd 0000000000000000\nCapAmb 0000000000000000\nNoNewPrivs 1\n");
  std::string text;
  EXPECT_TRUE(std::getline(std::ifstream{file}, text)) << "the file was not made";
  EXPECT_EQ(text, "packets");
  ::unlink(file.c_str());
  ::rmdir(folder.c_str());
}

TEST(Privileges, root_stays_root_where_a_folder_is_its_own) {
  if (!has_every_privilege_needed()) GTEST_SKIP() << "this process has no privileges to drop";
  EXPECT_EQ(in_a_child([] {
              const auto r = drop_privileges({.file = "/tmp/seen.pcap"});
              return r ? std::to_string(::getuid()) : to_string(r.error());
            }),
            "0");
}

TEST(Privileges, only_ports_below_1024_are_kept_when_asked_for) {
  if (!has_every_privilege_needed()) GTEST_SKIP() << "this process has no privileges to drop";
  EXPECT_EQ(in_a_child([] {
              const auto r = drop_privileges({.ports_below_1024 = true});
              return r ? privileges_of_this_process() : to_string(r.error());
            }),
            "CapInh 0000000000000000\nCapPrm 0000000000000400\nCapEff 0000000000000400\nCapBnd 0000000000000000\n"
            "CapAmb 0000000000000000\nNoNewPrivs 1\n");
}

TEST(Privileges, a_kept_one_binds_a_port_below_1024) {
  if (const auto refusal = NetworkNamespace::enter()) GTEST_SKIP() << *refusal;
  const auto bind_to_port_80 = [](bool is_kept) {
    return in_a_child([=]() -> std::string {
      if (!drop_privileges({.ports_below_1024 = is_kept})) return "not dropped";
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(80);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? "bound" : "refused";
    });
  };
  EXPECT_EQ(bind_to_port_80(true), "bound");
  EXPECT_EQ(bind_to_port_80(false), "refused");
}

// As a program does that has cap_net_raw=ep of its file: it may not take from the bounding set.
TEST(Privileges, a_process_with_cap_net_raw_only_loses_it) {
  if (!has_every_privilege_needed()) GTEST_SKIP() << "this process has no privileges to drop";
  const std::string left = in_a_child([]() -> std::string {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2]{};
    sets[0].permitted = sets[0].effective = 1u << CAP_NET_RAW;
    if (::syscall(SYS_capset, &header, sets) != 0) return "not prepared";
    const auto r = drop_privileges({.ports_below_1024 = true});
    return r ? privileges_of_this_process() : to_string(r.error());
  });
  EXPECT_EQ(left.find("CapInh 0000000000000000\nCapPrm 0000000000000000\nCapEff 0000000000000000\nCapBnd "), 0u)
      << left;
  EXPECT_NE(left.find("CapAmb 0000000000000000\nNoNewPrivs 1\n"), std::string::npos) << left;
}

TEST(Privileges, may_be_dropped_again_and_by_who_has_none) {
  EXPECT_EQ(in_a_child([]() -> std::string {
              if (::geteuid() == 0 && ::setuid(65'534) != 0) return "no other user";
              for (int i = 0; i < 2; ++i) {
                if (const auto r = drop_privileges({.ports_below_1024 = true}); !r) return to_string(r.error());
              }
              return "done";
            }),
            "done");
}

TEST(Privileges, a_started_program_gets_none_back) {
  if (!has_every_privilege_needed()) GTEST_SKIP() << "this process has no privileges to drop";
  EXPECT_EQ(in_a_child([]() -> std::string {
              if (!drop_privileges({})) return "not dropped";
              return std::system("grep -q '^CapEff:.0000000000000000$' /proc/self/status") == 0 ? "none" : "some";
            }),
            "none");
}

TEST(Privileges, the_line_that_gives_them_names_this_program) {
  char path[4096] = {};
  ASSERT_GT(::readlink("/proc/self/exe", path, sizeof path - 1), 0);
  EXPECT_EQ(how_to_get_privileges(), std::string{"sudo setcap cap_net_raw=ep "} + path);
  EXPECT_EQ(how_to_get_privileges({.ports_below_1024 = true}),
            std::string{"sudo setcap cap_net_raw,cap_net_bind_service=ep "} + path);
}

}  // namespace
}  // namespace encap

#endif
