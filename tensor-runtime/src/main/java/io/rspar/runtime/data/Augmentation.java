package io.rspar.runtime.data;

/**
 * Random changes of training images, applied to stored values before normalisation, so that padding
 * is black as in torchvision's {@code RandomCrop} before {@code Normalize}.
 *
 * @param cropPadding zero pixels added on each side before a random crop back to size
 * @param horizontalFlip whether half of the images are mirrored left to right
 */
public record Augmentation(int cropPadding, boolean horizontalFlip) {
  public static final Augmentation NONE = new Augmentation(0, false);

  public Augmentation {
    if (cropPadding < 0) {
      throw new IllegalArgumentException("negative crop padding " + cropPadding);
    }
  }

  boolean changes() {
    return cropPadding > 0 || horizontalFlip;
  }
}
