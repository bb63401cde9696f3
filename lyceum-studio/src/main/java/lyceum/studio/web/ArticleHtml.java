package lyceum.studio.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Formulas;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.html.HtmlNodeRendererContext;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * An article as HTML. Formulas are lifted out before the text is read as Markdown, in which their underscores and asterisks would
 * mean something else, and put back as elements that the page's script sets; HTML in an article is shown, not obeyed. A link to a
 * slug leads to that topic's page, and a figure stands in the page itself, where it takes the page's colours.
 */
final class ArticleHtml {

    /** A short formula with the punctuation that clings to it; a long one must be free to break. */
    private static final Pattern CLINGING = Pattern
            .compile("\\(?<span class=\"math\">[^<]{1,48}</span>[.,;:!?)’\\]]+|\\(<span class=\"math\">[^<]{1,48}</span>");
    private static final Pattern CODE = Pattern.compile("(?s)<pre><code class=\"language-java\">(.*?)</code></pre>");
    private static final Pattern SLUG = Pattern.compile("[a-z0-9-]+");

    private final HtmlRenderer renderer;

    /** With the address of each topic's page. */
    ArticleHtml(UnaryOperator<String> topic) {
        renderer = HtmlRenderer.builder().extensions(List.of(TablesExtension.create())).escapeHtml(true).sanitizeUrls(true)
                .attributeProviderFactory(context -> (node, tag, attributes) -> {
                    if (node instanceof Link link && SLUG.matcher(link.getDestination()).matches()) {
                        attributes.put("href", topic.apply(link.getDestination()));
                        attributes.remove("rel");
                    }
                }).nodeRendererFactory(Pictures::new).build();
    }

    /** The text below the front matter. */
    String of(Article article) { return of(article.markdown()); }

    String of(String markdown) {
        var formulas = new ArrayList<String>();
        var text = Formulas.replaced(markdown, (tex, display) -> {
            formulas.add("<span class=\"math" + (display ? " display" : "") + "\">" + JavaSource.plain(tex.strip()) + "</span>");
            return place(formulas.size() - 1);
        });
        var html = renderer.render(Article.parser().parse(text));
        for (int i = 0; i < formulas.size(); i++) {
            html = html.replace(place(i), formulas.get(i));
        }
        html = html.replaceAll("<p>(<span class=\"math display\">[^<]*</span>)</p>", "<p class=\"formula\">$1</p>");
        html = html.replaceAll("(?s)<p>(<figure class=\"drawing\">.*?</figure>)</p>", "$1");
        html = CLINGING.matcher(html).replaceAll("<span class=\"cling\">$0</span>");
        html = html.replaceAll("(?s)<table>.*?</table>",
                "<div class=\"scroll-x\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">$0</div>");
        return CODE.matcher(html).replaceAll(block -> Matcher.quoteReplacement(
                "<pre class=\"code\" tabindex=\"0\"><code>" + JavaSource.html(unescaped(block.group(1))) + "</code></pre>"));
    }

    private static String unescaped(String html) {
        return html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    }

    /** Private-use characters, which no article contains and Markdown passes through. */
    private static String place(int number) { return "\uE000" + number + "\uE001"; }

    /** Figures of articles; another picture shows what it would be. */
    private record Pictures(HtmlNodeRendererContext context) implements NodeRenderer {

        @Override public Set<Class<? extends Node>> getNodeTypes() { return Set.of(Image.class); }

        @Override public void render(Node node) {
            var image = (Image) node;
            var description = words(image);
            Article.svg(image.getDestination()).ifPresentOrElse(svg -> context.getWriter().raw(Drawing.html(svg, description)),
                    () -> photograph(image.getDestination()).ifPresentOrElse(
                            png -> context.getWriter()
                                    .raw("<figure class=\"drawing\"><img src=\"data:image/png;base64," + png + "\" alt=\""
                                            + JavaSource.plain(description).replace("\"", "&quot;") + "\"></figure>"),
                            () -> context.getWriter().text(description)));
        }

        /** A guide's picture of pixels, in the page itself. */
        private static Optional<String> photograph(String file) {
            if (!file.matches("pictures/[a-z0-9-]+\\.png")) return Optional.empty();
            try (var in = ArticleHtml.class.getResourceAsStream("/lyceum/studio/guides/" + file)) {
                return in == null ? Optional.empty() : Optional.of(Base64.getEncoder().encodeToString(in.readAllBytes()));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read guides/" + file, e);
            }
        }

        private static String words(Node parent) {
            var words = new StringBuilder();
            for (var node = parent.getFirstChild(); node != null; node = node.getNext()) {
                words.append(node instanceof Text text ? text.getLiteral() : words(node).isEmpty() ? " " : words(node));
            }
            return words.toString();
        }
    }
}
