package lyceum.studio.web;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The figure of an article, drawn by hand as SVG, inside a page. */
final class Drawing {

    private static final Pattern STYLED = Pattern.compile("<(\\w+)([^>]*?)\\sstyle=\"([^\"]*)\"([^>]*)>");
    private static final Pattern TITLE = Pattern.compile("(?s)<title[^>]*>.*?</title>\\s*");

    private Drawing() {}

    /** The figure with its description, which is said to those who do not see it and stands below it for all others. */
    static String html(String svg, String description) {
        var said = JavaSource.plain(description);
        var drawn = attributes(TITLE.matcher(svg.strip()).replaceAll("")).replaceFirst("<svg\\b([^>]*?)\\s*\\brole=\"img\"", "<svg$1");
        return "<figure class=\"drawing\">"
                + drawn.replaceFirst("<svg\\b",
                        Matcher.quoteReplacement("<svg role=\"img\" aria-label=\"" + said.replace("\"", "&quot;") + "\""))
                + "<figcaption aria-hidden=\"true\">" + said + "</figcaption></figure>";
    }

    /** Styles as attributes, which mean the same in SVG: the page's policy strips styles. */
    private static String attributes(String svg) {
        return STYLED.matcher(svg).replaceAll(element -> {
            String before = element.group(2), after = element.group(4);
            var attributes = new StringBuilder();
            for (var part : element.group(3).split(";")) {
                int colon = part.indexOf(':');
                if (colon > 0) {
                    var name = part.substring(0, colon).strip();
                    var same = "\\s" + Pattern.quote(name) + "=\"[^\"]*\"";
                    before = before.replaceAll(same, "");
                    after = after.replaceAll(same, "");
                    attributes.append(' ').append(name).append("=\"").append(part.substring(colon + 1).strip()).append('"');
                }
            }
            return Matcher.quoteReplacement("<" + element.group(1) + before + attributes + after + ">");
        });
    }
}
