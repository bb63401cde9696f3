package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import lyceum.studio.web.view.HomeView;

/** The first page: search, figures that were computed here, and the areas. */
final class HomePage {

    private static final List<String> TRIES = List.of("attention", "why is my loss NaN", "GQA", "svd", "stop gradients exploding");

    private final Encyclopedia encyclopedia;
    private final Featured featured;
    private final Pages pages;

    HomePage(Encyclopedia encyclopedia, Featured featured, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.featured = featured;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) {
        routes.get("/", this::show);
        routes.get("/live", context -> Reply.html(context, pages.fragment("parts/live", Map.of("view", view()))));
    }

    private HomeView view() {
        return new HomeView(featured.ready(), featured.waiting(), encyclopedia.areaLines(), TRIES);
    }

    private void show(Context context) {
        pages.send(context, "home", pages.head(context, "Lyceum", "The machine-learning encyclopedia that runs.").searching(), Map.of("view", view()));
    }
}
