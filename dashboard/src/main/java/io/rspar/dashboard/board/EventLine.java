package io.rspar.dashboard.board;

import java.time.Instant;

/** An event, as one line. */
public record EventLine(Instant at, String topic, String type, String text) {}
