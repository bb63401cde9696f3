package lyceum.studio.web;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import lyceum.labs.catalogue.Amendment;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Bibliography;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.catalogue.TopicStatus;
import lyceum.studio.web.view.LabView;
import lyceum.studio.web.view.TopicView;

/** What the page of a topic shows. */
final class TopicViews {

    private static final int OPENS = 8;

    private final Encyclopedia encyclopedia;
    private final ApiDocs docs;

    TopicViews(Encyclopedia encyclopedia, ApiDocs docs) {
        this.encyclopedia = encyclopedia;
        this.docs = docs;
    }

    /** A topic with its article as HTML; without a lab it shows what it needs instead. */
    TopicView view(Topic topic, String html, LabView lab, List<TopicView.Tab> tabs) {
        var article = encyclopedia.article(topic.slug());
        var slug = topic.slug();
        var near = new LinkedHashSet<>(article.map(Article::see).orElse(List.of()));
        near.addAll(topic.related());
        near.removeAll(topic.needs());
        near.remove(slug);
        var opens = encyclopedia.catalogue().neededBy(slug).stream().map(Topic::slug).toList();
        var api = article.map(Article::api).orElse("");
        var read = new TopicView.Read(
                html, article.map(Article::minutes).orElse(0), article.map(Article::sources).orElse(List.of()).stream()
                        .map(s -> new TopicView.Source(s, Bibliography.address(s))).toList(),
                encyclopedia.links(encyclopedia.bibliography().citedBy(slug)), article.map(Article::remarks).orElse(""));
        var status = encyclopedia.board().of(slug);
        return new TopicView(encyclopedia.row(slug), Encyclopedia.areaHref(topic.area()), read, clauses(status), status.amendedWords(),
                encyclopedia.links(topic.needs()), encyclopedia.links(opens.subList(0, Math.min(OPENS, opens.size()))),
                encyclopedia.links(List.copyOf(near)), encyclopedia.neighbour(slug, -1), encyclopedia.neighbour(slug, 1), api,
                docs.href(api), lab, tabs);
    }

    private static List<TopicView.Clause> clauses(TopicStatus status) {
        var clauses = new ArrayList<TopicView.Clause>();
        for (int number = 1; number <= status.topic().clauses().size(); number++) {
            int n = number;
            var state = status.failing().contains(n) ? "fails" : status.missing().contains(n) ? "open" : "holds";
            var evidence = status.checks().stream().filter(e -> e.clause() == n).map(LedgerEntry::value).filter(v -> !v.isBlank())
                    .distinct().limit(2).toList();
            var amendment = status.amendment(n);
            clauses.add(new TopicView.Clause(n, RunViews.sentence(status.topic().clause(n)), state, String.join("; ", evidence),
                    amendment.map(a -> RunViews.sentence(a.text())).orElse(""), amendment.map(Amendment::reason).orElse("")));
        }
        return clauses;
    }
}
