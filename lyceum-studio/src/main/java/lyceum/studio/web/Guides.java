package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The guides of {@code docs/guides}: one job each, from nothing to the result. */
final class Guides {

    /** Names of the files, in the order in which a reader would take them. */
    static final List<String> NAMES = List.of("table-to-model", "train-a-network", "vision-and-sound", "search-your-documents",
            "a-language-model-of-your-own", "run-an-onnx-model");

    static final Pages.Head HEAD = Pages.head("Guides", "One job each, from nothing to the result.");

    private static final ArticleHtml HTML = new ArticleHtml(slug -> "/t/" + slug);

    private final Pages pages;

    /** A guide: its title is its first line. */
    record Guide(String name, String title, String markdown) {

        Pages.Head head() { return Pages.head(title, title).styled(); }

        Map<String, Object> values() { return Map.of("title", title, "html", HTML.of(markdown)); }
    }

    Guides(Pages pages) { this.pages = pages; }

    void routes(RoutesConfig routes) {
        routes.get("/guides", context -> pages.send(context, "guides", pages.head(context, HEAD.title(), HEAD.description()), list()));
        routes.get("/guides/{name}", this::show);
    }

    /** One of them, if it is. */
    static Optional<Guide> find(String name) {
        if (!NAMES.contains(name)) return Optional.empty();
        try (var in = Guides.class.getResourceAsStream("/lyceum/studio/guides/" + name + ".md")) {
            var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            int end = text.indexOf('\n');
            return Optional.of(new Guide(name, text.substring(2, end), text.substring(end + 1)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the guide " + name, e);
        }
    }

    static List<Guide> all() { return NAMES.stream().flatMap(name -> find(name).stream()).toList(); }

    /** What the list of them shows. */
    static Map<String, Object> list() { return Map.of("guides", all().stream().map(g -> List.of(g.name(), g.title())).toList()); }

    private void show(Context context) {
        var guide = find(context.pathParam("name")).orElseThrow(() -> new Safety.Refused(404, "There is no guide of that name."));
        pages.send(context, "guide", pages.head(context, guide.title(), guide.title()).styled(), guide.values());
    }
}
