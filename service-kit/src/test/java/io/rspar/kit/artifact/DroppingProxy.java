package io.rspar.kit.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passes connections on to a server, and drops some of them when the client has begun to send, as a
 * server does that closes a connection which the client takes for open.
 */
final class DroppingProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final URI server;
  private final AtomicInteger drops = new AtomicInteger();
  private final AtomicInteger dropped = new AtomicInteger();

  private DroppingProxy(ServerSocket listening, URI server) {
    this.listening = listening;
    this.server = server;
  }

  static DroppingProxy before(URI server) throws IOException {
    DroppingProxy proxy =
        new DroppingProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), server);
    daemon(proxy::accept);
    return proxy;
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  /** Drops so many of the next connections. */
  void drop(int connections) {
    drops.set(connections);
  }

  /** How many connections were dropped. */
  int dropped() {
    return dropped.get();
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        daemon(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      if (drops.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        client.getInputStream().read();
        dropped.incrementAndGet();
        return;
      }
      try (Socket behind = new Socket(server.getHost(), server.getPort())) {
        daemon(() -> copy(behind, client));
        copy(client, behind);
      }
    } catch (IOException e) {
      // The client learns of it by the end of its connection.
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        out.flush();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      // One end has gone; the other is closed with it.
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "dropping-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
