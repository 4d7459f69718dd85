#pragma once

#include <memory>
#include <string>

#include "encap/base/packet_sink.h"
#include "encap/capture/pcapng_file_writer.h"

namespace encap {

/// Writes crafted packets to a pcapng file with what their origins tell:
///
/// - The interface has a name and a description, which say where the packets come from.
/// - A packet has a comment for each row that it carries octets of: `msg_id 17, row 17`, and
///   `msg_id 17, row 17, octets 1448-2895 of 3000`, counted from 0, where it carries a part of the row's message. A
///   `msg_id` that is longer than 100 octets is cut. Of more than 32 rows the last comment says how many they are.
/// - Names of applications stand for their addresses in name resolution blocks, in front of the first packet that needs
///   them. An address that several applications have gets one name of them all, `browser|shop`: of several names
///   readers show the last one alone, for both sides. An application without a name stands there as its address.
///   A further application means another record for the address, with the longer name. Names are 63 octets long at
///   most, as Wireshark reads no more; `...` stands for what was left out.
///
/// Comments that packets have already come first. Packets without an origin get none.
/// Memory: one bit for each conversation and some 150 octets for each address.
class AnnotatedCapture final : public PacketSink {
 public:
  struct About {
    std::string interface_name{};  ///< such as `encapsulate`; UTF-8, up to 65535 octets
    std::string description{};     ///< of the interface, such as `crafted from messages.csv`; the same
  };

  /// Lifetime: borrows `file`.
  AnnotatedCapture(PcapngFileWriter& file, const About& about);
  AnnotatedCapture(AnnotatedCapture&&) noexcept;
  AnnotatedCapture& operator=(AnnotatedCapture&&) noexcept;
  ~AnnotatedCapture() override;

  /// Errors: those of the file.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;
  [[nodiscard]] Result<void, IoError> flush() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
