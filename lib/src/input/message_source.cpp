#include "encap/input/message_source.h"

#include "encap/input/message_reader.h"
#include "input/dialogue_reader.h"
#include "input/har_reader.h"

namespace encap {

Result<std::unique_ptr<MessageSource>, Failure> open_message_source(MessageFormat format, std::string name,
                                                                    std::unique_ptr<ByteSource> source,
                                                                    MessageSourceOptions options) {
  switch (format) {
    case MessageFormat::har:
      return open_har(std::move(name), std::move(source));
    case MessageFormat::dialogue:
      return open_dialogue(std::move(name), std::move(source));
    case MessageFormat::csv:
    case MessageFormat::wireshark_csv:
      break;
  }
  auto reader =
      MessageReader::open(std::move(name), std::move(source),
                          {.escapes = options.escapes, .packet_list = format == MessageFormat::wireshark_csv});
  if (!reader) return unexpected(std::move(reader.error()));
  return std::make_unique<MessageReader>(std::move(*reader));
}

}  // namespace encap
