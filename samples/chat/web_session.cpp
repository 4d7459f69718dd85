#include "web_session.h"

#include <algorithm>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "event_json.h"
#include "line.h"

namespace chat {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

using Stream = beast::basic_stream<asio::ip::tcp, Strand>;
using WebSocket = websocket::stream<Stream>;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t frame_max = 8 << 10;               ///< octets of what a page sends
constexpr std::size_t file_max = 4 << 20;                ///< octets of a file of the page
constexpr auto request_time = std::chrono::seconds{30};  ///< for a request to come, and to be answered
constexpr auto farewell = std::chrono::seconds{5};       ///< for a page to read what is left and to close its side

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// A page's connection to the chat, or to the log.
class WebSession final : public Session {
 public:
  enum class Role : std::uint8_t { chat, admin };

  WebSession(Hub& hub, Stream stream, std::string address, Role role)
      : Session{Via::web, std::move(address), hub.limits().queue},
        hub_{hub},
        socket_{std::move(stream)},
        farewell_timer_{socket_.get_executor()},
        role_{role} {}

  void start(Request request) {
    socket_.set_option(websocket::stream_base::timeout{request_time, hub_.limits().idle, true});
    socket_.read_message_max(frame_max);
    socket_.auto_fragment(false);
    socket_.text(true);
    request_ = std::move(request);
    socket_.async_accept(request_, [self = self()](error_code error) { self->on_accept(error); });
  }

  void wake() override {
    asio::post(socket_.get_executor(), [self = self()] { self->write(); });
  }
  void resume() override {
    asio::post(socket_.get_executor(), [self = self()] { self->read(); });
  }

 private:
  std::shared_ptr<WebSession> self() { return std::static_pointer_cast<WebSession>(shared_from_this()); }

  void on_accept(error_code error) {
    if (error) return;
    if (role_ == Role::admin) {
      hub_.enter_admin(shared_from_this());
      return read();
    }
    id_ = hub_.enter(shared_from_this());
    if (id_ != 0) return read();
    outbound.replace(std::make_shared<const std::string>(to_json(Goodbye{"the server is full; try again later"}, {})));
    write();
  }

  void read() {
    if (is_closed_) return;
    socket_.async_read(buffer_, [self = self()](error_code error, std::size_t) { self->on_read(error); });
  }
  void on_read(error_code error) {
    if (error) return close(error.message());
    const auto data = buffer_.data();
    const std::string_view frame{static_cast<const char*>(data.data()), data.size()};
    const bool goes_on = role_ == Role::admin || is_leaving_ || take(frame);
    buffer_.consume(buffer_.size());
    if (goes_on) read();
  }
  bool take(std::string_view frame) {
    const auto parsed = parse_web_line(frame);
    if (const WebMistake* const wrong = std::get_if<WebMistake>(&parsed)) {
      return hub_.line(id_, wrong->mistake, wrong->reference);
    }
    const WebLine& line = std::get<WebLine>(parsed);
    return hub_.line(id_, std::string_view{line.line}, line.reference);
  }

  void write() {
    if (is_writing_ || is_closed_) return;
    batch_.clear();
    if (!outbound.take(batch_, 1)) {
      if (outbound.is_closed()) leave();
      return;
    }
    if (outbound.is_closed()) say_farewell();
    is_writing_ = true;
    socket_.async_write(asio::buffer(*batch_.front()), [self = self()](error_code error, std::size_t) {
      self->is_writing_ = false;
      self->outbound.sent();
      if (error) return self->close(error.message());
      self->write();
    });
  }

  void leave() {
    if (std::exchange(is_leaving_, true)) return;
    say_farewell();
    socket_.async_close(websocket::close_code::normal, [self = self()](error_code) { self->close("closed"); });
  }
  void say_farewell() {
    if (std::exchange(says_farewell_, true)) return;
    farewell_timer_.expires_after(farewell);
    farewell_timer_.async_wait([self = self()](error_code error) {
      if (!error) self->close("did not close the connection");
    });
  }
  void close(const std::string& why) {
    if (std::exchange(is_closed_, true)) return;
    beast::get_lowest_layer(socket_).close();
    farewell_timer_.cancel();
    if (role_ == Role::admin) return hub_.leave_admin(*this);
    hub_.leave(id_, why);
  }

  Hub& hub_;
  WebSocket socket_;
  asio::steady_timer farewell_timer_;
  Role role_;
  SessionId id_ = 0;
  Request request_;
  beast::flat_buffer buffer_;
  std::vector<Octets> batch_;  ///< being written
  bool is_writing_ = false;
  bool is_leaving_ = false;
  bool says_farewell_ = false;
  bool is_closed_ = false;
};

/// The types of files the page may have.
std::string_view content_type(std::string_view path) {
  struct Row {
    std::string_view end;
    std::string_view type;
  };
  constexpr Row rows[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".webmanifest", "application/manifest+json"},
  };
  const auto* const row = std::ranges::find_if(rows, [path](const Row& r) { return path.ends_with(r.end); });
  return row == std::end(rows) ? std::string_view{} : row->type;
}

/// The name of the file a path stands for, in the folder of the page and not below it; empty when there can be none.
std::string file_name(std::string_view path) {
  if (path == "/") return "index.html";
  if (path == "/admin") return "admin.html";
  const std::string_view name = path.substr(1);
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  return is_plain && !name.starts_with('.') && !content_type(name).empty() ? std::string{name} : std::string{};
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary | std::ios::ate};
  if (!file) return std::nullopt;
  const auto size = static_cast<std::streamoff>(file.tellg());
  if (size < 0 || static_cast<std::size_t>(size) > file_max) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) return std::nullopt;
  return text;
}

/// Whether a request comes from a page of this server, or from no page at all. Source: RFC 6455 §10.2.
bool is_same_origin(const Request& request) {
  const auto origin = request.find(http::field::origin);
  if (origin == request.end()) return true;
  std::string_view host = view(origin->value());
  const std::size_t scheme = host.find("://");
  if (scheme == std::string_view::npos) return false;
  host.remove_prefix(scheme + 3);
  return beast::iequals(beast::string_view{host.data(), host.size()}, request[http::field::host]);
}

/// The value of `token` in a path's query.
std::string_view token_of(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    if (part.starts_with("token=")) return part.substr(6);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return {};
}

/// A connection before it becomes a WebSocket, if it does.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Hub& hub, Socket socket, std::string address)
      : hub_{hub}, stream_{std::move(socket)}, address_{std::move(address)} {}

  void read() {
    parser_.emplace();
    parser_->header_limit(frame_max);
    parser_->body_limit(std::uint64_t{0});
    stream_.expires_after(request_time);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->answer(self->parser_->release());
    });
  }

 private:
  void answer(Request request) {
    const std::string_view target = view(request.target());
    const std::size_t question = target.find('?');
    const std::string_view path = target.substr(0, question);
    const std::string_view query =
        question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    if (path == "/chat" || path == "/admin/events") {
      if (!websocket::is_upgrade(request))
        return refuse(request, http::status::upgrade_required, "this is a WebSocket\n");
      if (!is_same_origin(request))
        return refuse(request, http::status::forbidden, "this is for pages of this server\n");
      const bool is_chat = path == "/chat";
      if (!is_chat && !hub_.is_admin(token_of(query))) {
        return refuse(request, http::status::forbidden, "the token is wrong; the server's log has the right one\n");
      }
      stream_.expires_never();
      std::make_shared<WebSession>(hub_, std::move(stream_), std::move(address_),
                                   is_chat ? WebSession::Role::chat : WebSession::Role::admin)
          ->start(std::move(request));
      return;
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      return refuse(request, http::status::method_not_allowed, "files can be asked for with GET\n");
    }
    const std::string name = path.starts_with('/') ? file_name(path) : std::string{};
    auto text = name.empty() ? std::nullopt : read_file(hub_.limits().web_root + "/" + name);
    if (!text) return refuse(request, http::status::not_found, "there is no such file\n");
    respond(request, http::status::ok, content_type(name), std::move(*text));
  }
  void refuse(const Request& request, http::status status, std::string text) {
    respond(request, status, "text/plain; charset=utf-8", std::move(text));
  }
  void respond(const Request& request, http::status status, std::string_view type, std::string text) {
    response_.emplace(status, request.version());
    Response& response = *response_;
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"Content-Type", type},
        {"X-Content-Type-Options", "nosniff"},
        {"Cache-Control", "no-cache"},
        {"Referrer-Policy", "no-referrer"},  // the address of the admin page holds its token
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
         "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    };
    for (const auto& [name, value] : headers) {
      response.insert(beast::string_view{name.data(), name.size()}, beast::string_view{value.data(), value.size()});
    }
    if (status == http::status::method_not_allowed) response.set(http::field::allow, "GET, HEAD");
    if (status == http::status::upgrade_required) response.set(http::field::upgrade, "websocket");
    response.keep_alive(request.keep_alive());
    const std::size_t length = text.size();
    if (request.method() != http::verb::head) response.body() = std::move(text);
    response.content_length(length);
    serializer_.emplace(response);
    const auto done = [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return;
      if (self->response_->keep_alive()) return self->read();
      error_code ignored;
      self->stream_.socket().shutdown(Socket::shutdown_send, ignored);
    };
    if (request.method() == http::verb::head) return http::async_write_header(stream_, *serializer_, done);
    http::async_write(stream_, *serializer_, done);
  }

  Hub& hub_;
  Stream stream_;
  std::string address_;
  beast::flat_buffer buffer_{2 * frame_max};
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

}  // namespace

void serve_web(Hub& hub, Socket socket, std::string address) {
  std::make_shared<HttpSession>(hub, std::move(socket), std::move(address))->read();
}

}  // namespace chat
