#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "encap/capture/capture_file_writer.h"

namespace encap {

/// A name of an address, for `PcapngFileWriter::write_names`. Lifetime: borrows both.
struct AddressName {
  Bytes address;          ///< in wire order, 4 octets of IPv4 or 16 of IPv6
  std::string_view name;  ///< UTF-8
};

/// Writes a pcapng file: one section, little-endian on every host, so that the same packets give the same file, octet
/// for octet. An interface is described when its first packet comes; records that name none share one for each link
/// type and precision. Source: draft-ietf-opsawg-pcapng.
///
///     auto file = PcapngFileWriter::open("http.pcapng", {.application = "encap 0.1"});
///     if (!file) return unexpected(file.error());
///     const std::array names{AddressName{.address = server.octets(), .name = "shop"}};
///     if (auto r = file->write_names(names); !r) return unexpected(r.error());
///     if (auto r = file->write(record); !r) return unexpected(r.error());
///     if (auto r = file->commit(); !r) return unexpected(r.error());
///
/// What `CaptureFileReader` reads of the file is what was written, but: interfaces are numbered anew, all in one
/// section; what a time has beyond the `decimals` of its interface is cut; a record without a time gets 0 where a
/// simple packet block cannot hold it. Memory grows with the number of interfaces.
class PcapngFileWriter final : public CaptureFileWriter {
 public:
  static constexpr std::size_t maximum_text_length = 65'535;       // octets of one description or comment
  static constexpr std::size_t maximum_name_length = 65'518;       // octets of the name of an address
  static constexpr std::size_t maximum_comments_length = 524'288;  // octets of a packet's comments, 4..7 more for each

  struct Options {
    std::string application{};                        ///< what wrote the file (shb_userappl), unless empty
    std::string comment{};                            ///< of the section, unless empty
    std::uint32_t snap_length = maximum_snap_length;  ///< octets kept of a packet, 1..262144
    std::optional<Compression> compression{};         ///< default: as the name says
    Delivery when = Delivery::committed;              ///< matters for pipes and standard output
  };

  /// Opens `path` for writing; `-` is standard output. Blocks on a FIFO until somebody reads it.
  /// Errors: the target cannot be written, the snap length is out of range, a text is too long.
  [[nodiscard]] static Result<PcapngFileWriter, IoError> open(const std::string& path, const Options& options);

  /// Errors beside those of the medium: a time before 1970, comments or a name or description of the interface that are
  /// longer than the format or we can take. Allocates for the first packet of an interface only.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;

  /// Writes which names addresses have (a name resolution block), for the packets to come. An address may have several.
  /// Errors: as `write`; an address that is neither IPv4 nor IPv6, a name that is empty, too long, or has a zero in
  /// it: none of the names is written then.
  [[nodiscard]] Result<void, IoError> write_names(std::span<const AddressName> names);

 private:
  /// What makes packets those of one interface.
  struct InterfaceKey {
    std::optional<std::uint64_t> place;  // section and id; none for records that name no interface
    LinkType link_type;
    std::uint8_t decimals;

    friend auto operator<=>(const InterfaceKey&, const InterfaceKey&) = default;
  };
  struct Interface {
    std::uint32_t id;
    std::uint32_t snap_length;
  };
  using Interfaces = std::map<InterfaceKey, Interface>;

  explicit PcapngFileWriter(const Options& options) noexcept;

  void put_section_header(const Options& options);
  void put_interface(const InterfaceKey& key, std::uint32_t snap_length, const CaptureInterface* told);
  // Both return where they put the packet's octets.
  MutableBytes put_enhanced_packet(const PacketRecord& record, Bytes captured, std::uint32_t interface_id,
                                   std::uint64_t moment);
  MutableBytes put_simple_packet(Bytes captured, std::uint32_t original_length);

  std::uint32_t snap_length_;
  Interfaces interfaces_;
  const Interfaces::value_type* last_ = nullptr;  // the interface of the packet before
};

}  // namespace encap
