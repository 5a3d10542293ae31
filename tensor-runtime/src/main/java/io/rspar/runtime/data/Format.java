package io.rspar.runtime.data;

/** How labelled examples are stored. A single file of any format but NPZ may be gzipped. */
public enum Format {
  /** Two IDX files (MNIST's format): examples, then labels. */
  IDX,
  /** One NumPy archive with an array of examples and one of labels. */
  NPZ,
  /** Two NumPy files: examples, then labels. */
  NPY,
  /** CIFAR-10 or CIFAR-100 binary files, read one after the other. */
  CIFAR_BINARY,
  /** A directory or zip archive of PNG and JPEG files; the first folder level names the class. */
  IMAGE_FOLDER,
  /**
   * Comma-separated numbers, one example and its label per line; files read one after the other.
   */
  CSV
}
