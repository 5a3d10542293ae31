package io.rspar.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/** A file of Markdown: CommonMark with tables, its headings as anchors. */
final class Markdown {
  private static final List<Extension> EXTENSIONS =
      List.of(TablesExtension.create(), HeadingAnchorExtension.create());

  private static final Parser PARSER = Parser.builder().extensions(EXTENSIONS).build();

  /** HTML in a file is shown, not interpreted: pages are as plain as their source. */
  private static final HtmlRenderer RENDERER =
      HtmlRenderer.builder().extensions(EXTENSIONS).escapeHtml(true).build();

  private final Path file;
  private final Node document;

  private Markdown(Path file, Node document) {
    this.file = file;
    this.document = document;
  }

  static Markdown read(Path file) throws IOException {
    return new Markdown(file, PARSER.parse(Files.readString(file)));
  }

  Path file() {
    return file;
  }

  /** The text of the first heading. */
  String title() {
    List<String> titles = new ArrayList<>();
    document.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Heading heading) {
            if (heading.getLevel() == 1) {
              titles.add(textOf(heading));
            }
          }
        });
    if (titles.isEmpty()) {
      throw new IllegalArgumentException(file + " has no title: begin it with '# …'");
    }
    return titles.get(0);
  }

  /**
   * A link.
   *
   * @param section the heading of the second level that it lies under; empty before the first
   */
  record PlacedLink(String section, Link link) {}

  /** The links in order. */
  List<PlacedLink> links() {
    List<PlacedLink> links = new ArrayList<>();
    document.accept(
        new AbstractVisitor() {
          private String section = "";

          @Override
          public void visit(Heading heading) {
            if (heading.getLevel() == 2) {
              section = textOf(heading);
            }
            super.visit(heading);
          }

          @Override
          public void visit(Link link) {
            links.add(new PlacedLink(section, link));
            super.visit(link);
          }
        });
    return links;
  }

  /** What a node says, without its marks. */
  static String textOf(Node node) {
    StringBuilder text = new StringBuilder();
    node.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Text part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(Code part) {
            text.append(part.getLiteral());
          }
        });
    return text.toString();
  }

  /** Where a link leads on the site, or what to say instead of leading there. */
  sealed interface Target {
    /** A page, an anchor, or an address elsewhere. */
    record Address(String url) implements Target {}

    /** A file that is not part of the site. */
    record File(String path) implements Target {}
  }

  /** The document as HTML. */
  String html(Function<String, Target> targets) {
    for (PlacedLink placed : links()) {
      Link link = placed.link();
      Target target = targets.apply(link.getDestination());
      if (target instanceof Target.Address address) {
        link.setDestination(address.url());
      } else if (target instanceof Target.File named) {
        replaceByName(link, named.path());
      }
    }
    return RENDERER.render(document);
  }

  /** The link's text stays, and says which file is meant. */
  private static void replaceByName(Link link, String path) {
    String text = textOf(link);
    while (link.getFirstChild() != null) {
      link.insertBefore(link.getFirstChild());
    }
    if (!text.contains(path)) {
      link.insertBefore(new Text(" ("));
      link.insertBefore(new Code(path));
      link.insertBefore(new Text(")"));
    }
    link.unlink();
  }
}
