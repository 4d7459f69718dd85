#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "encap/dissect/dissection.h"
#include "encap/render/fields.h"

namespace encap {

/// How packets are written as JSON. Source: tshark's -T.
struct JsonFormat {
  enum class Shape : std::uint8_t {
    tree,  ///< json: one array of all packets, layers and fields as they lie in one another
    lines  ///< ek: two lines a packet, the first saying where Elasticsearch puts the second; fields of a layer in a row
  };
  Shape shape = Shape::tree;
  bool text = true;  ///< the values
  bool raw = false;  ///< the octets of each field, as `<name>_raw`: hexadecimal, and in a tree offset, length, bit mask
                     ///< and Wireshark's number of the type
  bool info = false;  ///< the columns of the list in place of the fields; of `lines` only
};

/// Writes packets as JSON with tshark's names and order. A key that comes again among its neighbours has an array of
/// its values; among `lines` also where it comes again deeper in the same layer. Memory does not grow with the
/// capture.
///
///     JsonWriter json{{}};
///     json.begin(out);
///     json.packet(out, dissection);
///     json.end(out);
class JsonWriter {
 public:
  explicit JsonWriter(const JsonFormat& format);
  JsonWriter(JsonWriter&&) noexcept;
  JsonWriter& operator=(JsonWriter&&) noexcept;
  ~JsonWriter();

  void begin(std::string& out);
  /// In place of `begin`: goes on behind a packet that another writer of the same format has written.
  void resume();
  /// Appends a packet with all its fields. Precondition: dissected with `Detail::items`, except for `info`.
  void packet(std::string& out, const Dissection& dissection);
  /// Appends a packet with those fields, each an array of its values. Precondition: `fields` has read the packet.
  void packet(std::string& out, const Dissection& dissection, const FieldSelection& fields);
  void end(std::string& out);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace encap
