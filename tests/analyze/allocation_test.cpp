// A capture of any length is read in memory that stops growing: once its flows are known, packets of them allocate
// nothing.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "support/allocation_counter.h"
#include "support/ip_packets.h"

namespace encap::test {
namespace {

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t psh = 0x08;
constexpr std::uint8_t ack = 0x10;

// Clients that ask one server again and again, each over one connection.
class Exchanges {
 public:
  explicit Exchanges(std::size_t clients) : clients_(clients) {
    for (std::size_t i = 0; i < clients; ++i) {
      clients_[i].ends.source = static_cast<std::uint32_t>(0x0a000000 + i);
      add(clients_[i].ends, 0, 0, syn, {});
      add(clients_[i].ends.reversed(), 0, 1, syn | ack, {});
      add(clients_[i].ends, 1, 1, ack, {});
    }
  }
  // Each client sends `request` and is answered with `response`, in segments of at most `segment_size` octets.
  void add_round(std::string_view request, std::string_view response, std::size_t segment_size) {
    for (Client& client : clients_) {
      add(client.ends, client.sent, client.received, psh | ack, request);
      client.sent += static_cast<std::uint32_t>(request.size());
      for (std::string_view rest = response; !rest.empty();) {
        const std::string_view segment = rest.substr(0, segment_size);
        rest.remove_prefix(segment.size());
        add(client.ends.reversed(), client.received, client.sent, rest.empty() ? psh | ack : ack, segment);
        client.received += static_cast<std::uint32_t>(segment.size());
      }
      add(client.ends, client.sent, client.received, ack, {});
    }
  }
  [[nodiscard]] const std::vector<std::string>& packets() const noexcept { return packets_; }

 private:
  struct Client {
    Ends ends;
    std::uint32_t sent = 1;
    std::uint32_t received = 1;
  };
  void add(const Ends& ends, std::uint32_t sequence, std::uint32_t acknowledgment, int flags,
           std::string_view payload) {
    packets_.push_back(tcp_packet(ends, sequence, acknowledgment, static_cast<std::uint8_t>(flags), payload));
  }
  std::vector<Client> clients_;
  std::vector<std::string> packets_;
};

std::string response(std::string_view type, std::string_view body) {
  std::string message{"HTTP/1.1 200 OK\r\nServer: encap\r\nContent-Type: "};
  message += type;
  message += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  message += body;
  return message;
}

struct Traffic {
  const char* name;
  std::string request;
  std::string response;
  std::size_t segment_size;
};
void PrintTo(const Traffic& traffic, std::ostream* out) { *out << traffic.name; }

const std::string get = "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: test\r\n\r\n";

const Traffic traffics[] = {
    {"text", get, response("text/plain", "hello"), 1460},
    {"markup", get, response("text/html", "<html><body>hello</body></html>"), 1460},
    {"json", get, response("application/json", R"({"a":[1,2,{"b":null}],"c":"d"})"), 1460},
    {"octets", get, response("application/octet-stream", std::string(1000, '\0')), 1460},
    {"no_body", get, "HTTP/1.1 304 Not Modified\r\n\r\n", 1460},
    {"form", "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\na=1&b=2",
     response("text/plain", "done"), 1460},
    {"body_of_many_segments", get, response("text/plain", std::string(5000, 'x')), 1460},
    {"header_of_many_segments", get, response("text/plain", "hello"), 20},
    {"chunks", get,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1460},
    {"unknown_octets", std::string(100, '\x01'), std::string(3000, '\x02'), 1000},
};

class Allocation : public testing::TestWithParam<Traffic> {};

TEST_P(Allocation, is_over_once_the_flows_are_known) {
  constexpr std::size_t clients = 40;
  constexpr int rounds_to_warm_up = 8;
  constexpr int rounds = 30;
  Exchanges exchanges{clients};
  for (int i = 0; i < rounds_to_warm_up; ++i) {
    exchanges.add_round(GetParam().request, GetParam().response, GetParam().segment_size);
  }
  const std::size_t warm = exchanges.packets().size();
  for (int i = 0; i < rounds; ++i) {
    exchanges.add_round(GetParam().request, GetParam().response, GetParam().segment_size);
  }

  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::columns};
  std::size_t number = 0;
  const auto dissect_until = [&](std::size_t end) {
    for (; number < end; ++number) {
      dissector.dissect(
          record_of(exchanges.packets()[number], LinkType::raw, {static_cast<std::int64_t>(number) * 1000}),
          dissection);
    }
  };
  dissect_until(warm);
  const AllocationCounter allocations;
  dissect_until(exchanges.packets().size());
  EXPECT_EQ(allocations.count(), 0u) << "in " << number - warm << " packets";
  EXPECT_GE(number - warm, 3000u);
}
INSTANTIATE_TEST_SUITE_P(Http, Allocation, testing::ValuesIn(traffics),
                         [](const auto& tested) { return std::string{tested.param.name}; });

}  // namespace
}  // namespace encap::test
