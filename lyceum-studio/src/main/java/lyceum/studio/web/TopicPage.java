package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.labs.catalogue.Article;

/** One topic: article, facts, and its lab or what is still to come. */
final class TopicPage {

    private final Encyclopedia encyclopedia;
    private final Pages pages;
    private final LabPanel labs;
    private final Snippets snippets;
    private final TopicViews views;
    /** Articles as HTML: they do not change while the studio runs. */
    private final Map<String, String> rendered = new ConcurrentHashMap<>();
    private final ArticleHtml html = new ArticleHtml(slug -> "/t/" + slug);

    TopicPage(Encyclopedia encyclopedia, Pages pages, LabPanel labs, Snippets snippets, ApiDocs docs) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
        this.labs = labs;
        this.snippets = snippets;
        this.views = new TopicViews(encyclopedia, docs);
    }

    void routes(RoutesConfig routes) {
        routes.get("/t/{slug}", this::show);
        routes.get("/t/{slug}/snippets", this::snippets);
    }

    private void show(Context context) {
        var topic = encyclopedia.catalogue().bySlug(context.pathParam("slug"));
        var article = encyclopedia.article(topic.slug());
        var text = article.map(a -> rendered.computeIfAbsent(a.slug(), slug -> html.of(a))).orElse("");
        var lab = encyclopedia.lab(topic.slug());
        var asked = lab.map(l -> LabPanel.Asked.of(l, context));
        var panel = asked.map(a -> labs.view(topic.slug(), a, context));
        var view = views.view(topic, text, panel.orElse(null),
                asked.map(a -> snippets.tabs(topic.slug(), api(article), a, base(context))).orElse(List.of()));
        pages.send(context, "topic", pages.head(context, topic.title(), topic.summary()).under("topics")
                .with(text.contains("class=\"math"), panel.isPresent()).styled(), Map.of("view", view));
    }

    private void snippets(Context context) {
        var topic = encyclopedia.catalogue().bySlug(context.pathParam("slug"));
        var lab = encyclopedia.lab(topic.slug()).orElseThrow(() -> new Safety.Refused(404, topic.title() + " has no lab yet."));
        Reply.json(context, snippets.changing(topic.slug(), LabPanel.Asked.of(lab, context), base(context)));
    }

    private static String base(Context context) { return "http://" + context.header("Host"); }

    private static String api(Optional<Article> article) { return article.map(Article::api).orElse(""); }
}
