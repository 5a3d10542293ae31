package io.rspar.sensitivity.curvature;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads what {@link SumsOutput} wrote, where the reader knows what it must be. Everything that is
 * different is a {@link WorkException} ARTIFACT_CORRUPT that says so.
 */
final class SumsInput implements Closeable {
  private final DataInputStream in;

  SumsInput(InputStream stream) {
    in = new DataInputStream(new BufferedInputStream(stream));
  }

  /** Reads a text that must be this one. */
  void expect(String what, String expected) throws IOException {
    String found;
    try {
      found = in.readUTF();
    } catch (EOFException e) {
      throw cutShort(e);
    }
    if (!found.equals(expected)) {
      throw unusable("their " + what + " is '" + found + "', not '" + expected + "'");
    }
  }

  /** Reads a number that must be this one. */
  void expect(String what, long expected) throws IOException {
    long found = number();
    if (found != expected) {
      throw unusable("their " + what + " is " + found + ", not " + expected);
    }
  }

  /** Reads a number that may be anything. */
  long number() throws IOException {
    try {
      return in.readLong();
    } catch (EOFException e) {
      throw cutShort(e);
    }
  }

  /** Reads numbers that must be finite. */
  double[] numbers(int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(count, Double.BYTES));
    try {
      in.readFully(bytes.array());
    } catch (EOFException e) {
      throw cutShort(e);
    }
    double[] numbers = new double[count];
    bytes.asDoubleBuffer().get(numbers);
    for (double number : numbers) {
      if (!Double.isFinite(number)) {
        throw unusable("one of them is " + number);
      }
    }
    return numbers;
  }

  void expectEnd() throws IOException {
    if (in.read() >= 0) {
      throw unusable("more follows than was expected");
    }
  }

  private static WorkException cutShort(EOFException cause) {
    return new WorkException(
        FailureReason.ARTIFACT_CORRUPT, message("they end too early"), REMEDY, cause);
  }

  private static WorkException unusable(String why) {
    return new WorkException(FailureReason.ARTIFACT_CORRUPT, message(why), REMEDY);
  }

  private static String message(String why) {
    return "Sums of a shard's curvature cannot be used: " + why;
  }

  private static final String REMEDY =
      "submit the request again, to sensitivity services of one version";

  @Override
  public void close() throws IOException {
    in.close();
  }
}
