package lyceum.studio.web;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.labs.run.LabClass;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Bibliography;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Ledger;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.StatusBoard;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.search.TopicMeanings;
import lyceum.labs.search.TopicSearch;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.Piece;
import lyceum.studio.web.view.TopicLink;
import lyceum.studio.web.view.TopicRow;

/** The catalogue as pages need it: with statuses, in reading order, as rows and links. */
final class Encyclopedia {

    private static final System.Logger LOG = System.getLogger(Encyclopedia.class.getName());

    private final Supplier<Shelf> shelf;
    private final Function<String, Optional<Article>> articles;
    private final Map<String, Optional<LabClass>> labs = new ConcurrentHashMap<>();
    private final Map<String, Integer> words = new ConcurrentHashMap<>();
    private Bibliography bibliography;

    /** What is made of a catalogue once. */
    private record Shelf(Catalogue catalogue, StatusBoard board, Finder finder, List<Topic> order, Map<String, Integer> place,
            Map<String, TopicRow> rows, List<AreaLine> areas) {}

    Encyclopedia(Catalogue catalogue, StatusBoard board, Finder finder, Function<String, Optional<Article>> articles) {
        this(articles, ready(shelf(catalogue, board, finder)));
    }

    private Encyclopedia(Function<String, Optional<Article>> articles, Supplier<Shelf> shelf) {
        this.articles = articles;
        this.shelf = shelf;
    }

    private static Supplier<Shelf> ready(Shelf shelf) { return () -> shelf; }

    /** The catalogue that Lyceum ships. It is read on a thread of its own while the server starts; whoever asks before waits. */
    static Encyclopedia shipped() {
        var articles = new ConcurrentHashMap<String, Optional<Article>>();
        Function<String, Optional<Article>> article = slug -> articles.computeIfAbsent(slug, Article::find);
        var reading = new CompletableFuture<Shelf>();
        Thread.ofPlatform().daemon().name("studio-catalogue").start(() -> {
            try {
                var catalogue = Catalogue.load();
                reading.complete(shelf(catalogue, StatusBoard.of(catalogue, Ledger.load(), article),
                        new TopicFinder(() -> TopicSearch.of(catalogue, article, TopicMeanings.of(catalogue, article)))));
            } catch (RuntimeException | Error e) {
                reading.completeExceptionally(e);
            }
        });
        return new Encyclopedia(article, reading::join);
    }

    private static Shelf shelf(Catalogue catalogue, StatusBoard board, Finder finder) {
        var areas = Families.areas();
        var order = catalogue
                .topics().stream().sorted(Comparator.comparingInt((Topic t) -> Math.floorMod(areas.indexOf(t.area()), 1_000))
                        .thenComparing(Topic::area).thenComparingInt(t -> catalogue.depth(t.slug())).thenComparingInt(Topic::number))
                .toList();
        var place = new HashMap<String, Integer>();
        var rows = new HashMap<String, TopicRow>();
        for (var topic : order) {
            place.put(topic.slug(), place.size());
            rows.put(topic.slug(),
                    new TopicRow(topic.number(), topic.slug(), topic.title(), Piece.plain(topic.title()), Piece.plain(topic.summary()),
                            topic.area(), topic.kind(), topic.level(), topic.module(), board.of(topic.slug()).status().word(),
                            topic.summary()));
        }
        return new Shelf(catalogue, board, finder, order, place, rows, areaLines(board));
    }

    Catalogue catalogue() { return shelf.get().catalogue(); }

    StatusBoard board() { return shelf.get().board(); }

    Finder finder() { return shelf.get().finder(); }

    /** The article of a topic, if it is written. */
    Optional<Article> article(String slug) { return articles.apply(slug); }

    /** Words of a topic's article, 0 where there is none. */
    int words(String slug) { return words.computeIfAbsent(slug, s -> article(s).map(Article::words).orElse(0)); }

    /** What the articles rest on and how they link each other, in reading order; made when first asked for. */
    synchronized Bibliography bibliography() {
        if (bibliography == null) {
            bibliography = Bibliography.of(order().stream().flatMap(t -> article(t.slug()).stream()).toList());
        }
        return bibliography;
    }

    /** The lab that covers a topic, if there is one that can be described. */
    Optional<LabClass> lab(String slug) {
        return article(slug).flatMap(Article::lab).flatMap(name -> labs.computeIfAbsent(name, Encyclopedia::describe));
    }

    private static Optional<LabClass> describe(String name) {
        try {
            return Optional.of(LabClass.of(name));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the lab of a topic is left out: {0}", e.getMessage());
            return Optional.empty();
        }
    }

    /** All topics: areas as one would read them, in each the topics with the fewest prerequisites first. */
    List<Topic> order() { return shelf.get().order(); }

    /** The neighbour of a topic in reading order, or null at an end. */
    TopicLink neighbour(String slug, int step) {
        var order = order();
        int at = shelf.get().place().get(slug) + step;
        return at < 0 || at >= order.size() ? null : link(order.get(at).slug());
    }

    String status(String slug) { return board().of(slug).status().word(); }

    TopicRow row(String slug) { return shelf.get().rows().get(slug); }

    TopicLink link(String slug) {
        var row = row(slug);
        return new TopicLink(slug, row.title(), row.status());
    }

    List<TopicLink> links(List<String> slugs) {
        var links = new ArrayList<TopicLink>();
        for (var slug : slugs) {
            if (row(slug) != null) {
                links.add(link(slug));
            }
        }
        return links;
    }

    /** The topics of an area in reading order. */
    List<Topic> inArea(String area) { return order().stream().filter(t -> t.area().equals(area)).toList(); }

    static AreaLine line(String name, String href, Map<Status, Integer> counts) {
        return new AreaLine(name, href, counts.get(Status.WORKS), counts.get(Status.PARTIAL), counts.get(Status.PLANNED));
    }

    /** Areas in reading order with their counts. */
    List<AreaLine> areaLines() { return shelf.get().areas(); }

    private static List<AreaLine> areaLines(StatusBoard board) {
        var counts = board.countsBy(Topic::area);
        var lines = new ArrayList<AreaLine>();
        for (var area : Families.areas()) {
            if (counts.containsKey(area)) {
                lines.add(line(area, areaHref(area), counts.get(area)));
            }
        }
        counts.forEach((area, count) -> {
            if (!Families.areas().contains(area)) {
                lines.add(line(area, areaHref(area), count));
            }
        });
        return lines;
    }

    static String areaHref(String area) { return "/topics?area=" + Queries.encoded(area); }
}
