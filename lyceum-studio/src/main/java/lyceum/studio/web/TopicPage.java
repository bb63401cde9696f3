package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.labs.catalogue.Amendment;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Bibliography;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.catalogue.TopicStatus;
import lyceum.studio.web.view.LabView;
import lyceum.studio.web.view.TopicView;

/** One topic: article, facts, and its lab or what is still to come. */
final class TopicPage {

    private static final int OPENS = 8;

    private final Encyclopedia encyclopedia;
    private final Pages pages;
    private final LabPanel labs;
    private final Snippets snippets;
    private final ApiDocs docs;
    /** Articles as HTML: they do not change while the studio runs. */
    private final Map<String, String> rendered = new ConcurrentHashMap<>();
    private final ArticleHtml html = new ArticleHtml(slug -> "/t/" + slug);

    TopicPage(Encyclopedia encyclopedia, Pages pages, LabPanel labs, Snippets snippets, ApiDocs docs) {
        this.encyclopedia = encyclopedia;
        this.pages = pages;
        this.labs = labs;
        this.snippets = snippets;
        this.docs = docs;
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
        var view = view(topic, article, text, panel.orElse(null), asked.map(a -> snippets.tabs(topic.slug(), api(article), a, base(context))).orElse(List.of()));
        pages.send(context, "topic", pages.head(context, topic.title(), topic.summary()).under("topics").with(text.contains("class=\"math"), panel.isPresent()).styled(),
            Map.of("view", view));
    }

    private void snippets(Context context) {
        var topic = encyclopedia.catalogue().bySlug(context.pathParam("slug"));
        var lab = encyclopedia.lab(topic.slug()).orElseThrow(() -> new Safety.Refused(404, topic.title() + " has no lab yet."));
        Reply.json(context, snippets.changing(topic.slug(), LabPanel.Asked.of(lab, context), base(context)));
    }

    private static String base(Context context) {
        return "http://" + context.header("Host");
    }

    private static String api(Optional<Article> article) {
        return article.map(Article::api).orElse("");
    }

    private TopicView view(Topic topic, Optional<Article> article, String html, LabView lab, List<TopicView.Tab> tabs) {
        var slug = topic.slug();
        var near = new LinkedHashSet<>(article.map(Article::see).orElse(List.of()));
        near.addAll(topic.related());
        near.removeAll(topic.needs());
        near.remove(slug);
        var opens = encyclopedia.catalogue().neededBy(slug).stream().map(Topic::slug).toList();
        var api = api(article);
        var read = new TopicView.Read(html, article.map(Article::minutes).orElse(0),
            article.map(Article::sources).orElse(List.of()).stream().map(s -> new TopicView.Source(s, Bibliography.address(s))).toList(),
            encyclopedia.links(encyclopedia.bibliography().citedBy(slug)), article.map(Article::remarks).orElse(""));
        var status = encyclopedia.board().of(slug);
        return new TopicView(encyclopedia.row(slug), Encyclopedia.areaHref(topic.area()), read, clauses(status), status.amendedWords(), encyclopedia.links(topic.needs()),
            encyclopedia.links(opens.subList(0, Math.min(OPENS, opens.size()))), encyclopedia.links(List.copyOf(near)), encyclopedia.neighbour(slug, -1), encyclopedia.neighbour(slug, 1),
            api, docs.href(api), lab, tabs);
    }

    private static List<TopicView.Clause> clauses(TopicStatus status) {
        var clauses = new ArrayList<TopicView.Clause>();
        for (int number = 1; number <= status.topic().clauses().size(); number++) {
            int n = number;
            var state = status.failing().contains(n) ? "fails" : status.missing().contains(n) ? "open" : "holds";
            var evidence = status.checks().stream().filter(e -> e.clause() == n).map(LedgerEntry::value).filter(v -> !v.isBlank()).distinct().limit(2).toList();
            var amendment = status.amendment(n);
            clauses.add(new TopicView.Clause(n, RunViews.sentence(status.topic().clause(n)), state, String.join("; ", evidence),
                amendment.map(a -> RunViews.sentence(a.text())).orElse(""), amendment.map(Amendment::reason).orElse("")));
        }
        return clauses;
    }
}
