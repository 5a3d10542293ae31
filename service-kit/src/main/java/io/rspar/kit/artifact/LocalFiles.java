package io.rspar.kit.artifact;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * Content-addressed files below a folder, {@code <root>/sha256/<first two digits>/<hex>}. A file is
 * written under a temporary name, forced to the disk and renamed, so readers and other writers
 * never see part of one. Its modification time says when it was last wanted.
 */
final class LocalFiles {
  private final Path root;

  LocalFiles(Path root) {
    this.root = root;
  }

  /** Where content of this checksum lies, if it is there. */
  Path pathOf(String sha256) {
    return root.resolve("sha256").resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  /** Content of this checksum, marked as wanted now. */
  Path wanted(String sha256) throws NoSuchFileException {
    Path file = pathOf(sha256);
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    touch(file);
    return file;
  }

  /** Makes a temporary file the content of this checksum. */
  void adopt(Path temporary, String sha256) throws IOException {
    Path target = pathOf(sha256);
    if (Files.exists(target)) {
      touch(target);
      return;
    }
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.createDirectories(target.getParent());
    rename(temporary, target);
  }

  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // A reader that may not write keeps its artifacts no longer than the others do.
    }
  }

  static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the file system of " + to + " cannot rename atomically", e);
    }
  }

  static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A left-over temporary file is no reason to fail.
    }
  }

  static String explain(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "access denied to " + e.getMessage();
    }
    if (e instanceof FileSystemException fs && fs.getReason() == null) {
      return fs.getClass().getSimpleName().replace("Exception", "") + " " + fs.getFile();
    }
    return e.getMessage();
  }
}
