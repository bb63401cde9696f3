package lyceum.studio.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Ledger;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.StatusBoard;
import lyceum.labs.search.TopicSearch;

/** A studio over the whole catalogue in which a few topics have labs of these tests. */
final class Shelf {

    private static final Map<String, String> LABS = Map.of("gradient-descent", "DescentLab", "sgd", "DescentLab", "k-means", "EndlessLab",
            "svd", "ThrowingLab", "pca", "GalleryLab");

    /** A topic that does not run, with an article. */
    private static final String PLANNED = """
        ---
        see: sgd, adam
        sources:
          - Polyak (1964), Some Methods of Speeding up the Convergence of Iteration Methods, USSR Computational Mathematics 4
          - Descent and Slope (2019), A Title, arXiv:1904.09237
        ---
        A heavy ball on the slope of [gradient descent](gradient-descent), and [outside](https://example.org).

        ![Two straight slopes, one of them steep, both falling to the right.](figures/two-slopes.svg)

        | a | b |
        |---|---|
        | 1 | 2 |
        """;

    private Shelf() {}

    static Studio open(Path store) {
        return Studio.start(new StudioOptions("127.0.0.1", 0, store, null, false, false), encyclopedia(), new Queueing(2, 32));
    }

    static Encyclopedia encyclopedia() {
        var catalogue = Catalogue.load();
        Function<String, Optional<Article>> articles = slug -> slug.equals("momentum") ? Optional.of(Article.parse(slug, PLANNED))
                : Optional.ofNullable(LABS.get(slug)).map(lab -> Article.parse(slug, article(slug, lab)));
        var ledger = Ledger.of(List.of(entry("gradient-descent", 1, true, "0.0012"), entry("gradient-descent", 2, true, "0.95"),
                entry("gradient-descent", 3, false, "0.7"), entry("gradient-descent", 4, true, ""), entry("svd", 1, true, "gap 3.1e-12")));
        return new Encyclopedia(catalogue, StatusBoard.of(catalogue, ledger, articles),
                new TopicFinder(() -> TopicSearch.of(catalogue, articles)), articles);
    }

    private static LedgerEntry entry(String topic, int clause, boolean holds, String value) {
        return new LedgerEntry(topic, clause, "test", holds, value, "2026-11-25T10:00:00Z", "a CPU", "abc");
    }

    private static String article(String slug, String lab) {
        var head = "---\nlab: lyceum.studio.web." + lab
                + "\napi: lyceum.plot.Table\nsee: adam, ridge\nsources:\n  - Descent and Slope (2019), A Title, arXiv:1904.09237\n"
                + (slug.equals("svd")
                        ? "amended:\n  - 1: to 1e-12 of the largest | The small ones carry less.\nremarks: Clause 2 is slow.\n" : "")
                + "---\n";
        try (var in = Shelf.class.getResourceAsStream("/lyceum/studio/descent.md")) {
            return head + new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
