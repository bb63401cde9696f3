package lyceum.studio.web;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabResult;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;
import lyceum.studio.web.view.HomeView;

/**
 * The figures of the first page: those of the default runs of six labs. On a machine that has not run them yet they are run
 * one after another in the background, so that the page fills by itself.
 */
final class Featured {

    private static final System.Logger LOG = System.getLogger(Featured.class.getName());
    private static final List<String> WISHED = List.of("k-means", "pca", "roc-auc", "gradient-descent", "multilayer-perceptron", "svd",
            "bias-variance", "lasso", "adam", "ridge", "decision-tree", "logistic-regression", "sgd", "knn", "relu", "k-fold");
    private static final int SHOWN = 6;
    /** The proportions of a card's picture, less its padding. */
    private static final double WIDTH = 420, HEIGHT = 252;

    private final Encyclopedia encyclopedia;
    private final Runs runs;
    private volatile List<String> slugs = List.of();
    private final Map<String, HomeView.Live> ready = new ConcurrentHashMap<>();
    /** Until it is known how many labs there are, the page keeps room for all. */
    private final AtomicInteger waiting = new AtomicInteger(SHOWN);

    Featured(Encyclopedia encyclopedia, Runs runs) {
        this.encyclopedia = encyclopedia;
        this.runs = runs;
    }

    /** Looks for labs and takes what is stored of them; with {@code compute} runs the rest. */
    void fill(boolean compute) {
        slugs = WISHED.stream().filter(slug -> encyclopedia.row(slug) != null && encyclopedia.lab(slug).isPresent()).limit(SHOWN).toList();
        Queue<String> missing = new ArrayDeque<>();
        for (var slug : slugs) {
            stored(slug).ifPresentOrElse(result -> take(slug, result), () -> missing.add(slug));
        }
        waiting.set(compute ? missing.size() : 0);
        if (compute) {
            next(missing);
        }
    }

    List<HomeView.Live> ready() { return slugs.stream().map(ready::get).filter(Objects::nonNull).toList(); }

    /** Labs that are still to come, already with their names so that nothing moves when the figures arrive. */
    List<HomeView.Live> pending() {
        int count = waiting.get();
        if (slugs.isEmpty()) return Collections.nCopies(count, new HomeView.Live("", "", "", "", "", ""));
        return slugs.stream().filter(slug -> !ready.containsKey(slug)).limit(count).map(slug -> new HomeView.Live(slug,
                encyclopedia.row(slug).title(), encyclopedia.lab(slug).orElseThrow().title(), "", "", "seed 1")).toList();
    }

    private Optional<LabResult> stored(String slug) {
        var lab = encyclopedia.lab(slug).orElseThrow();
        return runs.store().last(slug, lab.values(Map.of()), 1).flatMap(run -> runs.store().find(run.id()));
    }

    private void next(Queue<String> missing) {
        var slug = missing.poll();
        if (slug == null) return;
        try {
            runs.start(LabRequest.of(slug, encyclopedia.lab(slug).orElseThrow().name()), result -> {
                if (result != null) {
                    take(slug, result);
                }
                waiting.decrementAndGet();
                next(missing);
            });
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the lab of " + slug + " does not start", e);
            waiting.decrementAndGet();
            next(missing);
        }
    }

    private void take(String slug, LabResult result) {
        if (result.figures().isEmpty()) return;
        try {
            ready.put(slug, live(slug, result));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the figure of " + slug + " cannot be drawn", e);
        }
    }

    /** What can be read at this size: of a sequence the figure that is seen first, of a grid its last plot with axes; a square one fills the card. */
    static Figure telling(Figure figure) {
        return switch (figure) {
            case Panels panels when !panels.figures().isEmpty() ->
                    telling(panels.figures().reversed().stream().filter(Featured::hasAxes).findFirst().orElse(panels.figures().getLast()));
            case Frames frames when !frames.figures().isEmpty() -> telling(frames.figures().get(frames.first()));
            case Plot plot when plot.equalScale() -> new Plot(plot.title(), plot.description(), plot.x(), plot.y(), plot.layers(), false);
            default -> figure;
        };
    }

    private static boolean hasAxes(Figure figure) {
        return figure instanceof Plot plot && plot.layers().stream()
                .noneMatch(l -> l instanceof Layer.Heatmap || l instanceof Layer.ImageGrid || l instanceof Layer.Network);
    }

    private HomeView.Live live(String slug, LabResult result) {
        var figure = telling(result.figures().getFirst().figure());
        return new HomeView.Live(slug, encyclopedia.row(slug).title(), result.title(), Figures.inline(figure, WIDTH, HEIGHT),
                figure.title() + ". " + figure.description(),
                Words.parameters(result.params(), result.seed()) + " · " + Words.seconds(result.seconds()) + " s");
    }
}
