package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.run.LabClass;
import lyceum.labs.catalogue.Amendment;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Topic;
import lyceum.studio.web.view.TopicRow;

/** The catalogue as JSON, in the shapes of {@code lyceum topics --json}. */
final class TopicsApi {

    private final Encyclopedia encyclopedia;
    private final TopicsPage topics;

    TopicsApi(Encyclopedia encyclopedia, TopicsPage topics) {
        this.encyclopedia = encyclopedia;
        this.topics = topics;
    }

    void routes(RoutesConfig routes) {
        routes.get("/api/topics", context -> Reply.json(context, topics.found(TopicQuery.of(context)).stream().map(this::fields).toList()));
        routes.get("/api/topics/{slug}", context -> Reply.json(context, whole(context.pathParam("slug"))));
    }

    Map<String, Object> fields(TopicRow row) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("number", row.number());
        fields.put("title", row.title());
        fields.put("slug", row.slug());
        fields.put("kind", row.kind());
        fields.put("area", row.area());
        fields.put("module", row.module());
        fields.put("level", row.level());
        fields.put("status", row.status());
        fields.put("amended", encyclopedia.board().of(row.slug()).amended().size());
        fields.put("words", encyclopedia.words(row.slug()));
        fields.put("summary", row.summary());
        return fields;
    }

    private Map<String, Object> whole(String slug) {
        var topic = encyclopedia.catalogue().bySlug(slug);
        var state = encyclopedia.board().of(slug);
        var fields = fields(encyclopedia.row(slug));
        fields.put("aliases", topic.aliases());
        fields.put("needs", topic.needs());
        fields.put("related", topic.related());
        fields.put("clauses", topic.clauses());
        fields.put("amendments", state.amended().stream().map(a -> amendment(topic, a)).toList());
        fields.put("missing", state.missing());
        fields.put("failing", state.failing());
        fields.put("api", encyclopedia.article(slug).map(Article::api).orElse(""));
        fields.put("article", encyclopedia.article(slug).map(Article::markdown).orElse(""));
        fields.put("sources", encyclopedia.article(slug).map(Article::sources).orElse(List.of()));
        fields.put("citedBy", encyclopedia.bibliography().citedBy(slug));
        fields.put("params", encyclopedia.lab(slug).map(LabClass::parameters).orElse(List.of()));
        return fields;
    }

    private static Map<String, Object> amendment(Topic topic, Amendment a) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("clause", a.clause());
        fields.put("asked", topic.clause(a.clause()));
        fields.put("holds", a.text());
        fields.put("why", a.reason());
        return fields;
    }
}
