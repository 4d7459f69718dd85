#include "statistics/ends.h"

namespace encap {

std::string address_text(const Address& address) {
  std::string text;
  append_text(text, address);
  return text;
}

std::string end_text(const Address& address, std::uint16_t port, bool has_ports) {
  std::string text = address_text(address);
  if (has_ports) text += ':' + std::to_string(port);
  return text;
}

}  // namespace encap
