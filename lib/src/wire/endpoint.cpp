#include "encap/wire/endpoint.h"

namespace encap {

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  const std::string port = std::to_string(endpoint.port.value);
  return endpoint.address.is_ipv4() ? address + ':' + port : '[' + address + "]:" + port;
}

}  // namespace encap
