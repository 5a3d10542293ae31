package io.rspar.kit.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.FailureReason;
import io.rspar.graph.InvalidModelException;
import io.rspar.runtime.data.InvalidDataException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {

  static Stream<Arguments> thrown() {
    return Stream.of(
        Arguments.of(
            new WorkException(FailureReason.TARGET_UNREACHABLE, "m", "r"),
            FailureReason.TARGET_UNREACHABLE),
        Arguments.of(
            new ExecutionException(new UncheckedIOException(new IOException("net"))),
            FailureReason.TRANSIENT_IO),
        Arguments.of(new NoSuchFileException("a"), FailureReason.ARTIFACT_MISSING),
        Arguments.of(new FileNotFoundException("a"), FailureReason.ARTIFACT_MISSING),
        Arguments.of(new OutOfMemoryError("heap"), FailureReason.OUT_OF_MEMORY),
        Arguments.of(new UnsatisfiedLinkError("torch"), FailureReason.INTERNAL_ERROR),
        Arguments.of(new NullPointerException(), FailureReason.INTERNAL_ERROR),
        Arguments.of(
            new InvalidModelException(InvalidModelException.Kind.UNREADABLE, "m", "r"),
            FailureReason.INVALID_MODEL),
        Arguments.of(
            new InvalidModelException(InvalidModelException.Kind.UNSUPPORTED, "m", "r"),
            FailureReason.UNSUPPORTED_OPERATOR),
        Arguments.of(
            new InvalidModelException(InvalidModelException.Kind.NON_FINITE_WEIGHT, "m", "r"),
            FailureReason.NON_FINITE_WEIGHT),
        Arguments.of(
            new InvalidDataException(InvalidDataException.Kind.SHAPE, "m", "r"),
            FailureReason.INPUT_MISMATCH),
        Arguments.of(
            new InvalidDataException(InvalidDataException.Kind.LABEL_OUT_OF_RANGE, "m", "r"),
            FailureReason.LABEL_OUT_OF_RANGE));
  }

  @ParameterizedTest
  @MethodSource("thrown")
  void everyThrowableHasItsReasonAndARemedy(Throwable thrown, FailureReason reason) {
    Failure failure = Failures.of(thrown);
    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure.message()).isNotBlank();
    assertThat(failure.remedy()).isNotBlank();
  }

  @ParameterizedTest
  @EnumSource(InvalidModelException.Kind.class)
  void theWordsOfTheModelReaderReachTheUser(InvalidModelException.Kind kind) {
    Failure failure = Failures.of(new InvalidModelException(kind, "conv1 is NaN", "retrain"));
    assertThat(failure.message()).isEqualTo("conv1 is NaN");
    assertThat(failure.remedy()).isEqualTo("retrain");
    assertThat(failure.concernsOperator()).isFalse();
  }

  @Test
  void onlyWhatCanPassIsTransient() {
    assertThat(Stream.of(FailureReason.values()).filter(Failures::isTransient))
        .containsExactly(FailureReason.TRANSIENT_IO);
  }

  @Test
  void messagesAreOneLineOfBoundedLength() {
    Failure failure = Failures.of(new IllegalStateException("first\n  second\r\nthird"));
    assertThat(failure.message()).endsWith("first second third");
    assertThat(Failures.of(new IllegalStateException("x".repeat(9000))).message())
        .hasSize(1000)
        .endsWith("…");
  }
}
