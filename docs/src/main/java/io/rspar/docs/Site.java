package io.rspar.docs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.node.Link;

/**
 * The pages of a folder of Markdown. Its README.md is the first page, and its links are the
 * navigation, in their order; pages that it does not link to come last. Files that are no Markdown
 * are copied. Pages load nothing from anywhere else.
 */
public final class Site {
  private static final String FIRST = "README.md";

  /** Files beside the Markdown that pages link to. */
  private static final Pattern ATTACHMENT = Pattern.compile(".*\\.(yaml|json)");

  private final Path folder;
  private final Map<Path, Markdown> pages = new LinkedHashMap<>();
  private final Map<Path, Entry> navigation = new LinkedHashMap<>();

  /** A page in the navigation. */
  private record Entry(String section, String text) {}

  private Site(Path folder) {
    this.folder = folder;
  }

  /** Builds the site: {@code Site FOLDER TARGET}. */
  public static void main(String[] arguments) throws IOException {
    Path target = Path.of(arguments[1]);
    int pages = build(Path.of(arguments[0]), target);
    System.out.printf("%d pages of documentation: %s%n", pages, target.resolve("index.html"));
  }

  /**
   * Builds the site.
   *
   * @return the number of pages
   */
  static int build(Path folder, Path target) throws IOException {
    Site site = new Site(folder.toAbsolutePath().normalize());
    site.read();
    site.write(target);
    return site.pages.size();
  }

  /** The pages' sources, relative to the folder: Markdown, but not what was built from it. */
  static List<Path> sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(folder::relativize)
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !file.startsWith("target") && !file.startsWith("src"))
          .sorted()
          .toList();
    }
  }

  private void read() throws IOException {
    for (Path source : sources(folder)) {
      pages.put(source, Markdown.read(folder.resolve(source)));
    }
    navigation.put(Path.of(FIRST), new Entry("", "Overview"));
    for (Markdown.PlacedLink placed : pages.get(Path.of(FIRST)).links()) {
      Link link = placed.link();
      Path page = Path.of(link.getDestination().replaceFirst("#.*", "")).normalize();
      if (pages.containsKey(page)) {
        navigation.putIfAbsent(page, new Entry(placed.section(), Markdown.textOf(link)));
      }
    }
    pages.forEach((page, text) -> navigation.putIfAbsent(page, new Entry("More", text.title())));
  }

  private void write(Path target) throws IOException {
    String frame = resource("page.html");
    for (Map.Entry<Path, Markdown> page : pages.entrySet()) {
      Path source = page.getKey();
      Path file = target.resolve(htmlOf(source));
      Files.createDirectories(file.getParent());
      String root = source.getParent() == null ? "" : "../".repeat(source.getNameCount() - 1);
      String html =
          frame
              .replace("{title}", escaped(page.getValue().title()))
              .replace("{root}", root)
              .replace("{navigation}", navigationFor(source, root))
              .replace("{content}", page.getValue().html(link -> target(source, link)));
      Files.writeString(file, html);
    }
    Files.writeString(target.resolve("style.css"), resource("style.css"));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> ATTACHMENT.matcher(f.toString()).matches()).toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private String navigationFor(Path current, String root) {
    StringBuilder list = new StringBuilder("<ul>\n");
    String section = "";
    for (Map.Entry<Path, Entry> page : navigation.entrySet()) {
      Entry entry = page.getValue();
      if (!entry.section().equals(section)) {
        section = entry.section();
        list.append("</ul>\n<p class=\"group\">%s</p>\n<ul>\n".formatted(escaped(section)));
      }
      list.append(
          "<li><a href=\"%s%s\"%s>%s</a></li>\n"
              .formatted(
                  root,
                  htmlOf(page.getKey()),
                  page.getKey().equals(current) ? " aria-current=\"page\"" : "",
                  escaped(entry.text())));
    }
    return list.append("</ul>").toString();
  }

  /** Where a link of a page leads on the site; files beyond the folder are not on it. */
  private Markdown.Target target(Path source, String link) {
    if (link.startsWith("#") || link.matches("[a-z]+:.*")) {
      return new Markdown.Target.Address(link);
    }
    String[] parts = link.split("#", 2);
    Path here = source.getParent() == null ? Path.of("") : source.getParent();
    Path file = folder.resolve(here).resolve(parts[0]).normalize();
    if (!file.startsWith(folder)) {
      return new Markdown.Target.File(folder.getParent().relativize(file).toString());
    }
    Path page = folder.relativize(file);
    String address =
        pages.containsKey(page)
            ? folder.resolve(here).relativize(folder.resolve(htmlOf(page))).toString()
            : parts[0];
    return new Markdown.Target.Address(parts.length == 1 ? address : address + "#" + parts[1]);
  }

  private static String htmlOf(Path source) {
    return source.equals(Path.of(FIRST))
        ? "index.html"
        : source.toString().replaceFirst("\\.md$", ".html");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Site.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
