package io.rspar.standalone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.parser.Parser;

/**
 * A command in a code block of the documentation.
 *
 * @param where the file
 * @param text the command as it is written
 * @param arguments its words after {@code rspar}
 */
public record DocumentedCommand(String where, String text, List<String> arguments) {
  private static final Path PROJECT =
      Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize().getParent();

  /** Settings of variables may come before; a comment, a pipe or a redirection ends it. */
  private static final Pattern COMMAND =
      Pattern.compile("^\\s*(?:[A-Z_]+=\\S+\\s+)*(?:\\./)?rspar\\s+(.*)$");

  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|([^\\s'\"]+)");

  /** A block of code. */
  record Block(String where, String language, String text) {}

  /** All commands of all documents, in order. */
  public static List<DocumentedCommand> all() throws IOException {
    List<DocumentedCommand> commands = new ArrayList<>();
    for (Block block : blocks()) {
      for (String line : block.text().replace("\\\n", " ").split("[\n;]")) {
        Matcher matcher = COMMAND.matcher(line.replaceFirst("\\s[#|>&].*", ""));
        if (matcher.matches()) {
          commands.add(new DocumentedCommand(block.where(), line.strip(), words(matcher.group(1))));
        }
      }
    }
    return commands;
  }

  /** The different argument lists of some commands, with their placeholders replaced. */
  public static List<List<String>> of(List<String> names, Map<String, String> replacements)
      throws IOException {
    return all().stream()
        .filter(command -> names.contains(command.name()))
        .map(
            command ->
                command.arguments().stream()
                    .map(word -> replacements.getOrDefault(word, word))
                    .toList())
        .distinct()
        .toList();
  }

  /** Which command of the command line. */
  String name() {
    return arguments.get(0);
  }

  static List<Block> blocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    for (Path file : documents()) {
      String where = PROJECT.relativize(file).toString();
      Parser.builder()
          .build()
          .parse(Files.readString(file))
          .accept(
              new AbstractVisitor() {
                @Override
                public void visit(FencedCodeBlock block) {
                  blocks.add(new Block(where, block.getInfo(), block.getLiteral()));
                }

                @Override
                public void visit(IndentedCodeBlock block) {
                  blocks.add(new Block(where, "", block.getLiteral()));
                }
              });
    }
    return blocks;
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.walk(PROJECT)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(
              file -> !PROJECT.relativize(file).toString().matches("(.*/)?(target|out)/.*|\\..*"))
          .sorted()
          .toList();
    }
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.add(
          matcher.group(1) != null
              ? matcher.group(1)
              : matcher.group(2) != null ? matcher.group(2) : matcher.group(3));
    }
    return words;
  }
}
