#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <utility>  // which Boost 1.74 forgets

namespace chat {

namespace asio = boost::asio;
using boost::system::error_code;

/// The handlers of one connection run one after the other, on any thread of the pool.
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Strand>;

}  // namespace chat
