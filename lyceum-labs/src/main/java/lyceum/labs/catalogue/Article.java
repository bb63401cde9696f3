package lyceum.labs.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.commonmark.ext.front.matter.YamlFrontMatterExtension;
import org.commonmark.ext.front.matter.YamlFrontMatterVisitor;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.Node;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;

/**
 * What {@code topics/<slug>.md} says about a topic.
 *
 * <p>Front matter: {@code number}, {@code title}, {@code kind}, {@code area} as in the catalogue; {@code api}, the public
 * class; {@code see}, related slugs with commas between; {@code lab}, the lab's class; {@code notes}, on clauses that were
 * changed, if any.
 *
 * @param slug     the topic
 * @param fields   front matter by name, in file order
 * @param markdown the text below the front matter
 */
public record Article(String slug, Map<String, String> fields, String markdown) {

    private static final Pattern SLUG = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

    /** Copies the fields. */
    public Article {
        fields = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** The article of a topic, if it is written. Anything but a slug finds nothing. */
    public static Optional<Article> find(String slug) {
        return Prepared.articles().map(all -> Optional.ofNullable(all.get(slug))).orElseGet(() -> source(slug));
    }

    /** The article as it was written. */
    static Optional<Article> source(String slug) {
        if (!SLUG.matcher(slug).matches()) {
            return Optional.empty();
        }
        try (var in = Article.class.getResourceAsStream("/topics/" + slug + ".md")) {
            return in == null ? Optional.empty() : Optional.of(parse(slug, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read topics/" + slug + ".md", e);
        }
    }

    /** Reads an article from its text. */
    public static Article parse(String slug, String text) {
        var visitor = new YamlFrontMatterVisitor();
        parser().parse(text).accept(visitor);
        var fields = new LinkedHashMap<String, String>();
        visitor.getData().forEach((name, values) -> fields.put(name, String.join(", ", values)));
        return new Article(slug, fields, body(text));
    }

    private static String body(String text) {
        var unix = text.replace("\r\n", "\n");
        if (!unix.startsWith("---\n")) {
            return unix;
        }
        int end = unix.indexOf("\n---\n", 3);
        return end < 0 ? "" : unix.substring(end + 5).stripLeading();
    }

    /** A CommonMark parser with tables and front matter, as articles are written for. */
    public static Parser parser() {
        return Parser.builder().extensions(List.of(YamlFrontMatterExtension.create(), TablesExtension.create()))
                .includeSourceSpans(IncludeSourceSpans.NONE).build();
    }

    /** The text as a tree of CommonMark nodes. */
    public Node document() {
        return parser().parse(markdown);
    }

    /** The public class or method that realises the topic, or an empty text. */
    public String api() {
        return fields.getOrDefault("api", "");
    }

    /** The class of the lab that covers the topic, if there is one. */
    public Optional<String> lab() {
        return Optional.ofNullable(fields.get("lab")).filter(name -> !name.isBlank());
    }

    /** Slugs to look at next. */
    public List<String> see() {
        var see = fields.getOrDefault("see", "");
        return see.isBlank() ? List.of() : List.of(see.strip().split("\\s*,\\s*"));
    }

    /** Words of the article; a formula between dollar signs counts as one. */
    public int words() {
        var prose = markdown.replaceAll("(?s)\\$\\$.*?\\$\\$", " formula ").replaceAll("\\$[^$\n]*\\$", " formula ").replaceAll("(?s)```.*?```", " ");
        return (int) Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}'’.-]*").matcher(prose).results().count();
    }
}
