package io.rspar.sensitivity.curvature;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes sums, so that {@link SumsInput} can tell whether they are what it expects. */
final class SumsOutput {
  private final DataOutputStream out;

  SumsOutput(OutputStream stream) {
    out = new DataOutputStream(new BufferedOutputStream(stream));
  }

  void text(String text) throws IOException {
    out.writeUTF(text);
  }

  void number(long number) throws IOException {
    out.writeLong(number);
  }

  void numbers(double[] numbers) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(numbers.length, Double.BYTES));
    bytes.asDoubleBuffer().put(numbers);
    out.write(bytes.array());
  }

  void flush() throws IOException {
    out.flush();
  }
}
