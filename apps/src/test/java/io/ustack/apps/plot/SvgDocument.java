package io.ustack.apps.plot;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** An SVG as an XML parser reads it. */
public final class SvgDocument {
  private static final Pattern COMMAND = Pattern.compile("([MHVhlm])([^MHVhlm]*)");

  private final Element root;

  private SvgDocument(final Element root) {
    this.root = root;
  }

  /** A place on the page. */
  public record Point(double x, double y) {}

  /** Fails when it is not well-formed. */
  public static SvgDocument parse(final String svg) {
    try {
      final DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setNamespaceAware(true);
      final Element root =
          factory
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(svg)))
              .getDocumentElement();
      return new SvgDocument(root);
    } catch (final ParserConfigurationException | SAXException | IOException e) {
      throw new AssertionError("no SVG: " + svg, e);
    }
  }

  public Element root() {
    return root;
  }

  /** What stands on the page, in order. */
  public List<String> texts() {
    final List<String> texts = new ArrayList<>();
    elements("text").forEach(text -> texts.add(text.getTextContent()));
    return texts;
  }

  public List<Element> elements(final String name) {
    final NodeList nodes = root.getElementsByTagNameNS("http://www.w3.org/2000/svg", name);
    final List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  /** The places that the n-th path of this class goes to; its first one is the legend's. */
  public List<Point> points(final String kind, final int index) {
    final List<Element> paths =
        elements("path").stream().filter(path -> path.getAttribute("class").equals(kind)).toList();
    final List<Point> points = new ArrayList<>();
    double x = 0;
    double y = 0;
    final Matcher commands = COMMAND.matcher(paths.get(index).getAttribute("d"));
    while (commands.find()) {
      final String[] numbers = commands.group(2).strip().split(" ", -1);
      final double first = Double.parseDouble(numbers[0]);
      switch (commands.group(1)) {
        case "M" -> {
          x = first;
          y = Double.parseDouble(numbers[1]);
        }
        case "H" -> x = first;
        case "V" -> y = first;
        default -> {
          continue;
        }
      }
      points.add(new Point(x, y));
    }
    return points;
  }
}
