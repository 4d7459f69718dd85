#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "encap/base/bytes.h"
#include "encap/base/timestamp.h"
#include "encap/wire/endpoint.h"

namespace encap {

enum class Transport : std::uint8_t { tcp, udp };

/// One of the two applications of a message, as far as the table names it.
struct Party {
  std::string_view name;
  std::optional<IpAddress> address;
  std::optional<Port> port;
};

/// One row of a message table. Lifetime: everything it points at is borrowed from its reader, until the next row.
struct Message {
  std::string_view file;      ///< for errors
  std::uint64_t line = 0;     ///< for errors; where the row begins, from 1
  std::uint64_t row = 0;      ///< among the table's rows, from 1
  std::string_view id;        ///< `msg_id`; the row number where the table has none
  std::string_view protocol;  ///< `app_protocol` as written
  Party source;
  Party destination;
  std::optional<Transport> transport;  ///< where the table has a column for it
  std::optional<Timestamp> timestamp;  ///< tables that only have offsets count from 2000-01-01T00:00:00Z
  Bytes payload;
};

}  // namespace encap
