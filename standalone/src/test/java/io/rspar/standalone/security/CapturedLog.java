package io.rspar.standalone.security;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Everything that this process logs at INFO and above, messages and stack traces. */
final class CapturedLog extends Handler {
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final Formatter formatter = new SimpleFormatter();
  private final Logger root = Logger.getLogger("");

  /** Clients list their configuration at INFO; services are quieter. */
  private final Logger kafka = Logger.getLogger("org.apache.kafka");

  static CapturedLog begin() {
    CapturedLog log = new CapturedLog();
    log.setLevel(Level.INFO);
    log.kafka.setLevel(Level.INFO);
    log.root.addHandler(log);
    return log;
  }

  @Override
  public void publish(LogRecord entry) {
    lines.add(formatter.formatMessage(entry) + "\n" + formatter.format(entry));
  }

  String text() {
    return String.join("\n", lines);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    root.removeHandler(this);
  }
}
