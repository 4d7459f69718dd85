#include "encap/capture/live_capture.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>

#ifdef __linux__
#include <cstring>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

#include "capture/counter_sum.h"
#include "capture/file_descriptor.h"
#include "capture/pcap_library.h"

namespace encap {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t longest_snap_length = 262'144;  // octets, as everywhere

// libpcap's numbers (DLT_) are those of capture files (LINKTYPE_) but for those that mean something else on each
// system. Source: the LINKTYPE_ registry; libpcap, pcap-common.c.
LinkType link_type_of(int dlt) noexcept {
  struct Pair {
    int dlt;
    std::uint16_t link_type;
  };
  constexpr Pair differing[] = {
      {DLT_ATM_RFC1483, 100}, {DLT_RAW, 101}, {DLT_SLIP_BSDOS, 102}, {DLT_PPP_BSDOS, 103}, {DLT_ATM_CLIP, 106}};
  const auto* const found =
      std::find_if(std::begin(differing), std::end(differing), [dlt](const Pair& pair) { return pair.dlt == dlt; });
  return static_cast<LinkType>(found != std::end(differing) ? found->link_type : static_cast<std::uint16_t>(dlt));
}

#ifdef __linux__
constexpr const char* missing_privilege = "Operation not permitted (needs CAP_NET_RAW)";
#else
constexpr const char* missing_privilege = "";  // as the system words it
#endif

// The error of a call of libpcap that gave `status`. Its own text says more than an errno, but for a privilege.
IoError refusal(const char* operation, const std::string& interface, int status, pcap_t* handle) {
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return {operation, interface, EPERM, missing_privilege};
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return {operation, interface, ENODEV, "no such interface"};
    case PCAP_ERROR_IFACE_NOT_UP:
      return {operation, interface, ENETDOWN, "the interface is down"};
    default:
      break;
  }
  const std::string reason = pcap_library()->geterr(handle);
  return {operation, interface, 0, reason.empty() ? pcap_library()->statustostr(status) : reason};
}

Result<PcapHandle, IoError> activate(const LiveCaptureOptions& options) {
  const PcapLibrary& pcap = *pcap_library();
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  PcapHandle handle{pcap.create(options.interface.c_str(), reason.data())};
  if (handle == nullptr) return unexpected(IoError{"open", options.interface, 0, reason.data()});
  pcap_t* const capture = handle.get();
  pcap.set_snaplen(capture, static_cast<int>(options.snap_length));
  pcap.set_promisc(capture, options.promiscuous ? 1 : 0);
  pcap.set_buffer_size(capture, static_cast<int>(std::min<std::size_t>(options.buffer_octets, INT_MAX)));
#ifdef __linux__
  // Not what libpcap calls immediate: that gives each packet of lo a slot of 64 KiB, and a burst of a thousand is lost.
  // In blocks packets lie close, and the kernel hands over one that is not full when this time is over; shorter ones
  // would leave most of the buffer empty when packets are few and nobody reads for a while.
  pcap.set_timeout(capture, options.immediate ? 10 : 250);
#else
  pcap.set_timeout(capture, 250);
  pcap.set_immediate_mode(capture, options.immediate ? 1 : 0);
#endif
  static_cast<void>(pcap.set_tstamp_precision(capture, PCAP_TSTAMP_PRECISION_NANO));  // else microseconds
  // Above 0 are warnings: no promiscuous mode, or another clock, is no reason not to listen.
  if (const int status = pcap.activate(capture); status < 0) {
    return unexpected(refusal("open", options.interface, status, capture));
  }
  return handle;
}

Result<void, IoError> set_filter(pcap_t* capture, const LiveCaptureOptions& options) {
  const PcapLibrary& pcap = *pcap_library();
  bpf_program program{};
  constexpr int optimised = 1;
  int status = pcap.compile(capture, &program, options.filter.c_str(), optimised, PCAP_NETMASK_UNKNOWN);
  if (status == 0) {
    status = pcap.setfilter(capture, &program);
    pcap.freecode(&program);
  }
  if (status == 0) return {};
  return unexpected(IoError{LiveCapture::filter_refused, options.interface, 0,
                            "\"" + options.filter + "\": " + pcap.geterr(capture)});
}

// On loopback a packet passes twice, on its way out and in, and libpcap keeps the second. The kernel need not put the
// first into the buffer nor count it. Kernels before 4.20 do; what is counted is twice as much there.
void leave_out_outgoing([[maybe_unused]] pcap_t* capture, [[maybe_unused]] const std::string& interface) noexcept {
#if defined(__linux__) && defined(PACKET_IGNORE_OUTGOING)
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) return;
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  const int socket = pcap_library()->fileno(capture);
  if (socket < 0 || ::ioctl(socket, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_LOOPBACK) == 0) return;
  constexpr int yes = 1;
  static_cast<void>(::setsockopt(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes));
#endif
}

}  // namespace

class LiveCapture::Impl {
 public:
  static Result<std::unique_ptr<Impl>, IoError> open(const LiveCaptureOptions& options);

  Result<const PacketRecord*, IoError> next(std::optional<milliseconds> longest);
  void stop() noexcept;
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }
  LinkType link_type() const noexcept { return interface_.link_type; }
  LiveCaptureCounts counts() noexcept;

 private:
  const PacketRecord* take(const pcap_pkthdr& header, const u_char* octets) noexcept;
  void wait(std::optional<milliseconds> longest) noexcept;
  void see_counts() noexcept;

  // The kernel's counters must not go round between two looks at them.
  static constexpr std::uint64_t packets_between_looks = std::uint64_t{1} << 22;

  const PcapLibrary& pcap_ = *pcap_library();
  PcapHandle capture_;
  FileDescriptor woken_;  // readable once it is over
  FileDescriptor wake_;
  std::atomic<bool> stopped_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler sets it
  CaptureInterface interface_;
  PacketRecord record_;
  std::uint64_t packets_ = 0;
  CounterSum received_, dropped_, dropped_by_interface_;
};

Result<std::unique_ptr<LiveCapture::Impl>, IoError> LiveCapture::Impl::open(const LiveCaptureOptions& options) {
  const auto refused = [&options](int code, std::string reason) {
    return unexpected(IoError{"open", options.interface, code, std::move(reason)});
  };
  // libpcap takes no name for every interface there is.
  if (options.interface.empty() || options.interface.find('\0') != std::string::npos) {
    return refused(ENODEV, "no such interface");
  }
  if (options.snap_length == 0 || options.snap_length > longest_snap_length) {
    return refused(EINVAL, "a snap length is 1 to 262144 octets");
  }
  if (options.filter.find('\0') != std::string::npos) {
    return unexpected(IoError{filter_refused, options.interface, 0, "a filter holds no zero"});
  }
  if (const auto& pcap = pcap_library(); !pcap) return refused(0, pcap.error());
  auto impl = std::make_unique<Impl>();
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return refused(errno, {});
  impl->woken_ = FileDescriptor{ends[0]};
  impl->wake_ = FileDescriptor{ends[1]};
  for (const int end : ends) static_cast<void>(::fcntl(end, F_SETFD, FD_CLOEXEC));

  auto handle = activate(options);
  if (!handle) return unexpected(std::move(handle.error()));
  impl->capture_ = std::move(*handle);
  pcap_t* const capture = impl->capture_.get();
  const PcapLibrary& pcap = impl->pcap_;
  // It is we who wait, so that a stop is heard while waiting, also where libpcap would not hear it.
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  if (pcap.setnonblock(capture, 1, reason.data()) != 0) return refused(0, reason.data());
  leave_out_outgoing(capture, options.interface);
  if (!options.filter.empty()) {
    if (auto set = set_filter(capture, options); !set) return unexpected(std::move(set.error()));
  }
  const bool is_nano = pcap.get_tstamp_precision(capture) == PCAP_TSTAMP_PRECISION_NANO;
  impl->interface_ = {.link_type = link_type_of(pcap.datalink(capture)),
                      .snap_length = options.snap_length,
                      .decimals = static_cast<std::uint8_t>(is_nano ? 9 : 6),
                      .name = options.interface};
  impl->record_ = {
      .link_type = impl->interface_.link_type, .decimals = impl->interface_.decimals, .interface = &impl->interface_};
  // What passed while this was being set up is not counted.
  pcap_stat now{};
  if (pcap.stats(capture, &now) == 0) {
    impl->received_.start(now.ps_recv);
    impl->dropped_.start(now.ps_drop);
    impl->dropped_by_interface_.start(now.ps_ifdrop);
  }
  return impl;
}

Result<const PacketRecord*, IoError> LiveCapture::Impl::next(std::optional<milliseconds> longest) {
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> start;  // the clock is looked at only where there is nothing to read
  while (!stopped()) {
    pcap_pkthdr* header = nullptr;
    const u_char* octets = nullptr;
    errno = 0;
    const int status = pcap_.next_ex(capture_.get(), &header, &octets);
    if (status == 1) return take(*header, octets);
    // Of nflog and nfqueue libpcap says that there is nothing to read as if that were an error.
    const bool nothing_there = status == 0 || (status == PCAP_ERROR && errno == EAGAIN);
    if (!nothing_there) return unexpected(refusal("read", interface_.name, status, capture_.get()));
    if (!longest) {
      wait(std::nullopt);
      continue;
    }
    const Clock::time_point now = Clock::now();
    if (!start) start = now;
    const auto waited = std::chrono::floor<milliseconds>(now - *start);
    if (waited >= *longest) break;
    wait(*longest - waited);
  }
  return nullptr;
}

const PacketRecord* LiveCapture::Impl::take(const pcap_pkthdr& header, const u_char* octets) noexcept {
  const std::int64_t unit = interface_.decimals == 9 ? 1 : 1000;
  record_.timestamp = {std::int64_t{header.ts.tv_sec} * 1'000'000'000 + std::int64_t{header.ts.tv_usec} * unit};
  record_.original_length = header.len;
  record_.bytes = Bytes{reinterpret_cast<const std::byte*>(octets), header.caplen};
  if (++packets_ % packets_between_looks == 0) see_counts();
  return &record_;
}

// Until there may be a packet, it is over, or the time is up; a signal may end it, too.
void LiveCapture::Impl::wait(std::optional<milliseconds> longest) noexcept {
  // Some devices cannot be waited for, and some only so long.
  constexpr milliseconds look_again{10};
  const int readable = pcap_.get_selectable_fd(capture_.get());
  if (readable < 0) longest = std::min(longest.value_or(look_again), look_again);
  if (const timeval* const most = pcap_.get_required_select_timeout(capture_.get()); most != nullptr) {
    const milliseconds required{std::int64_t{most->tv_sec} * 1000 + most->tv_usec / 1000 + 1};
    longest = std::min(longest.value_or(required), required);
  }
  const int timeout = longest ? static_cast<int>(std::clamp<std::int64_t>(longest->count(), 0, INT_MAX)) : -1;
  // A descriptor below 0 is passed over.
  std::array<pollfd, 2> ready{{{woken_.get(), POLLIN, 0}, {readable, POLLIN, 0}}};
  static_cast<void>(::poll(ready.data(), ready.size(), timeout));
}

// Called by signal handlers: write() is all it may do.
void LiveCapture::Impl::stop() noexcept {
  if (stopped_.exchange(true, std::memory_order_relaxed)) return;
  const int kept = errno;
  static_cast<void>(::write(wake_.get(), "", 1) == 1);
  errno = kept;
}

void LiveCapture::Impl::see_counts() noexcept {
  pcap_stat now{};
  if (pcap_.stats(capture_.get(), &now) != 0) return;
  received_.see(now.ps_recv);
  dropped_.see(now.ps_drop);
  dropped_by_interface_.see(now.ps_ifdrop);
}

LiveCaptureCounts LiveCapture::Impl::counts() noexcept {
  see_counts();
  return {.received = std::max(received_.total(), packets_),
          .dropped = dropped_.total(),
          .dropped_by_interface = dropped_by_interface_.total()};
}

Result<LiveCapture, IoError> LiveCapture::open(const LiveCaptureOptions& options) {
  auto impl = Impl::open(options);
  if (!impl) return unexpected(std::move(impl.error()));
  return LiveCapture{std::move(*impl)};
}

LiveCapture::LiveCapture(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
LiveCapture::LiveCapture(LiveCapture&&) noexcept = default;
LiveCapture& LiveCapture::operator=(LiveCapture&&) noexcept = default;
LiveCapture::~LiveCapture() = default;

Result<const PacketRecord*, IoError> LiveCapture::next() { return impl_->next(std::nullopt); }
Result<const PacketRecord*, IoError> LiveCapture::next_within(milliseconds longest) { return impl_->next(longest); }
void LiveCapture::stop() noexcept { impl_->stop(); }
bool LiveCapture::stopped() const noexcept { return impl_->stopped(); }
LinkType LiveCapture::link_type() const noexcept { return impl_->link_type(); }
LiveCaptureCounts LiveCapture::counts() const noexcept { return impl_->counts(); }

}  // namespace encap
