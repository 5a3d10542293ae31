package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * PNG and JPEG files in a directory or zip archive. The first folder level names the class, classes
 * are numbered by sorted name, and examples are ordered by class and path. All images have one
 * size: resizing is a choice that belongs to the data, not here.
 */
final class ImageFolder {
  /** 8192 × 8192: a header of some bytes can claim gigabytes. */
  private static final long MAX_PIXELS = 1L << 26;

  private ImageFolder() {}

  /** Opens one image. */
  private interface Source {
    InputStream open() throws IOException;
  }

  static Examples read(Path root, DataDescription description, Slice slice) throws IOException {
    if (Files.isDirectory(root)) {
      try (Stream<Path> files = Files.walk(root)) {
        Map<String, Source> images = new TreeMap<>();
        files
            .filter(Files::isRegularFile)
            .forEach(
                file -> {
                  String name =
                      root.relativize(file)
                          .toString()
                          .replace(file.getFileSystem().getSeparator(), "/");
                  images.put(name, () -> Files.newInputStream(file));
                });
        return read(root, images, description, slice);
      }
    }
    try (ZipFile zip = new ZipFile(root.toFile())) {
      Map<String, Source> images = new TreeMap<>();
      zip.stream()
          .filter(entry -> !entry.isDirectory())
          .forEach(entry -> images.put(entry.getName(), () -> zip.getInputStream(entry)));
      return read(root, images, description, slice);
    }
  }

  private static Examples read(
      Path root, Map<String, Source> files, DataDescription description, Slice slice)
      throws IOException {
    TreeSet<String> classes = new TreeSet<>();
    Map<String, TreeMap<String, Source>> byClass = new TreeMap<>();
    files.forEach(
        (name, source) -> {
          int slash = name.indexOf('/');
          if (slash > 0 && isImage(name)) {
            classes.add(name.substring(0, slash));
            byClass
                .computeIfAbsent(name.substring(0, slash), k -> new TreeMap<>())
                .put(name, source);
          }
        });
    Examples.Collector collector = new Examples.Collector(description, slice, root.toString());
    Shape described = description.describedShape();
    int label = 0;
    Shape size = null;
    for (Map.Entry<String, TreeMap<String, Source>> group : byClass.entrySet()) {
      for (Map.Entry<String, Source> image : group.getValue().entrySet()) {
        int position = collector.position();
        if (position < 0) {
          collector.skip();
        } else if (position == 0) {
          BufferedImage pixels = decode(root, image.getKey(), image.getValue());
          if (size == null) {
            int channels =
                described != null && described.rank() == 3
                    ? (int) described.dim(0)
                    : isGray(pixels) ? 1 : 3;
            size = Shape.of(channels, pixels.getHeight(), pixels.getWidth());
            collector.declareShape(size, Layout.CHW);
          }
          collector.add(planes(root, image.getKey(), pixels, size), label);
        }
      }
      label++;
    }
    return collector.finish(java.util.List.copyOf(classes));
  }

  private static boolean isImage(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.startsWith("__macosx/")
        && (lower.endsWith(".png") || lower.endsWith(".jpg") || lower.endsWith(".jpeg"));
  }

  private static BufferedImage decode(Path root, String name, Source source) throws IOException {
    try (InputStream in = new BufferedInputStream(source.open());
        ImageInputStream bytes = new MemoryCacheImageInputStream(in)) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(bytes);
      if (!readers.hasNext()) {
        throw new IOException("no PNG or JPEG image");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(bytes, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
          throw new IOException(
              "it claims %d pixels, at most %d are read".formatted(pixels, MAX_PIXELS));
        }
        return reader.read(0);
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      throw new InvalidDataException(
          InvalidDataException.Kind.CORRUPT,
          root + " image " + name + " cannot be read: " + e.getMessage(),
          "remove or repair the image",
          e);
    }
  }

  private static boolean isGray(BufferedImage image) {
    ColorModel colors = image.getColorModel();
    return !(colors instanceof IndexColorModel) && colors.getNumColorComponents() == 1;
  }

  private static byte[] planes(Path root, String name, BufferedImage image, Shape size) {
    int height = image.getHeight();
    int width = image.getWidth();
    int channels = (int) size.dim(0);
    if (height != size.dim(1) || width != size.dim(2) || (channels != 1 && channels != 3)) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          String.format("%s image %s is %d×%d, expected %s", root, name, height, width, size),
          "bring all images to one size, with 1 or 3 channels");
    }
    boolean gray = isGray(image);
    if (gray && image.getSampleModel().getSampleSize(0) != 8) {
      throw new InvalidDataException(
          InvalidDataException.Kind.CORRUPT,
          root + " image " + name + " has " + image.getSampleModel().getSampleSize(0) + " bits",
          "store 8 bits per channel");
    }
    Raster raster = image.getRaster();
    byte[] planes = new byte[channels * height * width];
    int area = height * width;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        // getRGB would send gray samples through a gamma curve.
        int rgb = gray ? raster.getSample(x, y, 0) * 0x010101 : image.getRGB(x, y);
        int r = rgb >> 16 & 0xff;
        int g = rgb >> 8 & 0xff;
        int b = rgb & 0xff;
        if (channels == 3) {
          planes[at] = (byte) r;
          planes[area + at] = (byte) g;
          planes[2 * area + at] = (byte) b;
        } else {
          // ITU-R BT.601 luma, as Pillow's convert("L").
          planes[at] = (byte) ((299 * r + 587 * g + 114 * b + 500) / 1000);
        }
      }
    }
    return planes;
  }
}
