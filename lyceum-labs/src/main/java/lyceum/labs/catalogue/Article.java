package lyceum.labs.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
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
 * What {@code topics/<slug>.md} says about a topic; its number, title, kind and area are in the catalogue.
 *
 * <p>Front matter: {@code see}, slugs to read next with commas between; {@code sources}, a list of works; for a topic that runs
 * {@code api}, its public class, and {@code lab}, the lab's class; where a clause had to change {@code amended}, a list of
 * {@code N: what holds instead | why}; {@code remarks} on how clauses are checked that change none.
 *
 * @param slug     the topic
 * @param fields   front matter by name, in file order; the items of a list have line ends between them
 * @param markdown the text below the front matter
 */
public record Article(String slug, Map<String, String> fields, String markdown) {

    private static final Pattern SLUG = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    private static final Pattern FIGURE = Pattern.compile("figures/" + SLUG.pattern() + "\\.svg");
    private static final Pattern LINK = Pattern.compile("(?<!!)\\[([^\\]]*)]\\(([^)\\s]+)\\)");
    private static final Pattern IMAGE = Pattern.compile("!\\[([^\\]]*)]\\(([^)\\s]+)\\)");
    private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.!?;|])\\s+|\n");
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}'’.-]*");
    /** Prose is read at 200 to 250 words a minute; a formula counts as a word and takes longer. */
    private static final double WORDS_A_MINUTE = 150;

    /** A figure in the article: a file below {@code topics/} and its description. */
    public record Picture(String file, String description) {}

    /** Copies the fields. */
    public Article {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** The article of a topic, if it is written. Anything but a slug finds nothing. */
    public static Optional<Article> find(String slug) {
        return Prepared.articles().map(all -> Optional.ofNullable(all.get(slug))).orElseGet(() -> source(slug));
    }

    /** The article as it was written. */
    static Optional<Article> source(String slug) {
        if (!SLUG.matcher(slug).matches()) return Optional.empty();
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
        visitor.getData().forEach((name, values) -> fields.put(name, String.join("\n", values)));
        return new Article(slug, fields, body(text));
    }

    private static String body(String text) {
        var unix = text.replace("\r\n", "\n");
        if (!unix.startsWith("---\n")) return unix;
        int end = unix.indexOf("\n---\n", 3);
        return end < 0 ? "" : unix.substring(end + 5).stripLeading();
    }

    /** A CommonMark parser with tables and front matter, as articles are written for. */
    public static Parser parser() {
        return Parser.builder().extensions(List.of(YamlFrontMatterExtension.create(), TablesExtension.create()))
                .includeSourceSpans(IncludeSourceSpans.NONE).build();
    }

    /** The text as a tree of CommonMark nodes. */
    public Node document() { return parser().parse(markdown); }

    /** The public class or method that realises the topic, or an empty text. */
    public String api() { return fields.getOrDefault("api", ""); }

    /** The class of the lab that covers the topic, if there is one. */
    public Optional<String> lab() { return Optional.ofNullable(fields.get("lab")).filter(name -> !name.isBlank()); }

    /** Slugs to look at next. */
    public List<String> see() {
        var see = fields.getOrDefault("see", "");
        return see.isBlank() ? List.of() : List.of(see.strip().split("\\s*,\\s*"));
    }

    /** The works that it rests on: authors, year, title, where it appeared. */
    public List<String> sources() { return list("sources"); }

    /**
     * The clauses that hold in another form than the catalogue has, by number.
     *
     * @throws IllegalArgumentException if one is not written as {@link Amendment#parse} reads it
     */
    public List<Amendment> amendments() { return list("amended").stream().map(Amendment::parse).toList(); }

    /** How some clauses are checked, where that changes none of them; may be empty. */
    public String remarks() { return fields.getOrDefault("remarks", ""); }

    private List<String> list(String field) { return fields.getOrDefault(field, "").lines().filter(line -> !line.isBlank()).toList(); }

    /** The topics that the text links to, in the order of their first links; a name that is no slug is left out. */
    public List<String> links() { return destinations().stream().filter(d -> SLUG.matcher(d).matches()).distinct().toList(); }

    /** What the text says of other topics: the sentences that link to each, one after another. */
    public Map<String, String> mentions() {
        var mentions = new LinkedHashMap<String, String>();
        for (var sentence : SENTENCE_END.split(IMAGE.matcher(withoutFormulas()).replaceAll(" "))) {
            var said = LINK.matcher(sentence).replaceAll("$1");
            LINK.matcher(sentence).results().forEach(link -> mentions.merge(link.group(2), said, (a, b) -> a + " " + b));
        }
        return mentions;
    }

    /** Where all its links lead, pictures apart. */
    List<String> destinations() { return LINK.matcher(withoutFormulas()).results().map(m -> m.group(2)).toList(); }

    /** The figures that the text shows. */
    public List<Picture> pictures() {
        return IMAGE.matcher(withoutFormulas()).results().map(m -> new Picture(m.group(2), m.group(1))).toList();
    }

    /** The SVG of a picture's file, if there is one; only a plain name below {@code figures/} finds it. */
    public static Optional<String> svg(String file) {
        if (!FIGURE.matcher(file).matches()) return Optional.empty();
        try (var in = Article.class.getResourceAsStream("/topics/" + file)) {
            return in == null ? Optional.empty() : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read topics/" + file, e);
        }
    }

    private String withoutFormulas() { return Formulas.replaced(markdown, (tex, display) -> " "); }

    /** Words of the article; a formula between dollar signs counts as one, code and the descriptions of figures as none. */
    public int words() { return (int) WORD.matcher(prose(" formula ")).results().count(); }

    /** What is said in words: without formulas, code, descriptions of figures, and the addresses of links. */
    public String prose() { return prose(" "); }

    private String prose(String formula) {
        var text = Formulas.replaced(markdown, (tex, display) -> formula).replaceAll("(?s)```.*?```", " ");
        return LINK.matcher(IMAGE.matcher(text).replaceAll(" ")).replaceAll("$1");
    }

    /** How long it takes to read, in whole minutes. */
    public int minutes() { return (int) Math.max(1, Math.round(words() / WORDS_A_MINUTE)); }
}
