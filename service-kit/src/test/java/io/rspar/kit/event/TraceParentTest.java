package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {

  @Test
  void whatIsWrittenIsReadAgain() {
    TraceParent trace = TraceParent.begin();
    assertThat(TraceParent.parse(trace.toString())).contains(trace);
  }

  @Test
  void theExampleOfTheSpecification() {
    String header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    TraceParent trace = TraceParent.parse(header).orElseThrow();
    assertThat(trace.traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(trace.toString()).isEqualTo(header);
    assertThat(trace.child().traceId()).isEqualTo(trace.traceId());
    assertThat(trace.child().spanId()).isNotEqualTo(trace.spanId());
    assertThat(trace.child().flags()).isEqualTo("01");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      })
  void whatIsNoneIsIgnored(String header) {
    assertThat(TraceParent.parse(header)).isEmpty();
  }
}
