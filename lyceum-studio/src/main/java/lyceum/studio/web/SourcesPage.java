package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.Map;
import lyceum.studio.web.view.SourcesView;

/** Every work that an article rests on, with the topics that name it. */
final class SourcesPage {

    private final Encyclopedia encyclopedia;
    private final Pages pages;

    SourcesPage(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) { routes.get("/sources", this::show); }

    private void show(Context context) {
        pages.send(context, "sources", pages.head(context, "Sources", "The papers and books that the articles rest on."),
                Map.of("view", view(encyclopedia)));
    }

    static SourcesView view(Encyclopedia encyclopedia) {
        var works = encyclopedia.bibliography();
        var letters = works
                .byLetter().entrySet().stream().map(
                        letter -> new SourcesView.Letter(letter.getKey(),
                                letter.getValue().stream()
                                        .map(w -> new SourcesView.Work(w.text(), w.address(), encyclopedia.links(w.citedBy()))).toList()))
                .toList();
        return new SourcesView(works.works().size(), letters);
    }
}
