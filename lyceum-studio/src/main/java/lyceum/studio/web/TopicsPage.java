package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lyceum.studio.web.view.TopicLink;
import lyceum.studio.web.view.TopicRow;
import lyceum.studio.web.view.TopicsView;

/** The list of topics: search as you type, facets with counts, and the same as JSON. */
final class TopicsPage {

    private static final int AREAS_OPEN = 8;
    private static final int QUICK = 6;
    private static final Map<String, String> LABELS = Map.of("status", "Status", "area", "Area", "kind", "Kind", "level", "Level", "module",
            "Module");
    private static final Map<String, List<String>> ORDERS = Map.of("status", List.of("works", "partial", "planned"), "level",
            List.of("beginner", "practitioner", "researcher"));

    private final Encyclopedia encyclopedia;
    private final Pages pages;

    TopicsPage(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) {
        routes.get("/topics", this::show);
        routes.get("/quick", this::quick);
    }

    private void show(Context context) {
        var query = TopicQuery.of(context);
        var view = view(query);
        if (context.header("HX-Request") != null && context.header("HX-History-Restore-Request") == null) {
            // While someone types, the address changes in place; a filter is a step that Back undoes.
            context.header("q".equals(context.header("HX-Trigger")) ? "HX-Replace-Url" : "HX-Push-Url", query.address("/topics"));
            Reply.html(context, pages.fragment("fragment", Map.of("view", view)));
            return;
        }
        var title = query.text().isEmpty() ? "Topics" : query.text() + " in topics";
        pages.send(context, "topics", pages.head(context, title, "Search and filter " + view.total() + " topics of machine learning.")
                .under("topics").searching(), Map.of("view", view));
    }

    /** A few results below the search field of the first page. */
    private void quick(Context context) {
        var query = TopicQuery.of(context);
        var view = view(new TopicQuery(query.text(), Map.of(), "", QUICK));
        Reply.html(context, pages.fragment("quick", Map.of("view", view, "all", query.address("/topics"))));
    }

    /** Topics that match, best first. */
    List<TopicRow> found(TopicQuery query) {
        return sorted(candidates(query.text()).stream().filter(query::passes).toList(), query.sort());
    }

    private List<TopicRow> candidates(String text) {
        if (text.isEmpty()) return encyclopedia.order().stream().map(t -> encyclopedia.row(t.slug())).toList();
        return encyclopedia.finder().find(text).stream().map(found -> {
            var row = encyclopedia.row(found.topic().slug());
            return new TopicRow(row.number(), row.slug(), row.title(), found.title(), found.summary(), row.area(), row.kind(), row.level(),
                    row.module(), row.status(), row.summary());
        }).toList();
    }

    private static List<TopicRow> sorted(List<TopicRow> rows, String sort) {
        return switch (sort) {
            case "name" -> rows.stream().sorted(Comparator.comparing(r -> r.title().toLowerCase(Locale.ROOT))).toList();
            case "number" -> rows.stream().sorted(Comparator.comparingInt(TopicRow::number)).toList();
            default -> rows;
        };
    }

    TopicsView view(TopicQuery query) {
        var candidates = candidates(query.text());
        var matched = sorted(candidates.stream().filter(query::passes).toList(), query.sort());
        var rows = matched.stream().limit(query.show()).toList();
        var groups = TopicQuery.FACETS.stream().map(facet -> group(facet, query, candidates)).toList();
        var chips = new ArrayList<TopicsView.Chip>();
        query.filters().forEach((facet, values) -> values
                .forEach(v -> chips.add(new TopicsView.Chip(label(facet, v), query.without("/topics", facet, v)))));
        var nearest = matched.isEmpty() && !query.text().isEmpty() ? encyclopedia.links(encyclopedia.catalogue().nearest(query.text(), 3))
                : List.<TopicLink>of();
        return new TopicsView(query.text(), groups, chips, query.cleared("/topics"), rows, matched.size(),
                encyclopedia.catalogue().topics().size(), query.sort(), matched.size() > rows.size() ? query.further("/topics") : null,
                nearest, query.text().isEmpty() ? ""
                        : encyclopedia.finder().wordsAlone(query.text()).map(why -> "Found by words alone: " + why + ".").orElse(""));
    }

    /** Counts of a facet as they would be with the other facets' filters. */
    private TopicsView.Group group(String facet, TopicQuery query, List<TopicRow> candidates) {
        var counts = new HashMap<String, Integer>();
        candidates.stream().filter(query.passesAllBut(facet)).forEach(row -> counts.merge(TopicQuery.value(row, facet), 1, Integer::sum));
        var chosen = query.filters().getOrDefault(facet, Set.of());
        var all = values(facet).stream().map(v -> new TopicsView.Facet(v, label(facet, v), counts.getOrDefault(v, 0), chosen.contains(v)))
                .toList();
        if (!facet.equals("area")) return new TopicsView.Group(facet, LABELS.get(facet), all, List.of());
        // Forty areas are too many to show at once: the chosen and the fullest stand first.
        var ranked = all.stream().sorted(Comparator.comparing((TopicsView.Facet f) -> !f.on()).thenComparing(f -> -f.count())).toList();
        var first = new LinkedHashSet<>(ranked.subList(0, Math.min(AREAS_OPEN, ranked.size())));
        return new TopicsView.Group(facet, LABELS.get(facet), List.copyOf(first), all.stream().filter(f -> !first.contains(f)).toList());
    }

    private List<String> values(String facet) {
        var present = new TreeSet<String>();
        encyclopedia.order().forEach(t -> present.add(TopicQuery.value(encyclopedia.row(t.slug()), facet)));
        var ordered = new ArrayList<>(ORDERS.getOrDefault(facet, List.of()));
        ordered.addAll(present.stream().filter(v -> !ordered.contains(v)).toList());
        return ordered;
    }

    private static String label(String facet, String value) { return facet.equals("status") && value.equals("works") ? "runs" : value; }
}
