package io.rspar.runtime.data;

/** Order of the axes of a stored example: H height, W width, C channels. */
public enum Layout {
  HWC,
  CHW
}
