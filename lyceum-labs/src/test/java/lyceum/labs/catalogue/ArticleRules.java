package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.LabClass;
import lyceum.labs.LabException;

/** What every article must be like. */
final class ArticleRules {

    private ArticleRules() { }

    static List<String> problems(Topic topic, Article article, Catalogue catalogue) {
        var problems = new ArrayList<String>();
        equal(problems, article, "number", String.valueOf(topic.number()));
        equal(problems, article, "title", topic.title());
        equal(problems, article, "kind", topic.kind());
        equal(problems, article, "area", topic.area());
        if (article.api().isBlank()) {
            problems.add("api is missing");
        }
        if (article.see().isEmpty()) {
            problems.add("see is missing");
        }
        for (var slug : article.see()) {
            if (catalogue.find(slug).isEmpty()) {
                problems.add("see names " + slug + ", which is no topic");
            }
        }
        int words = article.words();
        if (words < 120 || words > 300) {
            problems.add("it has " + words + " words; 120 to 300 are right");
        }
        article.lab().filter(LabClass::isThere).ifPresent(lab -> lab(problems, topic, lab));
        return problems;
    }

    private static void equal(List<String> problems, Article article, String field, String expected) {
        var value = article.fields().get(field);
        if (!expected.equals(value)) {
            problems.add(field + " is " + value + " and the catalogue says " + expected);
        }
    }

    private static void lab(List<String> problems, Topic topic, String lab) {
        try {
            if (!LabClass.of(lab).topics().contains(topic.slug())) {
                problems.add("@Lab of " + lab + " does not name the topic");
            }
        } catch (LabException e) {
            problems.add(e.getMessage());
        }
    }
}
