package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.studio.web.view.AreaLine;
import lyceum.studio.web.view.AreasView;

/** Every topic on one page, to wander in. */
final class AreasPage {

    private final Encyclopedia encyclopedia;
    private final Pages pages;

    AreasPage(Encyclopedia encyclopedia, Pages pages) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
    }

    void routes(RoutesConfig routes) { routes.get("/areas", this::show); }

    private void show(Context context) {
        pages.send(context, "areas", pages.head(context, "Areas", "All topics of machine learning by area.").under("areas"),
                Map.of("view", view()));
    }

    /** What the page shows. */
    AreasView view() {
        var lines = new HashMap<String, AreaLine>();
        encyclopedia.areaLines().forEach(line -> lines.put(line.name(), line));
        var families = new ArrayList<AreasView.Family>();
        Families.all().forEach((name, areas) -> {
            var shown = areas.entrySet().stream().filter(a -> lines.containsKey(a.getKey()))
                    .map(a -> area(lines.remove(a.getKey()), a.getValue())).toList();
            if (!shown.isEmpty()) {
                families.add(new AreasView.Family(name, name.toLowerCase(Locale.ROOT).replace(' ', '-'), shown));
            }
        });
        if (!lines.isEmpty()) {
            families.add(new AreasView.Family("More", "more", lines.values().stream().map(line -> area(line, "")).toList()));
        }
        return new AreasView(List.copyOf(families));
    }

    private AreasView.Area area(AreaLine line, String blurb) {
        return new AreasView.Area(line, blurb, encyclopedia.inArea(line.name()).stream().map(t -> encyclopedia.link(t.slug())).toList());
    }
}
