package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import lyceum.labs.run.LabClass;
import lyceum.labs.LabException;

/** What every article must be like, each for itself; {@link SharedWords} holds them against each other. */
final class ArticleRules {

    static final int FEWEST_WORDS = 150;
    static final int MOST_WORDS = 600;

    private static final Set<String> FIELDS = Set.of("api", "lab", "see", "sources", "amended", "remarks");
    private static final Pattern YEAR = Pattern.compile("\\b(1[5-9]|20)\\d\\d\\b");
    private static final int SHORTEST_DESCRIPTION = 40;

    private final Catalogue catalogue;
    /** The text of a figure's file, or null where there is none. */
    private final Function<String, String> figures;

    ArticleRules(Catalogue catalogue, Function<String, String> figures) {
        this.catalogue = catalogue;
        this.figures = figures;
    }

    List<String> problems(Topic topic, Article article) {
        var problems = new ArrayList<String>();
        article.fields().keySet().stream().filter(f -> !FIELDS.contains(f))
                .forEach(f -> problems.add(f + " does not belong in the front matter"));
        if (article.see().isEmpty()) {
            problems.add("see is missing");
        }
        slugs(problems, topic, "see names", article.see());
        sources(problems, article);
        amendments(problems, topic, article);
        int words = article.words();
        if (words < FEWEST_WORDS || words > MOST_WORDS) {
            problems.add("it has " + words + " words; " + FEWEST_WORDS + " to " + MOST_WORDS + " are right");
        }
        links(problems, topic, article);
        formulas(problems, article);
        article.pictures().forEach(picture -> figure(problems, picture));
        article.lab().filter(LabClass::isThere).ifPresent(lab -> lab(problems, topic, lab));
        return problems;
    }

    private void slugs(List<String> problems, Topic topic, String what, List<String> slugs) {
        for (var slug : slugs) {
            if (slug.equals(topic.slug())) {
                problems.add(what + " the topic itself");
            } else if (catalogue.find(slug).isEmpty()) {
                problems.add(what + " " + slug + ", which is no topic");
            }
        }
    }

    private static void sources(List<String> problems, Article article) {
        int count = article.sources().size();
        if (count < 2 || count > 4) {
            problems.add("it has " + count + " sources; 2 to 4 are right");
        }
        article.sources().stream().filter(s -> !YEAR.matcher(s).find()).forEach(s -> problems.add("a source without a year: " + s));
    }

    private static void amendments(List<String> problems, Topic topic, Article article) {
        List<Amendment> amendments;
        try {
            amendments = article.amendments();
        } catch (IllegalArgumentException e) {
            problems.add(e.getMessage());
            return;
        }
        var seen = new HashSet<Integer>();
        for (var a : amendments) {
            if (a.clause() < 1 || a.clause() > topic.clauses().size()) {
                problems.add("it amends clause " + a.clause() + " of " + topic.clauses().size());
            } else if (!seen.add(a.clause())) {
                problems.add("it amends clause " + a.clause() + " twice");
            } else if (a.text().equalsIgnoreCase(topic.clause(a.clause()))) {
                problems.add("the amendment of clause " + a.clause() + " says what the clause says");
            }
        }
    }

    private void links(List<String> problems, Topic topic, Article article) {
        slugs(problems, topic, "a link names", article.destinations().stream().filter(d -> !d.contains(":")).toList());
        if (article.links().size() < 2) {
            problems.add("it links to " + article.links().size() + " topics; two are the least");
        }
    }

    private static void formulas(List<String> problems, Article article) {
        Formulas.of(article.markdown()).stream().filter(tex -> !balanced(tex))
                .forEach(tex -> problems.add("braces do not pair in $" + tex + "$"));
        if (Formulas.replaced(article.markdown(), (tex, display) -> "").replaceAll("(?s)```.*?```|`[^`\n]*`|\\\\\\$", "").contains("$")) {
            problems.add("a dollar sign without a partner; money is \\$5");
        }
    }

    private static boolean balanced(String tex) {
        int depth = 0;
        for (int i = 0; i < tex.length() && depth >= 0; i++) {
            switch (tex.charAt(i)) {
                case '\\' -> i++;
                case '{' -> depth++;
                case '}' -> depth--;
                default -> {}
            }
        }
        return depth == 0;
    }

    private void figure(List<String> problems, Article.Picture picture) {
        if (picture.description().length() < SHORTEST_DESCRIPTION) {
            problems.add(picture.file() + " is described in " + picture.description().length() + " characters; " + SHORTEST_DESCRIPTION
                    + " are the least");
        }
        var svg = figures.apply(picture.file());
        if (svg == null) {
            problems.add(picture.file() + " is not there");
        } else if (!svg.startsWith("<svg ") || !svg.contains("viewBox=")
                || svg.matches("(?is).*(<script|<style|<image|<foreignObject|href=|\\son[a-z]+=|url\\(http).*")) {
                    problems.add(picture.file() + " is not plain: an <svg> with a viewBox, without script, style sheet, picture, link");
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
