package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.catalogue.Status;
import lyceum.studio.web.view.HomeView;

/** The first page: search, figures that were computed here, and the areas. */
final class HomePage {

    private static final int ACROSS = 33;
    private static final int STEP = 13;
    private static final List<String> TRIES = List.of("attention", "why is my loss NaN", "GQA", "svd", "stop gradients exploding");

    private final Encyclopedia encyclopedia;
    private final Featured featured;
    private final Pages pages;
    private final HomeView.Field field;

    HomePage(Encyclopedia encyclopedia, Featured featured, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.featured = featured;
        this.pages = pages;
        this.field = field(encyclopedia);
    }

    void routes(RoutesConfig routes) {
        routes.get("/", this::show);
        routes.get("/live", context -> Reply.html(context, pages.fragment("parts/live", Map.of("view", view()))));
    }

    private static HomeView.Field field(Encyclopedia encyclopedia) {
        var paths = new HashMap<String, StringBuilder>();
        var order = encyclopedia.order();
        for (int i = 0; i < order.size(); i++) {
            paths.computeIfAbsent(encyclopedia.status(order.get(i).slug()), s -> new StringBuilder()).append('M')
                    .append(STEP / 2 + STEP * (i % ACROSS)).append(' ').append(STEP / 2 + STEP * (i / ACROSS)).append("h0");
        }
        int rows = (order.size() + ACROSS - 1) / ACROSS;
        return new HomeView.Field(ACROSS * STEP, rows * STEP, path(paths, "works"), path(paths, "partial"), path(paths, "planned"),
                encyclopedia.board().counts().get(Status.WORKS));
    }

    private static String path(Map<String, StringBuilder> paths, String status) {
        return paths.getOrDefault(status, new StringBuilder()).toString();
    }

    private HomeView view() { return new HomeView(featured.ready(), featured.pending(), encyclopedia.areaLines(), TRIES, field); }

    private void show(Context context) {
        pages.send(context, "home", pages.head(context, "Lyceum", "The machine-learning encyclopedia that runs.").searching(),
                Map.of("view", view()));
    }
}
