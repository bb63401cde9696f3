package lyceum.studio.web;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lyceum.labs.catalogue.Article;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * An article as HTML. Formulas are lifted out before the text is read as Markdown, in which their underscores and asterisks would
 * mean something else, and put back as elements that the page's script sets; HTML in an article is shown, not obeyed.
 */
final class ArticleHtml {

    private static final Pattern FORMULA = Pattern.compile("(?s)```.*?```|`[^`\\n]*`|\\$\\$(.+?)\\$\\$|(?<![\\\\$\\d])\\$(?!\\s)([^$\\n]+?)(?<!\\s)\\$(?!\\d)");
    /** A short formula with the punctuation that clings to it; a long one must be free to break. */
    private static final Pattern CLINGING = Pattern.compile("\\(?<span class=\"math\">[^<]{1,48}</span>[.,;:!?)’\\]]+|\\(<span class=\"math\">[^<]{1,48}</span>");
    private static final Pattern CODE = Pattern.compile("(?s)<pre><code class=\"language-java\">(.*?)</code></pre>");
    private static final HtmlRenderer RENDERER = HtmlRenderer.builder().extensions(List.of(TablesExtension.create())).escapeHtml(true).sanitizeUrls(true).build();

    private ArticleHtml() {}

    /** The text below the front matter. */
    static String of(Article article) {
        return of(article.markdown());
    }

    static String of(String markdown) {
        var formulas = new ArrayList<String>();
        var text = new StringBuilder();
        var found = FORMULA.matcher(markdown);
        int done = 0;
        while (found.find()) {
            if (found.group(1) == null && found.group(2) == null) {
                continue;
            }
            text.append(markdown, done, found.start()).append(place(formulas.size()));
            boolean display = found.group(1) != null;
            var tex = JavaSource.plain((display ? found.group(1) : found.group(2)).strip());
            formulas.add("<span class=\"math" + (display ? " display" : "") + "\">" + tex + "</span>");
            done = found.end();
        }
        text.append(markdown, done, markdown.length());
        var html = RENDERER.render(Article.parser().parse(text.toString()));
        for (int i = 0; i < formulas.size(); i++) {
            html = html.replace(place(i), formulas.get(i));
        }
        html = html.replaceAll("<p>(<span class=\"math display\">[^<]*</span>)</p>", "<p class=\"formula\">$1</p>");
        html = CLINGING.matcher(html).replaceAll("<span class=\"cling\">$0</span>");
        return CODE.matcher(html).replaceAll(block -> Matcher.quoteReplacement(
            "<pre class=\"code\" tabindex=\"0\"><code>" + JavaSource.html(unescaped(block.group(1))) + "</code></pre>"));
    }

    private static String unescaped(String html) {
        return html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    }

    /** Private-use characters, which no article contains and Markdown passes through. */
    private static String place(int number) {
        return "\uE000" + number + "\uE001";
    }
}
