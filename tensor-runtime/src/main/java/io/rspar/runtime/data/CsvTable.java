package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Comma-separated numbers (RFC 4180), one example and its label per line. */
final class CsvTable {
  /** Room for an image of 512 × 512 in colour; a packed file of some bytes can claim gigabytes. */
  private static final int MAX_LINE_CHARACTERS = 8 << 20;

  private CsvTable() {}

  /** Ends lines that do not end. */
  private static final class BoundedLines extends FilterReader {
    private long length;

    BoundedLines(Reader in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int character = in.read();
      count((char) character);
      return character;
    }

    @Override
    public int read(char[] buffer, int offset, int length) throws IOException {
      int read = in.read(buffer, offset, length);
      for (int i = offset; i < offset + read; i++) {
        count(buffer[i]);
      }
      return read;
    }

    private void count(char character) throws IOException {
      length = character == '\n' ? 0 : length + 1;
      if (length > MAX_LINE_CHARACTERS) {
        throw new IOException("a line has more than " + MAX_LINE_CHARACTERS + " characters");
      }
    }
  }

  static Examples read(List<Path> files, DataDescription description, Slice slice)
      throws IOException {
    CSVFormat format =
        CSVFormat.RFC4180
            .builder()
            .setIgnoreEmptyLines(true)
            .setIgnoreSurroundingSpaces(true)
            .get();
    Examples.Collector collector = new Examples.Collector(description, slice, files.toString());
    int columns = -1;
    for (Path file : files) {
      try (Reader reader =
              new BoundedLines(new InputStreamReader(DataFile.open(file), StandardCharsets.UTF_8));
          CSVParser lines = format.parse(reader)) {
        boolean header = description.header();
        for (CSVRecord line : lines) {
          if (header) {
            header = false;
            continue;
          }
          if (columns < 0) {
            columns = line.size();
            labelColumn(description, columns, file);
            collector.declareShape(Shape.of(columns - 1), description.layout());
          }
          if (line.size() != columns) {
            throw corrupt(file, line, "has " + line.size() + " columns instead of " + columns);
          }
          int position = collector.position();
          if (position > 0) {
            break;
          }
          if (position < 0) {
            collector.skip();
          } else {
            add(collector, file, line, labelColumn(description, columns, file));
          }
        }
      }
    }
    return collector.finish(List.of());
  }

  private static int labelColumn(DataDescription description, int columns, Path file) {
    int column =
        description.labelColumn() < 0
            ? columns + description.labelColumn()
            : description.labelColumn();
    if (column < 0 || column >= columns || columns < 2) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          file
              + " has "
              + columns
              + " columns, but the label is column "
              + description.labelColumn(),
          "correct labelColumn");
    }
    return column;
  }

  private static void add(
      Examples.Collector collector, Path file, CSVRecord line, int labelColumn) {
    float[] values = new float[line.size() - 1];
    double label = Double.NaN;
    int next = 0;
    for (int column = 0; column < line.size(); column++) {
      String cell = line.get(column);
      double value;
      try {
        value = Double.parseDouble(cell);
      } catch (NumberFormatException e) {
        throw corrupt(file, line, "holds '" + cell + "' where a number is expected");
      }
      if (column == labelColumn) {
        label = value;
      } else {
        values[next++] = (float) value;
      }
    }
    if (label != Math.rint(label)) {
      throw corrupt(file, line, "has the label " + label + ", which is no whole number");
    }
    collector.add(values, (long) label);
  }

  private static InvalidDataException corrupt(Path file, CSVRecord line, String what) {
    return new InvalidDataException(
        InvalidDataException.Kind.CORRUPT,
        file + " line " + line.getRecordNumber() + " " + what,
        "repair the line, or set header if the first line names the columns");
  }
}
