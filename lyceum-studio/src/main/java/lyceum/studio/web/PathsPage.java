package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.PathsView;
import lyceum.studio.web.view.TopicLink;

/** A reading order to a goal that leaves out what the reader knows. */
final class PathsPage {

    private static final List<String> GOALS = List.of("multilayer-perceptron", "backpropagation", "pca", "k-means", "logistic-regression",
            "transformer", "self-attention", "lora", "dpo", "rag", "diffusion-model", "conformal", "gradient-boosting", "ppo",
            "speculative-decoding");
    private static final int SUGGESTED = 9;

    private final Encyclopedia encyclopedia;
    private final Pages pages;
    private final List<PathsView.Suggestion> suggestions;
    private final List<String> titles;

    PathsPage(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
        this.suggestions = GOALS.stream().filter(slug -> encyclopedia.row(slug) != null).limit(SUGGESTED).map(this::suggestion).toList();
        this.titles = encyclopedia.catalogue().topics().stream().map(Topic::title).toList();
    }

    void routes(RoutesConfig routes) { routes.get("/paths", this::show); }

    private PathsView.Suggestion suggestion(String slug) {
        return new PathsView.Suggestion(slug, encyclopedia.row(slug).title(), encyclopedia.catalogue().path(slug).size(),
                encyclopedia.row(slug).summary());
    }

    private void show(Context context) {
        var text = TopicQuery.words(context.queryParam("goal"));
        var goal = goal(text);
        var nearest = goal == null && !text.isEmpty() ? encyclopedia.links(encyclopedia.catalogue().nearest(text, 5))
                : List.<TopicLink>of();
        var view = goal == null ? new PathsView(text, null, List.of(), List.of(), suggestions, nearest, titles)
                : path(goal, known(context));
        var title = goal == null ? "Paths" : "Path to " + goal.title();
        pages.send(context, "paths", pages.head(context, title, "What to read, in which order, to reach a topic.").under("paths"),
                Map.of("view", withGoal(view, goal)));
    }

    private PathsView withGoal(PathsView view, Topic goal) {
        return goal == null ? view
                : new PathsView(view.query(), encyclopedia.link(goal.slug()), view.steps(), view.known(), suggestions, List.of(), titles);
    }

    private PathsView path(Topic goal, Set<String> known) {
        known.remove(goal.slug());
        var all = encyclopedia.catalogue().path(goal.slug()).stream().map(Topic::slug).collect(Collectors.toCollection(LinkedHashSet::new));
        var steps = encyclopedia.catalogue().path(goal.slug(), known).stream().map(t -> encyclopedia.row(t.slug())).toList();
        var ticked = all.stream().filter(known::contains).map(encyclopedia::link).toList();
        return new PathsView("", null, steps, ticked, suggestions, List.of(), titles);
    }

    private static Set<String> known(Context context) {
        return context.queryParams("know").stream().flatMap(v -> List.of(v.split(",")).stream()).filter(v -> !v.isBlank())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** A goal by its slug or title, or what a search finds first if the words say it exactly enough. */
    private Topic goal(String text) {
        if (text.isEmpty()) return null;
        return encyclopedia.catalogue().find(text)
                .or(() -> encyclopedia.catalogue().topics().stream()
                        .filter(t -> t.title().equalsIgnoreCase(text) || t.aliases().stream().anyMatch(a -> a.equalsIgnoreCase(text)))
                        .findFirst())
                .orElse(null);
    }
}
