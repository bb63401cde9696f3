package lyceum.labs.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lyceum.labs.run.LabIndexWriter;

/**
 * Catalogue, ledger and articles in a form that is read fast: the build writes it, {@link Catalogue#load()},
 * {@link Ledger#load()} and {@link Article#find} read it. Where it is missing they read what it was made from.
 */
public final class Prepared {

    private static final String TOPICS = "/lyceum/labs/catalogue.txt";
    private static final String CHECKS = "/lyceum/labs/ledger.txt";
    private static final String ARTICLES = "/lyceum/labs/articles.txt";

    private static final class Shelf {
        private static final Optional<Map<String, Article>> ARTICLES_BY_SLUG = Packed.read(ARTICLES, Prepared::article)
                .map(Prepared::bySlug);
    }

    private Prepared() {}

    /**
     * What the build calls after compiling: writes these three and the index of labs, and beside the folder what the next build takes over of that.
     *
     * @param args the folder of compiled classes, which is on the class path too
     * @throws lyceum.labs.LabException naming every lab that cannot be described, and why
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("Prepared takes one argument, the folder of compiled classes; it got " + args.length);
        }
        var classes = Path.of(args[0]);
        LabIndexWriter.write(classes, classes.resolveSibling("lab-descriptions.txt"));
        write(classes);
    }

    /** Writes all three into a folder of classes, from the sources that lie on the class path. */
    static void write(Path classes) throws IOException {
        var topics = new StringBuilder();
        var articles = new StringBuilder();
        var catalogue = Catalogue.source();
        for (var topic : catalogue.topics()) {
            topics.append(line(topic));
            Article.source(topic.slug()).ifPresent(article -> articles.append(line(article)));
        }
        var checks = new StringBuilder();
        Ledger.source().entries().forEach(entry -> checks.append(line(entry)));
        write(classes, TOPICS, topics);
        write(classes, CHECKS, checks);
        write(classes, ARTICLES, articles);
    }

    private static void write(Path classes, String name, CharSequence text) throws IOException {
        var file = classes.resolve(name.substring(1));
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    static Optional<List<Topic>> topics() { return Packed.read(TOPICS, Prepared::topic); }

    static Optional<List<LedgerEntry>> checks() { return Packed.read(CHECKS, Prepared::entry); }

    /** Articles by slug, if they were written; a slug that is not among them has none. */
    static Optional<Map<String, Article>> articles() { return Shelf.ARTICLES_BY_SLUG; }

    private static Map<String, Article> bySlug(List<Article> articles) {
        var bySlug = new LinkedHashMap<String, Article>();
        articles.forEach(article -> bySlug.put(article.slug(), article));
        return bySlug;
    }

    static String line(Topic t) {
        return Packed.line(Integer.toString(t.number()), Packed.text(t.title()), Packed.text(t.slug()), Packed.text(t.kind()),
                Packed.text(t.module()), Packed.text(t.area()), Packed.text(t.level()), Packed.text(t.summary()), Packed.list(t.aliases()),
                Packed.list(t.needs()), Packed.list(t.related()), Packed.list(t.clauses()));
    }

    static Topic topic(List<String> f) {
        return new Topic(Integer.parseInt(f.get(0)), text(f, 1), text(f, 2), text(f, 3), text(f, 4), text(f, 5), text(f, 6), text(f, 7),
                Packed.items(f.get(8)), Packed.items(f.get(9)), Packed.items(f.get(10)), Packed.items(f.get(11)));
    }

    static String line(LedgerEntry e) {
        return Packed.line(Packed.text(e.topic()), Integer.toString(e.clause()), Packed.text(e.test()), Boolean.toString(e.holds()),
                Packed.text(e.value()), Packed.text(e.date()), Packed.text(e.cpu()), Packed.text(e.commit()));
    }

    static LedgerEntry entry(List<String> f) {
        return new LedgerEntry(text(f, 0), Integer.parseInt(f.get(1)), text(f, 2), Boolean.parseBoolean(f.get(3)), text(f, 4), text(f, 5),
                text(f, 6), text(f, 7));
    }

    static String line(Article a) {
        var fields = new ArrayList<String>();
        a.fields().forEach((name, value) -> fields.addAll(List.of(name, value)));
        return Packed.line(Packed.text(a.slug()), Packed.list(fields), Packed.text(a.markdown()));
    }

    static Article article(List<String> f) {
        var fields = new LinkedHashMap<String, String>();
        var packed = Packed.items(f.get(1));
        for (int i = 0; i + 1 < packed.size(); i += 2) {
            fields.put(packed.get(i), packed.get(i + 1));
        }
        return new Article(text(f, 0), fields, text(f, 2));
    }

    private static String text(List<String> fields, int number) { return Packed.unpacked(fields.get(number)); }
}
