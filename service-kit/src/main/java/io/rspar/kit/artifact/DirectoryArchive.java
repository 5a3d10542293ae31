package io.rspar.kit.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A folder as one zip archive that depends on names and contents only: entries in order of name,
 * fixed timestamps, stored without compression (images are compressed already, and compressors
 * differ between Java versions).
 */
final class DirectoryArchive {
  /** The earliest that the format can express. */
  private static final LocalDateTime TIMESTAMP = LocalDateTime.of(1980, 1, 1, 0, 0);

  private DirectoryArchive() {}

  /**
   * @param maxBytes limit of all contents together (bytes)
   * @param allowedRoots where links may lead; empty means anywhere
   */
  static void write(Path folder, Path archive, long maxBytes, List<Path> allowedRoots)
      throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      files =
          walk.filter(Files::isRegularFile)
              .sorted(Comparator.comparing(file -> nameOf(folder, file)))
              .toList();
    }
    long total = 0;
    try (OutputStream out = Files.newOutputStream(archive);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Path file : files) {
        UserFile.requireAllowed(file.toRealPath(), allowedRoots);
        total += Files.size(file);
        if (total > maxBytes) {
          throw UserFile.tooLarge(folder.toString(), maxBytes);
        }
        add(zip, nameOf(folder, file), file);
      }
    }
  }

  private static void add(ZipOutputStream zip, String name, Path file) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(TIMESTAMP);
    // A stored entry states size and checksum before its content: one pass for them, one to copy.
    try (CheckedInputStream in = new CheckedInputStream(Files.newInputStream(file), new CRC32())) {
      entry.setSize(in.transferTo(OutputStream.nullOutputStream()));
      entry.setCrc(in.getChecksum().getValue());
    }
    zip.putNextEntry(entry);
    try (InputStream in = Files.newInputStream(file)) {
      in.transferTo(zip);
    }
    zip.closeEntry();
  }

  private static String nameOf(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }
}
