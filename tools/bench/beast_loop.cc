// The peer of the HTTP benchmark: a bare Boost.Beast keep-alive loop that answers every request
// with the same body. No limits, no guards, no log, no routing: what Beast itself costs.
// Asynchronous, one coroutine per connection, one io_context run by all threads, as in Beast's
// examples.
//
//   beast_loop [port=0] [threads=2] [bytes=1000]      prints "listening http://127.0.0.1:PORT"
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable);

size_t argument(int argc, char** argv, std::string_view name, size_t fallback) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view item = argv[i];
    if (item.starts_with(name) && item.substr(name.size()).starts_with('=')) {
      return std::strtoul(item.data() + name.size() + 1, nullptr, 10);
    }
  }
  return fallback;
}

asio::awaitable<void> serve(tcp::socket socket, const std::string& body) {
  boost::beast::flat_buffer buffer;
  socket.set_option(tcp::no_delay(true));
  for (;;) {
    http::request<http::string_body> request;
    const auto [read_error, read] = co_await http::async_read(socket, buffer, request, kUse);
    if (read_error) co_return;
    http::response<http::string_body> response(http::status::ok, request.version(), body);
    response.set(http::field::content_type, "application/json; charset=utf-8");
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    const auto [write_error, written] = co_await http::async_write(socket, response, kUse);
    if (write_error || !response.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept(asio::io_context& io, tcp::acceptor& acceptor,
                             const std::string& body) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(io), kUse);
    if (error) continue;
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), body), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = static_cast<int>(argument(argc, argv, "threads", 2));
  const std::string body(argument(argc, argv, "bytes", 1000), 'x');
  asio::io_context io(threads);
  const auto port = static_cast<unsigned short>(argument(argc, argv, "port", 0));
  tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), port});
  std::printf("listening http://127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(io, accept(io, acceptor, body), asio::detached);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&] { io.run(); });
  io.run();
  for (std::thread& thread : others) thread.join();
}
