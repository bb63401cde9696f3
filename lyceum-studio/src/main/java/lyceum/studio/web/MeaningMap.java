package lyceum.studio.web;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.search.TopicMeanings.Place;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.MapView;
import lyceum.studio.web.view.MeaningView;

/** Lays topics out by what is said of them, and writes the areas' names amid theirs where there is room. */
final class MeaningMap {

    private static final int WIDTH = 1280;
    private static final int HEIGHT = 900;
    private static final int MARGIN = 24;
    /** A letter's width and a line's height. */
    private static final double LETTER = 7.2;
    private static final int LINE = 22;

    private final Encyclopedia encyclopedia;
    private final Map<String, Place> places;

    MeaningMap(Encyclopedia encyclopedia, Map<String, Place> places) {
        this.encyclopedia = encyclopedia;
        this.places = places;
    }

    MeaningView view() {
        var dots = encyclopedia.order().stream().filter(t -> places.containsKey(t.slug())).map(this::dot).toList();
        return new MeaningView(WIDTH, HEIGHT, labels(), dots);
    }

    private MapView.Dot dot(Topic topic) {
        var row = encyclopedia.row(topic.slug());
        var place = places.get(topic.slug());
        return new MapView.Dot(row.slug(), row.title(), row.status(), x(place), y(place), String.join(" ", topic.needs()));
    }

    private static int x(Place place) { return (int) Math.round(MARGIN + place.x() * (WIDTH - 2 * MARGIN)); }

    private static int y(Place place) { return (int) Math.round(MARGIN + place.y() * (HEIGHT - 2 * MARGIN)); }

    /** The largest areas first; a name that would lie on another one is left out. */
    private List<MeaningView.Label> labels() {
        var labels = new ArrayList<MeaningView.Label>();
        var largest = encyclopedia.areaLines().stream()
                .sorted(Comparator.comparingInt((AreaLine line) -> -encyclopedia.inArea(line.name()).size())).toList();
        for (var line : largest) {
            var label = label(line);
            if (label != null && labels.stream().noneMatch(other -> overlap(label, other))) labels.add(label);
        }
        return labels;
    }

    /** At the topic from which the area's others are least far. */
    private MeaningView.Label label(AreaLine line) {
        var own = encyclopedia.inArea(line.name()).stream().map(t -> places.get(t.slug())).filter(p -> p != null).toList();
        return own.stream()
                .min(Comparator.comparingDouble(p -> own.stream().mapToDouble(q -> Math.hypot(p.x() - q.x(), p.y() - q.y())).sum()))
                .map(p -> new MeaningView.Label(line.name(), line.href(), within(x(p), line.name()), y(p) - 9)).orElse(null);
    }

    /** Where a name that is written about there lies inside the picture. */
    private static int within(int x, String name) {
        int half = (int) (name.length() * LETTER / 2);
        return Math.clamp(x, half + 4, WIDTH - half - 4);
    }

    private static boolean overlap(MeaningView.Label a, MeaningView.Label b) {
        return Math.abs(a.y() - b.y()) < LINE && Math.abs(a.x() - b.x()) < (a.name().length() + b.name().length()) * LETTER / 2 + 8;
    }
}
