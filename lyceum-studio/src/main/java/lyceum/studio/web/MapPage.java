package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.search.TopicMeanings;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.MapView;

/** The prerequisites as a picture. It is laid out once: an area is a band, a column is a step of reading, topics of a step stack up. */
final class MapPage {

    private static final int NAMES = 190;
    private static final int TOP = 26;
    private static final int DOT = 11;
    private static final int WIDTH = 1280;

    private final Encyclopedia encyclopedia;
    private final Pages pages;
    private final MapView view;

    MapPage(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
        this.view = layOut();
    }

    void routes(RoutesConfig routes) {
        var places = TopicMeanings.places();
        var meaning = places.isEmpty() ? null : new MeaningMap(encyclopedia, places).view();
        routes.get("/map", context -> {
            if (meaning != null && "meaning".equals(context.queryParam("by"))) pages.send(context, "meanings",
                    pages.head(context, "Map by meaning", "Topics beside those that say alike things, as a picture.").under("map"),
                    Map.of("view", meaning));
            else pages.send(context, "map",
                    pages.head(context, "Map", "What to read before what: the prerequisites of all topics as a picture.").under("map"),
                    Map.of("view", view, "other", meaning == null ? "" : "/map?by=meaning"));
        });
    }

    /** What the page shows. */
    MapView view() { return view; }

    private MapView layOut() {
        int deepest = encyclopedia.order().stream().mapToInt(t -> encyclopedia.catalogue().depth(t.slug())).max().orElse(0);
        int column = (WIDTH - NAMES - 20) / (deepest + 1);
        int across = Math.max(1, (column - 8) / DOT);
        var bands = new ArrayList<MapView.Band>();
        int y = TOP;
        for (var line : encyclopedia.areaLines()) {
            var band = band(line, y, column, across);
            bands.add(band);
            y += band.height();
        }
        var steps = new ArrayList<MapView.Step>();
        for (int depth = 0; depth <= deepest; depth++) {
            steps.add(new MapView.Step(NAMES + depth * column, depth));
        }
        return new MapView(WIDTH, y + 8, steps, bands);
    }

    private MapView.Band band(AreaLine line, int top, int column, int across) {
        var byDepth = new TreeMap<Integer, List<Topic>>();
        encyclopedia.inArea(line.name())
                .forEach(t -> byDepth.computeIfAbsent(encyclopedia.catalogue().depth(t.slug()), d -> new ArrayList<>()).add(t));
        int tallest = byDepth.values().stream().mapToInt(List::size).max().orElse(0);
        int height = Math.max(28, 12 + DOT * ((tallest + across - 1) / across));
        var dots = new ArrayList<MapView.Dot>();
        byDepth.forEach((depth, topics) -> {
            for (int i = 0; i < topics.size(); i++) {
                int x = NAMES + depth * column + 10 + DOT * (i % across);
                int y = top + 13 + DOT * (i / across);
                var row = encyclopedia.row(topics.get(i).slug());
                dots.add(new MapView.Dot(row.slug(), row.title(), row.status(), x, y, String.join(" ", topics.get(i).needs())));
            }
        });
        return new MapView.Band(line.name(), line.href(), top, height, dots);
    }
}
