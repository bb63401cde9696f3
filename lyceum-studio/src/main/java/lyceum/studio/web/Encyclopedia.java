package lyceum.studio.web;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import lyceum.labs.LabClass;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Ledger;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.StatusBoard;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.search.TopicSearch;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.Piece;
import lyceum.studio.web.view.TopicLink;
import lyceum.studio.web.view.TopicRow;

/** The catalogue as pages need it: with statuses, in reading order, as rows and links. */
final class Encyclopedia {

    private static final System.Logger LOG = System.getLogger(Encyclopedia.class.getName());

    private final Catalogue catalogue;
    private final Map<String, Optional<LabClass>> labs = new ConcurrentHashMap<>();
    private final StatusBoard board;
    private final Finder finder;
    private final Function<String, Optional<Article>> articles;
    private final List<Topic> order;
    private final Map<String, Integer> place = new HashMap<>();
    private final Map<String, TopicRow> rows = new HashMap<>();

    Encyclopedia(Catalogue catalogue, StatusBoard board, Finder finder, Function<String, Optional<Article>> articles) {
        this.catalogue = catalogue;
        this.board = board;
        this.finder = finder;
        this.articles = articles;
        var areas = Families.areas();
        order = catalogue.topics().stream().sorted(Comparator.comparingInt((Topic t) -> Math.floorMod(areas.indexOf(t.area()), 1_000))
            .thenComparing(Topic::area).thenComparingInt(t -> catalogue.depth(t.slug())).thenComparingInt(Topic::number)).toList();
        for (var topic : order) {
            place.put(topic.slug(), place.size());
            rows.put(topic.slug(), new TopicRow(topic.number(), topic.slug(), topic.title(), Piece.plain(topic.title()), Piece.plain(topic.summary()),
                topic.area(), topic.kind(), topic.level(), topic.module(), status(topic.slug()), topic.summary()));
        }
    }

    /** The catalogue that Lyceum ships. */
    static Encyclopedia shipped() {
        var catalogue = Catalogue.load();
        var articles = new ConcurrentHashMap<String, Optional<Article>>();
        Function<String, Optional<Article>> article = slug -> articles.computeIfAbsent(slug, Article::find);
        return new Encyclopedia(catalogue, StatusBoard.of(catalogue, Ledger.load(), article), new TopicFinder(() -> TopicSearch.of(catalogue, article)), article);
    }

    Catalogue catalogue() {
        return catalogue;
    }

    StatusBoard board() {
        return board;
    }

    Finder finder() {
        return finder;
    }

    /** The article of a topic, if it is written. */
    Optional<Article> article(String slug) {
        return articles.apply(slug);
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
    List<Topic> order() {
        return order;
    }

    /** The neighbour of a topic in reading order, or null at an end. */
    TopicLink neighbour(String slug, int step) {
        int at = place.get(slug) + step;
        return at < 0 || at >= order.size() ? null : link(order.get(at).slug());
    }

    String status(String slug) {
        return board.of(slug).status().word();
    }

    TopicRow row(String slug) {
        return rows.get(slug);
    }

    TopicLink link(String slug) {
        var row = rows.get(slug);
        return new TopicLink(slug, row.title(), row.status());
    }

    List<TopicLink> links(List<String> slugs) {
        var links = new ArrayList<TopicLink>();
        for (var slug : slugs) {
            if (rows.containsKey(slug)) {
                links.add(link(slug));
            }
        }
        return links;
    }

    /** The topics of an area in reading order. */
    List<Topic> inArea(String area) {
        return order.stream().filter(t -> t.area().equals(area)).toList();
    }

    AreaLine line(String name, String href, Map<Status, Integer> counts) {
        return new AreaLine(name, href, counts.get(Status.WORKS), counts.get(Status.PARTIAL), counts.get(Status.PLANNED));
    }

    /** Areas in reading order with their counts. */
    List<AreaLine> areaLines() {
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

    static String areaHref(String area) {
        return "/topics?area=" + Queries.encoded(area);
    }
}
