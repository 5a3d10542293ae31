package io.rspar.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.node.Link;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteTest {
  private static final Path DOCS = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Path PROJECT = DOCS.getParent();
  private static final Pattern LINK = Pattern.compile("(href|src)=\"([^\"]*)\"");
  private static final Pattern ANCHOR = Pattern.compile("\\bid=\"([^\"]+)\"");

  @TempDir Path target;

  @Test
  void everyLinkOfTheSiteLeadsToAPageAndAnAnchorThatExist() throws Exception {
    int pages = Site.build(DOCS, target);
    assertThat(pages).isEqualTo(Site.sources(DOCS).size()).isGreaterThan(15);
    List<String> dead = new ArrayList<>();
    int links = 0;
    for (Path page : files(target, ".html")) {
      Matcher matcher = LINK.matcher(Files.readString(page));
      while (matcher.find()) {
        links++;
        String link = matcher.group(2);
        if (!link.matches("https?:.*|data:,") && !leadsSomewhere(page, link)) {
          dead.add(target.relativize(page) + ": " + link);
        }
      }
    }
    assertThat(dead).isEmpty();
    assertThat(links).isGreaterThan(pages * pages);
  }

  private static boolean leadsSomewhere(Path page, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    if (!Files.isRegularFile(file)) {
      return false;
    }
    return parts.length == 1
        || ANCHOR
            .matcher(Files.readString(file))
            .results()
            .anyMatch(anchor -> anchor.group(1).equals(parts[1]));
  }

  /** Also those that leave the site for a file of the repository, and those of its other texts. */
  @Test
  void everyLinkOfTheMarkdownLeadsToAFile() throws Exception {
    List<Path> texts = new ArrayList<>();
    Site.sources(DOCS).forEach(source -> texts.add(DOCS.resolve(source)));
    for (String other :
        List.of(
            "README.md",
            "CONTRIBUTING.md",
            "deploy/kubernetes/README.md",
            "examples/fashion-mnist/README.md",
            "model-graph/DESIGN.md")) {
      texts.add(PROJECT.resolve(other));
    }
    List<String> dead = new ArrayList<>();
    for (Path text : texts) {
      for (Markdown.PlacedLink placed : Markdown.read(text).links()) {
        Link link = placed.link();
        String file = link.getDestination().replaceFirst("#.*", "");
        if (!file.isEmpty()
            && !file.matches("[a-z]+:.*")
            && !Files.exists(text.resolveSibling(file))) {
          dead.add(PROJECT.relativize(text) + ": " + link.getDestination());
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  @Test
  void aPageLoadsNothingFromElsewhereAndRunsNoScript() throws Exception {
    Site.build(DOCS, target);
    for (Path page : files(target, ".html")) {
      assertThat(Files.readString(page))
          .as(page.toString())
          .doesNotContain("<script", "<img", "<iframe", "<form", " src=", "@import")
          .containsPattern("<link rel=\"stylesheet\" href=\"(\\.\\./)*style\\.css\">");
    }
    assertThat(target.resolve("style.css"))
        .content()
        .doesNotContain("url(", "@import")
        .contains("prefers-color-scheme: dark");
  }

  @Test
  void everyPageSaysWhereItIs() throws Exception {
    Site.build(DOCS, target);
    for (Path page : files(target, ".html")) {
      assertThat(Files.readString(page))
          .as(page.toString())
          .containsOnlyOnce("aria-current=\"page\"")
          .containsOnlyOnce("<h1");
    }
  }

  @Test
  void aPageThatTheFirstDoesNotLeadToComesLast() throws Exception {
    Path folder = Files.createDirectory(target.resolve("docs"));
    Files.writeString(folder.resolve("README.md"), "# Docs\n\n[One](one.md)\n");
    Files.writeString(folder.resolve("one.md"), "# One\n");
    Files.writeString(folder.resolve("a-second.md"), "# A second\n");
    assertThat(Site.build(folder, target.resolve("site"))).isEqualTo(3);
    assertThat(target.resolve("site/one.html"))
        .content()
        .containsSubsequence(
            ">Overview</a>", ">One</a>", "<p class=\"group\">More</p>", ">A second</a>");
  }

  @Test
  void linksFollowThePages() throws Exception {
    Path folder = Files.createDirectories(target.resolve("docs/adr")).getParent();
    Files.writeString(
        folder.resolve("README.md"),
        "# Docs\n\n## Part\n\n[One](adr/one.md#a-part) [code](../src/A.java)\n");
    Files.writeString(
        folder.resolve("adr/one.md"), "# One\n\n## A part\n\n[up](../README.md) <b>bold</b>\n");
    Site.build(folder, target.resolve("site"));
    assertThat(target.resolve("site/index.html"))
        .content()
        .contains("<p class=\"group\">Part</p>")
        .contains("<a href=\"adr/one.html#a-part\">One</a>", "code (<code>src/A.java</code>)");
    assertThat(target.resolve("site/adr/one.html"))
        .content()
        .contains("<a href=\"../index.html\">up</a>", "&lt;b&gt;", "href=\"../style.css\"");
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(ending)).toList();
      assertThat(found).isNotEmpty();
      return found;
    }
  }
}
